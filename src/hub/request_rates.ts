import { ConnectionRates } from "./connection_rates.ts";
import type { Limits } from "./limits.ts";
import type { Rates, UserRates } from "./user_rates.ts";

interface Requester {
  readonly rates: Rates;
  seenMs: number;
}

/** After this long without a request every bucket is full again, and need not be remembered. */
const IDLE_MS = 10_000;

/**
 * The rates of those who send requests one by one. All requests of a user on this node count like one connection
 * of it, under whatever session names they come, and with its connections against what the user may send. [L]
 */
export class RequestRates {
  readonly #limits: Limits;
  readonly #userRates: UserRates;
  /** in the order of their last requests */
  readonly #requesters = new Map<string, Requester>();

  constructor(limits: Limits, userRates: UserRates) {
    this.#limits = limits;
    this.#userRates = userRates;
  }

  get size(): number {
    return this.#requesters.size;
  }

  of(userId: string, nowMs: number): Rates {
    const requester = this.#requesters.get(userId) ?? this.#requester(userId, nowMs);
    requester.seenMs = nowMs;
    this.#requesters.delete(userId);
    this.#requesters.set(userId, requester);
    this.#forget(nowMs - IDLE_MS);
    return requester.rates;
  }

  #requester(userId: string, nowMs: number): Requester {
    return { rates: new ConnectionRates(this.#limits, this.#userRates.enter(userId)), seenMs: nowMs };
  }

  #forget(beforeMs: number): void {
    for (const [userId, { seenMs }] of this.#requesters) {
      if (seenMs > beforeMs) break;
      this.#requesters.delete(userId);
      this.#userRates.leave(userId);
    }
  }
}
