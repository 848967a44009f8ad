import type { Limits } from "./limits.ts";
import { type Bucket, TokenBucket } from "./rate_limit.ts";

/** What a client's envelopes count against. [L] */
export interface Rates {
  readonly stored: Bucket;
  readonly ephemeral: Bucket;
}

interface User {
  readonly rates: Rates;
  sessions: number;
}

/** The rates of users: all connections of one on this node share them. [L] */
export class UserRates {
  readonly #limits: Limits;
  readonly #users = new Map<string, User>();

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  get size(): number {
    return this.#users.size;
  }

  /** A user has one more connection. */
  enter(userId: string, nowMs: number): Rates {
    let user = this.#users.get(userId);
    if (!user) this.#users.set(userId, user = { rates: this.#rates(nowMs), sessions: 0 });
    user.sessions++;
    return user.rates;
  }

  /** And one less. */
  leave(userId: string): void {
    const user = this.#users.get(userId);
    if (user && --user.sessions === 0) this.#users.delete(userId);
  }

  #rates(nowMs: number): Rates {
    const { userRatePerSecond: perSecond } = this.#limits;
    const bucket = () => new TokenBucket(perSecond, 2 * perSecond, nowMs);
    return { stored: bucket(), ephemeral: bucket() };
  }
}
