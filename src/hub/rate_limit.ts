/** A token bucket on the caller's clock: `perSecond` on average, `burst` at once. */
export class TokenBucket {
  readonly #perSecond: number;
  readonly #burst: number;
  #tokens: number;
  #atMs: number;

  constructor(perSecond: number, burst: number, nowMs: number) {
    this.#perSecond = perSecond;
    this.#burst = burst;
    this.#tokens = burst;
    this.#atMs = nowMs;
  }

  /** Takes one token. Returns 0, or how many ms until there is one. A rate of 0 means no limit. */
  take(nowMs: number): number {
    if (this.#perSecond === 0) return 0;
    this.#refill(nowMs);
    if (this.#tokens >= 1) {
      this.#tokens -= 1;
      return 0;
    }
    return Math.ceil((1 - this.#tokens) * 1000 / this.#perSecond);
  }

  /** Tokens that were taken already, whether or not there were so many: at most the next burst is owed. */
  spend(tokens: number, nowMs: number): void {
    this.#refill(nowMs);
    this.#tokens = Math.max(-this.#burst, this.#tokens - tokens);
  }

  #refill(nowMs: number): void {
    this.#tokens = Math.min(this.#burst, this.#tokens + (nowMs - this.#atMs) / 1000 * this.#perSecond);
    this.#atMs = nowMs;
  }
}

/** Counts events in a sliding window: true when `limit` of them fell within `windowMs`. */
export class Strikes {
  readonly #limit: number;
  readonly #windowMs: number;
  readonly #times: number[] = [];

  constructor(limit: number, windowMs: number) {
    this.#limit = limit;
    this.#windowMs = windowMs;
  }

  /** Counts one; true when that was one too many. */
  strike(nowMs: number): boolean {
    this.#times.push(nowMs);
    if (this.#times.length > this.#limit) this.#times.shift();
    return this.#times.length === this.#limit && nowMs - this.#times[0]! <= this.#windowMs;
  }
}

/** Knows since when somebody has been over a limit without a pause of `pauseMs`. */
export class Streak {
  readonly #pauseMs: number;
  #startMs = -Infinity;
  #lastMs = -Infinity;

  constructor(pauseMs: number) {
    this.#pauseMs = pauseMs;
  }

  /** Notes one more; returns for how many ms it has gone on. */
  note(nowMs: number): number {
    if (nowMs - this.#lastMs > this.#pauseMs) this.#startMs = nowMs;
    this.#lastMs = nowMs;
    return nowMs - this.#startMs;
  }
}
