import type { Limits } from "./limits.ts";
import { TokenBucket } from "./rate_limit.ts";

/** What is stored and what is not are counted apart. */
export type RateLane = "stored" | "ephemeral";

/** What a client's envelopes count against. [L] */
export interface Rates {
  /** Counts one. Returns 0, or how many ms until there may be one. */
  take(lane: RateLane, nowMs: number): number;
}

/** What a user spent here: so many envelopes of a lane. */
export type Spent = (userId: string, lane: RateLane, count: number) => void;

/**
 * So many envelopes are told of at once. Nodes that have heard of less between them let at most that much too many
 * through, once.
 */
const TOLD_AT = 10;

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
  enter(userId: string): Rates {
    let user = this.#users.get(userId);
    if (!user) this.#users.set(userId, user = new User(userId, this.#limits.userRatePerSecond, this.#spent));
    user.sessions++;
    return user;
  }

  /** And one less. */
  leave(userId: string): void {
    const user = this.#users.get(userId);
    if (user && --user.sessions === 0) this.#users.delete(userId);
  }

  /** A user spent this on another node. */
  heard(userId: string, lane: RateLane, count: number, nowMs: number): void {
    this.#users.get(userId)?.spent(lane, count, nowMs);
  }
}

/** Every node has buckets of its own for a user, and tells the others what is taken from them. */
class User implements Rates {
  sessions = 0;
  readonly #userId: string;
  readonly #perSecond: number;
  readonly #tell: Spent;
  #stored: SharedBucket | undefined;
  #ephemeral: SharedBucket | undefined;

  constructor(userId: string, perSecond: number, tell: Spent) {
    this.#userId = userId;
    this.#perSecond = perSecond;
    this.#tell = tell;
  }

  take(lane: RateLane, nowMs: number): number {
    if (this.#perSecond === 0) return 0;
    const bucket = this.#bucket(lane, nowMs);
    const waitMs = bucket.take(nowMs);
    if (waitMs > 0 || ++bucket.untold < TOLD_AT) return waitMs;
    this.#tell(this.#userId, lane, bucket.untold);
    bucket.untold = 0;
    return 0;
  }

  spent(lane: RateLane, count: number, nowMs: number): void {
    this.#bucket(lane, nowMs).spend(count, nowMs);
  }

  /** Made when something of its lane comes. */
  #bucket(lane: RateLane, nowMs: number): SharedBucket {
    if (lane === "stored") return this.#stored ??= new SharedBucket(this.#perSecond, nowMs);
    return this.#ephemeral ??= new SharedBucket(this.#perSecond, nowMs);
  }
}

class SharedBucket extends TokenBucket {
  /** what was taken from it that the other nodes have not been told of */
  untold = 0;

  constructor(perSecond: number, nowMs: number) {
    super(perSecond, 2 * perSecond, nowMs);
  }
}
