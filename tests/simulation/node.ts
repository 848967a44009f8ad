import type { Hub } from "../../src/hub/hub.ts";
import type { Attached } from "../../src/hub/hub_options.ts";
import type { Backplane, Cancel, Clock, Identity, Logger, Policy, Store } from "../../src/hub/ports.ts";
import type { Limits } from "../../src/hub/limits.ts";
import type { Link } from "./link.ts";
import type { Parts } from "./parts.ts";
import type { Random } from "./random.ts";
import type { Scheduler } from "./scheduler.ts";

export interface NodeOptions {
  readonly id: string;
  readonly parts: Parts;
  readonly scheduler: Scheduler;
  readonly random: Random;
  readonly store: (alive: () => boolean) => Store;
  readonly backplane: (alive: () => boolean) => Backplane;
  readonly limits: Partial<Limits>;
  readonly typingMs: number;
  /** wall time in ms */
  readonly now: () => number;
  /** how long the policy looks before it allows: 0 answers at once */
  readonly policyMs: number;
  /** Something was logged that only a bug can cause. */
  readonly bug: (what: string) => void;
}

/** A turn of the real loop waits for the input that is there already, which takes it up to this long. */
const TURN_MS = 0.2;

/** One hub and its place in the world: a clock that stops when it dies, and the links of its clients. */
export class Node {
  readonly id: string;
  readonly hub: Hub;
  readonly #options: NodeOptions;
  readonly #links = new Set<Link>();
  #state: "serving" | "draining" | "dead" = "serving";
  readonly #ownTimers: number;
  #timers = 0;
  #soonMs = 0;

  constructor(options: NodeOptions) {
    this.id = options.id;
    this.#options = options;
    const { parts, limits, typingMs, random } = options;
    const alive = () => this.#state !== "dead";
    let names = 0;
    this.hub = new parts.Hub({
      clock: this.#clock(),
      ids: { next: () => `${options.id}-${++names}`, random: () => random.next() },
      store: options.store(alive),
      backplane: options.backplane(alive),
      policy: this.#policy(),
      logger: this.#logger(),
      features: [parts.chat({ typingMs })],
      nodeId: options.id,
      limits,
    });
    this.#ownTimers = this.#timers;
  }

  /** Whether it takes connections. */
  get serves(): boolean {
    return this.#state === "serving";
  }

  get alive(): boolean {
    return this.#state !== "dead";
  }

  /** How many more timers are waiting than when nobody had come yet. */
  get timersLeft(): number {
    return this.#timers - this.#ownTimers;
  }

  accept(link: Link, identity: Identity): Attached {
    this.#links.add(link);
    const { json, jsonBatch } = this.#options.parts;
    // every other connection of a client
    const codec = /[02468]$/.test(link.id) ? jsonBatch : json;
    const attached = this.hub.attach(link, { identity, codec });
    link.attached(attached);
    return attached;
  }

  /** The process ends at once: nothing of it goes on, and its clients find out. */
  kill(): void {
    this.#state = "dead";
    const { random } = this.#options;
    for (const link of this.#links) link.cut({ clientMs: random.wait(60), serverMs: undefined });
  }

  /** The process ends as it should. */
  async drain(): Promise<void> {
    if (!this.serves) return;
    this.#state = "draining";
    await this.hub.drain(3000);
    this.hub.close();
    this.#state = "dead";
  }

  #clock(): Clock {
    const { scheduler, random, now } = this.#options;
    const alive = () => this.#state !== "dead";
    return {
      now,
      monotonic: () => scheduler.nowMs,
      after: (delayMs, task) => {
        this.#timers++;
        let waiting = true;
        const end = () => {
          if (waiting) this.#timers--;
          waiting = false;
        };
        const cancel: Cancel = scheduler.after(delayMs, () => {
          end();
          if (alive()) task();
        });
        return () => {
          end();
          cancel();
        };
      },
      soon: (task) => {
        const dueMs = scheduler.nowMs + (random.chance(0.5) ? 0 : random.next() * TURN_MS);
        // turns keep their order
        this.#soonMs = Math.max(this.#soonMs, dueMs);
        scheduler.at(this.#soonMs, () => alive() && task());
      },
    };
  }

  #policy(): Policy {
    const { policyMs, scheduler, random } = this.#options;
    if (policyMs === 0) return { allows: () => true };
    return {
      allows: () =>
        random.chance(0.5) ||
        new Promise((resolve) => scheduler.after(random.wait(policyMs), () => resolve(true))),
    };
  }

  #logger(): Logger {
    const { bug } = this.#options;
    return {
      debug() {},
      info() {},
      warn() {},
      // a store that fails is logged as an error here and there; what is `internal` never is the store
      error: (event, error) => {
        if ((error as { code?: unknown }).code !== "store_unavailable") bug(`${event}: ${error}`);
      },
    };
  }
}
