import type { Position } from "../../src/protocol/position.ts";
import { Client } from "./client.ts";
import type { FinalEvent, RunEvent } from "./events.ts";
import { Link } from "./link.ts";
import { Node } from "./node.ts";
import type { Parts } from "./parts.ts";
import { Random } from "./random.ts";
import type { Scenario } from "./scenario.ts";
import { Scheduler } from "./scheduler.ts";
import { UnsteadyBackplane } from "./unsteady_backplane.ts";
import { UnsteadyStore } from "./unsteady_store.ts";

const NOON_MS = Date.UTC(2026, 10, 21, 12);
/** What outlives its last reader is gone after this. */
const EMPTY_MS = 4000;

/** One run's nodes, clients, store and network, on one clock. */
export class World {
  readonly scenario: Scenario;
  readonly scheduler = new Scheduler();
  readonly random: Random;
  readonly store: UnsteadyStore;
  readonly backplane: UnsteadyBackplane;
  readonly clients: Client[] = [];
  readonly events: RunEvent[] = [];
  /** what only a bug can cause and no client sees */
  readonly bugs: string[] = [];
  /** where messages were stored, by the order of their commits */
  readonly positions: { readonly room: string; readonly position: Position }[] = [];
  wallSkewMs = 0;
  readonly #parts: Parts;
  #nodes: Node[] = [];
  #names = 0;
  #started = 0;
  #atPeace = false;
  #over = false;

  constructor(scenario: Scenario, parts: Parts) {
    this.scenario = scenario;
    this.random = new Random(~scenario.seed);
    this.#parts = parts;
    this.store = new UnsteadyStore({
      parts,
      scheduler: this.scheduler,
      random: this.random,
      record: this.#record,
      now: this.#now,
      retentionMessages: scenario.retentionMessages,
      rooms: scenario.rooms,
    });
    this.backplane = new UnsteadyBackplane(this.scheduler, this.random, scenario.trusted);
    for (let n = 0; n < scenario.nodes; n++) this.startNode();
    for (let n = 0; n < scenario.clients; n++) this.#startClient(n);
    this.store.faults = scenario.store;
    this.backplane.faults = scenario.backplane;
  }

  /** The nodes that take connections. */
  get serving(): readonly Node[] {
    return this.#nodes.filter((node) => node.serves);
  }

  startNode(): void {
    const { scenario: { limits, typingMs, policyMs }, scheduler, random } = this;
    this.#nodes = this.#nodes.filter((node) => node.alive);
    this.#started++;
    const id = `n${this.name()}`;
    const node = new Node({
      id,
      parts: this.#parts,
      scheduler,
      random,
      store: (alive) => this.store.port(alive),
      backplane: (alive) => this.backplane.end(alive),
      limits,
      typingMs,
      now: this.#now,
      policyMs,
      bug: (what) => this.bugs.push(what),
    });
    this.#nodes.push(node);
    this.note(`${id}: starts`);
  }

  newClient(userId: string): Client {
    const { scheduler, random } = this;
    return new Client({
      id: `c${this.name()}`,
      userId,
      scheduler,
      random,
      record: this.#record,
      connect: (client, conn) => this.#connect(client, conn),
      sequential: random.chance(0.5),
      echo: !random.chance(0.15),
      ackTimeoutMs: random.pick([400, 1500]),
    });
  }

  /** A number no other thing of this run has in its name. */
  name(): number {
    return ++this.#names;
  }

  /** Says something to who reads the trace. */
  note(text: string): void {
    this.#record({ ev: "note", t: this.scheduler.nowMs, text });
  }

  /** All trouble ends, nobody stays away or does not read, and half of them read to the end. */
  makePeace(): void {
    const { scheduler, random } = this;
    this.note("peace");
    this.#atPeace = true;
    this.store.faults = { before: 0, after: 0, slow: 0, slowMs: 0 };
    this.backplane.faults = { lost: 0, doubled: 0, late: 0, lateMs: 0 };
    for (const client of this.clients) {
      client.start();
      client.link?.goOn(Infinity);
      if (random.chance(0.5)) continue;
      scheduler.after(1000, () => client.rooms.forEach((room) => client.mark(room)));
    }
  }

  /** What every client must know by now. */
  async truth(): Promise<FinalEvent[]> {
    const { truth } = this.store;
    const events: FinalEvent[] = [];
    for (const room of this.scenario.rooms) {
      const [head] = await truth.heads([room]);
      const { epoch, offset } = head!;
      events.push({ ev: "top", room, epoch, offset });
      const inside = this.clients.filter((client) => client.connected && client.rooms.includes(room));
      events.push({ ev: "present", room, users: [...new Set(inside.map(({ userId }) => userId))] });
      // a node that ends takes down no typist on another one: there the reader's own patience does
      if (this.#started === 1) events.push({ ev: "typists", room, users: [] });
      for (const { key: user, value } of await truth.list(`read:${room}:${epoch}`)) {
        events.push({ ev: "kept", room, user, epoch, upTo: Number(value) });
      }
    }
    for (const client of this.clients) {
      for (const room of client.rooms) events.push({ ev: "want", client: client.id, room });
    }
    return events;
  }

  /** Everybody leaves for good: nothing of them may stay behind. */
  async empty(): Promise<void> {
    this.#over = true;
    for (const client of this.clients) client.quit(Infinity);
    await this.scheduler.run(EMPTY_MS);
    for (const { id, hub, timersLeft, alive } of this.#nodes) {
      if (!alive) continue;
      if (hub.sessionCount > 0) this.bugs.push(`${id} keeps ${hub.sessionCount} sessions of nobody`);
      if (hub.roomCount > 0) this.bugs.push(`${id} keeps ${hub.roomCount} empty rooms`);
      if (timersLeft > 0) this.bugs.push(`${id} keeps ${timersLeft} timers for nobody`);
    }
  }

  #startClient(n: number): void {
    const { scenario: { users, rooms }, scheduler, random } = this;
    const client = this.newClient(`u${n % users}`);
    for (const room of rooms) if (random.chance(0.8)) client.join(room, { history: random.below(4) });
    this.clients.push(client);
    scheduler.after(random.wait(30), () => client.start());
  }

  #connect(client: Client, id: string): Link | undefined {
    const { scenario: { latencyMs, slowReaders }, scheduler, random, serving } = this;
    if (serving.length === 0) return undefined;
    const slow = !this.#atPeace && random.chance(slowReaders);
    const bytesPerMs = slow ? random.between(2, 30) : Infinity;
    const link = new Link({ id, scheduler, random, record: this.#record, latencyMs, bytesPerMs, client });
    const { userId } = client;
    random.pick(serving).accept(link, { userId, userName: userId.toUpperCase() });
    return link;
  }

  readonly #now = (): number => Math.floor(NOON_MS + this.scheduler.nowMs + this.wallSkewMs);

  readonly #record = (event: RunEvent): void => {
    if (this.#over) return;
    this.events.push(event);
    if (event.ev !== "log") return;
    const { room, epoch, offset } = event;
    this.positions.push({ room, position: { epoch, offset } });
  };
}
