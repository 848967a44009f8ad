import type { Limits } from "./limits.ts";
import { TokenBucket } from "./rate_limit.ts";
import type { RateLane, Rates } from "./user_rates.ts";

/** What one connection may send, and with all its others its user. [L] */
export class ConnectionRates implements Rates {
  readonly #limits: Limits;
  readonly #user: Rates;
  #stored: TokenBucket | undefined;
  #ephemeral: TokenBucket | undefined;

  constructor(limits: Limits, user: Rates) {
    this.#limits = limits;
    this.#user = user;
  }

  take(lane: RateLane, nowMs: number): number {
    return this.#bucket(lane, nowMs).take(nowMs) || this.#user.take(lane, nowMs);
  }

  /** Made when something of its lane comes. */
  #bucket(lane: RateLane, nowMs: number): TokenBucket {
    const { ratePerSecond, rateBurst, ephemeralPerSecond } = this.#limits;
    if (lane === "stored") return this.#stored ??= new TokenBucket(ratePerSecond, rateBurst, nowMs);
    return this.#ephemeral ??= new TokenBucket(ephemeralPerSecond, ephemeralPerSecond, nowMs);
  }
}
