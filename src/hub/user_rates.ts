import type { Limits } from "./limits.ts";
import { type Bucket, TokenBucket } from "./rate_limit.ts";

/** What a client's envelopes count against. [L] */
export interface Rates {
  readonly stored: Bucket;
  readonly ephemeral: Bucket;
}

interface User {
  readonly rates: { readonly stored: SharedBucket; readonly ephemeral: SharedBucket };
  sessions: number;
}

/** What a user spent here: so many envelopes of a lane. */
export type Spent = (userId: string, lane: keyof Rates, count: number) => void;

/**
 * So many envelopes are told of at once. Nodes that have heard of less between them let at most that much too many
 * through, once.
 */
const TOLD_AT = 10;

const TELL_NOBODY: Spent = () => {};

/** The rates of users: all connections of one share them, on every node that hears of the others'. [L8] */
export class UserRates {
  readonly #limits: Limits;
  readonly #spent: Spent;
  readonly #users = new Map<string, User>();

  /** `spent` tells the other nodes. */
  constructor(limits: Limits, spent: Spent) {
    this.#limits = limits;
    this.#spent = spent;
  }

  get size(): number {
    return this.#users.size;
  }

  /** A user has one more connection. */
  enter(userId: string, nowMs: number): Rates {
    let user = this.#users.get(userId);
    if (!user) this.#users.set(userId, user = { rates: this.#rates(userId, nowMs), sessions: 0 });
    user.sessions++;
    return user.rates;
  }

  /** And one less. */
  leave(userId: string): void {
    const user = this.#users.get(userId);
    if (user && --user.sessions === 0) this.#users.delete(userId);
  }

  /** A user spent this on another node. */
  heard(userId: string, lane: keyof Rates, count: number, nowMs: number): void {
    this.#users.get(userId)?.rates[lane].spend(count, nowMs);
  }

  #rates(userId: string, nowMs: number): User["rates"] {
    const { userRatePerSecond: perSecond } = this.#limits;
    const tell = perSecond > 0 ? this.#spent : TELL_NOBODY;
    const bucket = (lane: keyof Rates) => new SharedBucket(perSecond, nowMs, userId, lane, tell);
    return { stored: bucket("stored"), ephemeral: bucket("ephemeral") };
  }
}

/** A bucket of which each node has its own, and tells the others what is taken from it. */
class SharedBucket extends TokenBucket {
  readonly #userId: string;
  readonly #lane: keyof Rates;
  readonly #tell: Spent;
  #untold = 0;

  constructor(perSecond: number, nowMs: number, userId: string, lane: keyof Rates, tell: Spent) {
    super(perSecond, 2 * perSecond, nowMs);
    this.#userId = userId;
    this.#lane = lane;
    this.#tell = tell;
  }

  override take(nowMs: number): number {
    const waitMs = super.take(nowMs);
    if (waitMs > 0 || ++this.#untold < TOLD_AT) return waitMs;
    this.#tell(this.#userId, this.#lane, this.#untold);
    this.#untold = 0;
    return 0;
  }
}
