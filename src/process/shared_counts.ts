import type { Config } from "../config.ts";
import { systemClock } from "../runtime/clock.ts";
import { ConnectionCount } from "../transports/connection_count.ts";
import { AttemptWindows } from "../transports/entry_rates.ts";
import type { Release } from "../transports/places.ts";
import { WAITING_PER_USER } from "../transports/polling.ts";
import type { AttemptKind, PlaceKind } from "./isolate_messages.ts";

/** What all isolates of a process count together, so that a limit is one whichever of them one comes to. [L] */
export class SharedCounts<Isolate> {
  readonly #places: Readonly<Record<PlaceKind, ConnectionCount>>;
  readonly #attempts: Readonly<Record<AttemptKind, AttemptWindows>>;
  readonly #held = new Map<Isolate, Map<number, Release>>();

  constructor({ maxConnectionsPerIp, connectsPerMinute, failuresPerMinute }: Config) {
    this.#places = {
      connections: new ConnectionCount(maxConnectionsPerIp),
      waiting: new ConnectionCount(WAITING_PER_USER),
    };
    this.#attempts = {
      connects: new AttemptWindows(systemClock, connectsPerMinute),
      failures: new AttemptWindows(systemClock, failuresPerMinute),
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

  /** Counts one; `exceededMs` is not 0 when it was the last one that may come. */
  attempt(of: AttemptKind, address: string): { retryAfterMs: number; exceededMs: number } {
    const attempts = this.#attempts[of];
    const before = attempts.exceeded(address);
    const retryAfterMs = attempts.count(address);
    return { retryAfterMs, exceededMs: before > 0 ? 0 : attempts.exceeded(address) };
  }
}
