/**
 * People who edit one document at a time, with the SDK and its provider, over real hubs and a network, a store and
 * nodes that fail: everything by one seed.
 */
import * as Y from "yjs";
import { connect } from "../../../src/client/connect.ts";
import { msgpack } from "../../../src/client/msgpack.ts";
import type { ClientClock, Relay, TransportName } from "../../../src/client/types.ts";
import { DenbunProvider, type ProviderOptions } from "../../../src/client/yjs/provider.ts";
import { documents } from "../../../src/features/documents.ts";
import { mergeHere } from "../../../src/features/documents/merger.ts";
import type { Feature } from "../../../src/hub/feature.ts";
import type { Hub } from "../../../src/hub/hub.ts";
import type { Store } from "../../../src/hub/ports.ts";
import { Harness, unhurried } from "../../harness/mod.ts";
import { Random } from "../random.ts";
import { httpOf, type Posted, SimRequests } from "./sim_http.ts";
import { SimSockets } from "./sim_socket.ts";

/** What a mutant changes. */
export interface Mutation {
  readonly feature?: (feature: Feature) => Feature;
  readonly store?: (store: Store) => Store;
  readonly yjs?: ProviderOptions["yjs"];
  /** what becomes of a request over HTTP */
  readonly posted?: (posted: Posted, way: TransportName) => Posted;
}

export interface Verdict {
  /** what is wrong; nothing, when all is well */
  readonly wrong: string | undefined;
  /** how much happened, so that a test can see that something did */
  readonly seen: {
    readonly changes: number;
    readonly cuts: number;
    readonly trimmed: number;
    /** how often somebody who had been online went on over another transport, by what it was then */
    readonly switches: Readonly<Record<TransportName, number>>;
  };
}

const PEOPLE = 4;
const STEPS = 150;
/** What the network lets through: a proxy, a firewall, a captive portal may forbid the rest. */
const WAYS: readonly (readonly TransportName[])[] = [
  ["ws", "sse", "longpoll", "poll"],
  ["ws", "sse", "longpoll", "poll"],
  ["sse", "longpoll", "poll"],
  ["longpoll", "poll"],
  ["poll"],
];

/** Runs one seed. */
export async function edit(seed: number, mutation: Mutation = {}): Promise<Verdict> {
  const world = new World(seed, mutation);
  try {
    for (let step = 0; step < STEPS; step++) await world.step();
    return await world.judge();
  } finally {
    world.close();
  }
}

class World {
  readonly #random: Random;
  readonly #mutation: Mutation;
  readonly #harness: Harness;
  readonly #hubs: Hub[];
  readonly #http: ReadonlyMap<Hub, ReturnType<typeof httpOf>>;
  readonly #switches = { ws: 0, sse: 0, longpoll: 0, poll: 0 };
  readonly #people: Person[];
  #cuts = 0;

  constructor(seed: number, mutation: Mutation) {
    this.#random = new Random(seed);
    this.#mutation = mutation;
    const { feature = (it) => it, store = (it) => it } = mutation;
    this.#harness = new Harness({
      // small envelopes, so that a paste has to be cut; small logs, so that they are trimmed
      limits: { ...unhurried, maxMessageBytes: 2_000 },
      retention: { retentionMessages: 3, retentionHours: 0, retentionMax: 6 },
      features: () => [feature(documents({ merger: mergeHere, snapshotEvery: 7, snapshotBytes: 4_000 }))],
    });
    this.#harness.store.inner = store(this.#harness.store.inner);
    this.#hubs = [this.#harness.hub, this.#harness.node("node-2")];
    this.#http = new Map(this.#hubs.map((hub) => [hub, httpOf(hub)]));
    this.#people = Array.from({ length: PEOPLE }, (_, n) => this.#person(n));
  }

  /** Something happens, or nothing. */
  async step(): Promise<void> {
    const random = this.#random;
    const { store, backplane } = this.#harness;
    const person = random.pick(this.#people);
    const deed = random.weighted<() => void>([
      [() => person.edit(), 60],
      [() => person.paste(), 2],
      [() => this.#cut(person), 5],
      [() => person.letThrough(random.pick(WAYS)), 6],
      [() => person.goOffline(random.chance(0.5)), 6],
      [() => person.reload(random.chance(0.7)), 3],
      [() => void (store.failing = random.pick([undefined, undefined, "before", "after"])), 4],
      [() => void (backplane.losing = random.chance(0.3)), 3],
    ]);
    deed();
    await this.#harness.advance(random.wait(60));
  }

  /** All trouble ends, everybody comes back, and has the same in the end as somebody who has just come. */
  async judge(): Promise<Verdict> {
    const { store, backplane } = this.#harness;
    store.failing = undefined;
    backplane.losing = false;
    for (const person of this.#people) person.goOffline(false);
    const isQuiet = () => this.#people.every((person) => person.isLevel);
    for (let waits = 0; waits < 20 && !isQuiet(); waits++) await this.#harness.advance(2_000);
    await this.#harness.advance(5_000);
    const newcomer = this.#person(PEOPLE);
    await this.#harness.advance(5_000);
    const [head] = await store.heads(["document:plan"]);
    const seen = {
      changes: head!.offset,
      cuts: this.#cuts,
      trimmed: head!.oldest - 1,
      switches: this.#switches,
    };
    return { wrong: isQuiet() ? this.#difference(newcomer) : "not everybody is level in the end", seen };
  }

  close(): void {
    for (const person of this.#people) person.close();
    this.#harness[Symbol.dispose]();
  }

  #difference(newcomer: Person): string | undefined {
    const expected = newcomer.content;
    for (const person of this.#people) {
      if (person.content !== expected) return `${person.name} has another document than a newcomer`;
      const lost = person.facts.filter((fact) => !newcomer.doc.getMap("facts").has(fact));
      if (lost.length > 0) return `of what ${person.name} did ${lost.length} are lost: ${lost[0]}`;
    }
    return undefined;
  }

  #cut(person: Person): void {
    this.#cuts++;
    person.cut();
  }

  #person(n: number): Person {
    const hub = () => this.#random.pick(this.#hubs);
    const person = new Person(n, {
      random: this.#random,
      harness: this.#harness,
      hub,
      http: () => this.#http.get(hub())!,
      mutation: this.#mutation,
      switched: (to) => this.#switches[to]++,
    });
    if (n >= PEOPLE) this.#people?.push(person);
    return person;
  }
}

/** What people live in. */
interface Surroundings {
  readonly random: Random;
  readonly harness: Harness;
  /** the node a connection, or a request, lands on */
  readonly hub: () => Hub;
  readonly http: () => ReturnType<typeof httpOf>;
  readonly mutation: Mutation;
  readonly switched: (to: TransportName) => void;
}

class Person {
  readonly name: string;
  /** what this person has done and nobody may lose */
  facts: string[] = [];
  doc = new Y.Doc();
  readonly #n: number;
  readonly #random: Random;
  readonly #around: Surroundings;
  readonly #sockets: SimSockets;
  readonly #requests: SimRequests;
  #open: readonly TransportName[] = WAYS[0]!;
  #offline = false;
  #relay: Relay;
  #provider: DenbunProvider;
  #lives = 0;
  #deeds = 0;

  constructor(n: number, around: Surroundings) {
    const { random, harness: { clock }, hub, http, mutation: { posted = (it) => it } } = around;
    this.#n = n;
    this.name = `person-${n}`;
    this.#random = random;
    this.#around = around;
    this.#sockets = new SimSockets({
      clock,
      random,
      hub: () => this.#lets("ws") ? hub() : undefined,
      identity: { userId: this.name, userName: this.name },
    });
    this.#requests = new SimRequests({
      clock,
      random,
      userId: this.name,
      node: (way) => this.#lets(way) ? http() : undefined,
      mutate: posted,
    });
    [this.#relay, this.#provider] = this.#enter();
  }

  get content(): string {
    return JSON.stringify([this.#text.toString(), Object.entries(this.doc.getMap("facts").toJSON()).sort()]);
  }

  get isLevel(): boolean {
    const { synced, saved } = this.#provider.state.snapshot;
    return synced && saved;
  }

  edit(): void {
    this.#do(() => {
      const at = this.#random.below(this.#text.length + 1);
      if (this.#text.length > 5 && this.#random.chance(0.3)) {
        this.#text.delete(Math.min(at, this.#text.length - 3), 1 + this.#random.below(3));
      } else this.#text.insert(at, this.#random.pick(["a", "bc", "日本", "🙂", "\n"]));
    });
  }

  /** More than an envelope takes. */
  paste(): void {
    this.#do(() => this.#text.insert(this.#random.below(this.#text.length + 1), "🙂 paste ".repeat(300)));
  }

  cut(): void {
    this.#sockets.cut();
    this.#requests.cut();
  }

  /** The network changes its mind about what may pass, and cuts what may not any more. */
  letThrough(ways: readonly TransportName[]): void {
    this.#open = ways;
    if (!this.#lets("ws")) this.#sockets.cut();
    this.#requests.cut((way) => !this.#lets(way));
  }

  goOffline(offline: boolean): void {
    this.#offline = offline;
    if (offline) this.cut();
    else this.#relay.reconnectNow();
  }

  /** The page is opened anew: with what the browser kept, or, when all of it was saved, with nothing. */
  reload(keep: boolean): void {
    if (!keep && !this.isLevel) return;
    const kept = Y.encodeStateAsUpdate(this.doc);
    this.close();
    this.doc = new Y.Doc();
    if (keep) Y.applyUpdate(this.doc, kept);
    [this.#relay, this.#provider] = this.#enter();
  }

  close(): void {
    this.#provider.destroy();
    this.#relay.close();
    this.cut();
  }

  get #text(): Y.Text {
    return this.doc.getText("content");
  }

  #do(change: () => void): void {
    const fact = `${this.name} ${++this.#deeds}`;
    this.facts.push(fact);
    this.doc.transact(() => {
      change();
      this.doc.getMap("facts").set(fact, true);
    });
  }

  #lets(way: TransportName): boolean {
    return !this.#offline && this.#open.includes(way);
  }

  #enter(): [Relay, DenbunProvider] {
    const { harness, mutation, switched } = this.#around;
    const clock = hurried(harness.clock);
    this.doc.clientID = 1 + this.#n * 1_000 + ++this.#lives;
    const relay = connect("https://example.test", {
      clock,
      transports: ["ws", "sse", "longpoll", "poll"],
      WebSocket: this.#sockets.WebSocket,
      fetch: this.#requests.fetch,
      random: () => this.#random.next(),
      codec: this.#n % 2 === 0 ? msgpack : "denbun.json.batch",
      backoff: { minMs: 100, maxMs: 1_000, attempts: Infinity },
      network: { online: true, watch: () => () => {} },
    });
    let before: TransportName | undefined;
    relay.addEventListener("state", ({ detail }) => {
      if (detail.status !== "online") return;
      if (before && before !== detail.transport) switched(detail.transport);
      before = detail.transport;
    });
    const yjs = mutation.yjs ?? Y;
    return [relay, new DenbunProvider(relay, "plan", { yjs, doc: this.doc, clock })];
  }
}

/** The rest between two polls, and the rests before a better transport is tried again. */
const LONG_RESTS_MS = new Set([5_000, 8_000, 16_000, 32_000, 64_000, 128_000, 256_000, 300_000]);
const SHORT_REST_MS = 250;

/** A page's clock, for which nobody has minutes here. */
function hurried(clock: ClientClock): ClientClock {
  const shortened = (ms: number) => LONG_RESTS_MS.has(ms) ? SHORT_REST_MS : ms;
  return { now: () => clock.now(), after: (ms, fn) => clock.after(shortened(ms), fn) };
}
