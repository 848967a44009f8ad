import type { Config } from "../config.ts";
import type { Backplane } from "../hub/ports.ts";
import { systemClock } from "../runtime/clock.ts";
import { AddressCounts } from "../transports/address_counts.ts";
import { ConnectionCount } from "../transports/connection_count.ts";
import type { AttemptKind } from "../transports/entry_rates.ts";
import type { Release } from "../transports/places.ts";
import { WAITING_PER_USER } from "../transports/polling.ts";
import type { PlaceKind } from "./isolate_messages.ts";

export interface SharedCountsOptions {
  readonly config: Config;
  /** reaches other processes, if there may be some */
  readonly backplane?: Backplane | undefined;
  /** An address used up its attempts, through whichever isolate or process. */
  readonly exceeded: (of: AttemptKind, address: string, forMs: number) => void;
}

/** What all isolates of a process count together, so that a limit is one whichever of them one comes to. [L] */
export class SharedCounts<Isolate> {
  readonly #addresses: AddressCounts;
  readonly #places: Readonly<Record<PlaceKind, ConnectionCount>>;
  readonly #held = new Map<Isolate, Map<number, Release>>();

  constructor({ config, backplane, exceeded }: SharedCountsOptions) {
    const { maxConnectionsPerIp, connectsPerMinute, failuresPerMinute } = config;
    this.#addresses = new AddressCounts({
      maxConnectionsPerIp,
      connectsPerMinute,
      failuresPerMinute,
      clock: systemClock,
      backplane,
      teller: crypto.randomUUID(),
      exceeded,
    });
    this.#places = {
      connections: this.#addresses.connections,
      waiting: new ConnectionCount(WAITING_PER_USER),
    };
  }

  /** Whether there was a place; the isolate gives it back under the same number. */
  take(isolate: Isolate, id: number, of: PlaceKind, holder: string): boolean {
    const release = this.#places[of].take(holder);
    if (!release) return false;
    let held = this.#held.get(isolate);
    if (!held) this.#held.set(isolate, held = new Map());
    held.set(id, release);
    return true;
  }

  giveBack(isolate: Isolate, id: number): void {
    const held = this.#held.get(isolate);
    held?.get(id)?.();
    held?.delete(id);
  }

  /** An isolate is gone, and with it whoever had a place through it. */
  left(isolate: Isolate): void {
    for (const release of this.#held.get(isolate)?.values() ?? []) release();
    this.#held.delete(isolate);
  }

  /**
   * Counts one. 0, or in how many ms one may come again. That there are no more is told before: who hears the answer
   * may come back through another isolate.
   */
  attempt(of: AttemptKind, address: string): number {
    return this.#addresses[of].count(address);
  }

  /** The other processes need not count for this one any more. */
  close(): void {
    this.#addresses.close();
  }
}
