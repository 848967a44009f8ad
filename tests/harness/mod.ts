/**
 * The relay's hub on a clock, a store and a network that tests control: no sockets, no waiting.
 * @module
 */
import { chat } from "../../src/features/chat.ts";
import { documents } from "../../src/features/documents.ts";
import { mergeHere } from "../../src/features/documents/merger.ts";
import type { Feature } from "../../src/hub/feature.ts";
import { Hub } from "../../src/hub/hub.ts";
import type { HubOptions } from "../../src/hub/hub_options.ts";
import type { Observer } from "../../src/hub/observer.ts";
import type { Limits } from "../../src/hub/limits.ts";
import type {
  Clock,
  Fields,
  Identities,
  Identity,
  Logger,
  Metrics,
  Policy,
  Store,
} from "../../src/hub/ports.ts";
import { type Codec, json } from "../../src/protocol/codecs/mod.ts";
import { memory } from "../../src/stores/memory.ts";
import type { RetentionOptions } from "../../src/stores/retention.ts";
import { FakeBackplane } from "./backplane.ts";
import { TestClient } from "./client.ts";
import { FakeClock } from "./clock.ts";
import { FakeConnection } from "./connection.ts";
import { fakeIds } from "./ids.ts";
import { ControlledStore } from "./store.ts";

export { ControlledStore, FakeBackplane, FakeClock, FakeConnection, fakeIds, TestClient };
export { turn } from "./clock.ts";
export type { Arrived } from "./client.ts";

export interface HarnessOptions {
  readonly limits?: Partial<Limits>;
  readonly policy?: Policy;
  readonly identities?: Identities;
  readonly features?: () => readonly Feature[];
  readonly retention?: RetentionOptions;
  /** what a node says of itself: nothing, by default */
  readonly vitals?: HubOptions["vitals"];
  /** is told what happens, on whichever node: nobody, by default */
  readonly observer?: Observer;
  /** what each node counts in: nothing, by default */
  readonly metrics?: (nodeId: string) => Metrics;
}

/** Limits for tests that send more than a client may. */
export const unhurried: Partial<Limits> = { ratePerSecond: 0, ephemeralPerSecond: 0, userRatePerSecond: 0 };

/** A line that was logged. */
export interface Logged {
  readonly level: "debug" | "info" | "warn" | "error";
  readonly event: string;
  readonly fields: Fields;
}

/** What a relay serves by default, without its Workers. */
const served = () => [documents({ merger: mergeHere }), chat()];

const everybody: Policy = { allows: () => true };

/** One or more hubs and their clients. Ends with `using`. */
export class Harness implements Disposable {
  readonly clock = new FakeClock();
  readonly store: ControlledStore;
  readonly backplane = new FakeBackplane(this.clock);
  readonly logged: Logged[] = [];
  readonly hub: Hub;
  readonly #options: HarnessOptions;
  readonly #ids = fakeIds();
  readonly #hubs: Hub[] = [];
  readonly #frozen = new Map<string, (() => void)[]>();
  #connections = 0;
  #epochs = 0;

  constructor(options: HarnessOptions = {}) {
    this.#options = options;
    this.store = new ControlledStore(this.emptyStore());
    this.hub = this.node("node-1");
  }

  /** A store that lives on the test's clock, with an epoch of its own. */
  emptyStore(): Store {
    const newEpoch = () => `e${++this.#epochs}`;
    return memory({ ...this.#options.retention, now: () => this.clock.now(), newEpoch });
  }

  /** Another node on the same store and backplane. */
  node(nodeId: string): Hub {
    const { identities, limits, metrics, observer, vitals } = this.#options;
    const { policy = everybody, features = served } = this.#options;
    const hub = new Hub({
      clock: this.#clockOf(nodeId),
      ids: this.#ids,
      store: this.store,
      backplane: this.backplane.end(),
      policy,
      logger: this.#logger(),
      features: features(),
      nodeId,
      ...identities === undefined ? {} : { identities },
      ...limits === undefined ? {} : { limits },
      ...vitals === undefined ? {} : { vitals },
      ...observer === undefined ? {} : { observer },
      ...metrics === undefined ? {} : { metrics: metrics(nodeId) },
    });
    this.#hubs.push(hub);
    return hub;
  }

  /** A node stands still: its clock goes on, and none of its timers runs until it is thawed. */
  freeze(nodeId: string): void {
    this.#frozen.set(nodeId, []);
  }

  /** All that a frozen node should have done meanwhile it does now. */
  thaw(nodeId: string): void {
    const due = this.#frozen.get(nodeId) ?? [];
    this.#frozen.delete(nodeId);
    for (const task of due) task();
  }

  /** A client that was let in, on the first node unless told otherwise. */
  connect(
    userId: string,
    { hub = this.hub, codec = json, ...more }: { hub?: Hub; codec?: Codec } & Partial<Identity> = {},
  ): TestClient {
    const connection = new FakeConnection(`conn-${++this.#connections}`);
    const identity = { userId, userName: userId.toUpperCase(), ...more };
    const attached = hub.attach(connection, { identity, codec });
    return new TestClient(connection, attached, codec, () => this.settle());
  }

  /** A client in a room, the room's greetings already read. */
  async member(userId: string, roomId: string, options: object = {}): Promise<TestClient> {
    const client = this.connect(userId);
    await client.join(roomId, options);
    await this.settle();
    client.news();
    return client;
  }

  /** Lets everything happen that needs no time to pass. */
  settle(): Promise<void> {
    return this.clock.settle();
  }

  advance(ms: number): Promise<void> {
    return this.clock.advance(ms);
  }

  /** Drains the first node; what it waits for may take this long. */
  async drain(ms = 3000): Promise<void> {
    const draining = this.hub.drain();
    await this.advance(ms);
    await draining;
  }

  /** The internal errors that were logged: none, in a test that is about something else. */
  get errors(): Logged[] {
    return this.logged.filter(({ level }) => level === "error");
  }

  [Symbol.dispose](): void {
    for (const hub of this.#hubs) hub.close();
  }

  #clockOf(nodeId: string): Clock {
    const { clock } = this;
    const awake = (task: () => void) => () => {
      const due = this.#frozen.get(nodeId);
      if (due) due.push(task);
      else task();
    };
    return {
      now: () => clock.now(),
      monotonic: () => clock.monotonic(),
      after: (delayMs, task) => {
        let waiting = true;
        const cancel = clock.after(delayMs, awake(() => waiting && task()));
        return () => {
          waiting = false;
          cancel();
        };
      },
      soon: (task) => clock.soon(awake(task)),
    };
  }

  #logger(): Logger {
    const log = (level: Logged["level"], event: string, fields: Fields = {}) =>
      void this.logged.push({ level, event, fields });
    return {
      debug: (event, fields) => log("debug", event, fields),
      info: (event, fields) => log("info", event, fields),
      warn: (event, fields) => log("warn", event, fields),
      error: (event, error, fields) => log("error", event, { ...fields, error: String(error) }),
    };
  }
}
