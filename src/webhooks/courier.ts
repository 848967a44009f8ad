import type { Cancel, Clock } from "../hub/ports.ts";
import type { Letter, Post, PostOutcome } from "./post.ts";

export interface CourierOptions<L extends Letter> {
  readonly post: Post;
  readonly clock: Clock;
  /** a number in [0, 1), for jitter */
  readonly random: () => number;
  /** Is told what became of a letter in the end: `dropped` is one there was no room for, or no time at the end. */
  readonly done: (letter: L, outcome: "delivered" | "failed" | "dropped") => void;
  /** Is told of each try that did not deliver. */
  readonly refused: (
    letter: L,
    outcome: Exclude<PostOutcome, { kind: "delivered" }>,
    attempt: number,
  ) => void;
  /** Is told how long each try took. */
  readonly tried?: (durationMs: number) => void;
  readonly limits?: Partial<CourierLimits>;
}

/** How much a courier holds, and how often it tries. */
export interface CourierLimits {
  /** letters that may wait, those that are tried again among them: 10,000 */
  readonly maxLetters: number;
  /** characters they may have together: 16 Mi */
  readonly maxLength: number;
  /** posts at the same time: 16 */
  readonly maxPosts: number;
  /** tries a letter, before it has failed: ten */
  readonly maxAttempts: number;
  /** the wait after the first try, doubled after each other one: 1,000 */
  readonly firstWaitMs: number;
  /** the longest wait: 300,000 */
  readonly longestWaitMs: number;
}

const LIMITS: CourierLimits = {
  maxLetters: 10_000,
  maxLength: 16 * 1024 * 1024,
  maxPosts: 16,
  maxAttempts: 10,
  firstWaitMs: 1000,
  longestWaitMs: 300_000,
};

/** A letter that was taken, and how often it was tried. */
interface Taken<L> {
  readonly letter: L;
  attempts: number;
  /** the try under way was begun at the end, and is its last */
  last: boolean;
  /** ends the wait for the next try */
  waiting: Cancel | undefined;
}

/**
 * Carries letters to a receiver that may be slow or away: several at a time, each again after a growing, jittered
 * wait, so that one that is refused holds up none of the others. What it holds is bounded: what comes on top of that
 * is dropped, and said to be. [S3]
 */
export class Courier<L extends Letter> {
  readonly #options: CourierOptions<L>;
  readonly #limits: CourierLimits;
  readonly #held = new Set<Taken<L>>();
  readonly #ready: Taken<L>[] = [];
  readonly #abort = new AbortController();
  #length = 0;
  #posts = 0;
  #last = false;
  #idle: (() => void) | undefined;

  constructor(options: CourierOptions<L>) {
    this.#options = options;
    this.#limits = { ...LIMITS, ...options.limits };
  }

  /** How many letters were taken and are not done. */
  get size(): number {
    return this.#held.size;
  }

  /** Takes a letter, or drops it when there is no room. Never throws, never waits. */
  send(letter: L): void {
    const { maxLetters, maxLength } = this.#limits;
    const full = this.#held.size >= maxLetters || this.#length + letter.body.length > maxLength;
    if (full || this.#abort.signal.aborted) return this.#options.done(letter, "dropped");
    const taken: Taken<L> = { letter, attempts: 0, last: false, waiting: undefined };
    this.#held.add(taken);
    this.#length += letter.body.length;
    this.#ready.push(taken);
    this.#postNext();
  }

  /** Tries everything it holds once more, without waits. Resolves when that is done, at the latest after `withinMs`. */
  async drain(withinMs: number): Promise<void> {
    this.#last = true;
    for (const taken of this.#held) {
      if (!taken.waiting) continue;
      taken.waiting();
      taken.waiting = undefined;
      this.#ready.push(taken);
    }
    this.#postNext();
    if (this.#held.size > 0) {
      await new Promise<void>((resolve) => {
        const cancel = this.#options.clock.after(withinMs, resolve);
        this.#idle = () => (cancel(), resolve());
      });
    }
    this.close();
  }

  /** Drops what it holds. */
  close(): void {
    this.#ready.length = 0;
    this.#abort.abort();
    for (const taken of [...this.#held]) {
      taken.waiting?.();
      this.#finish(taken, "dropped");
    }
  }

  #postNext(): void {
    while (this.#posts < this.#limits.maxPosts) {
      const taken = this.#ready.shift();
      if (!taken) return;
      this.#posts++;
      void this.#post(taken);
    }
  }

  async #post(taken: Taken<L>): Promise<void> {
    const { post, clock, tried } = this.#options;
    const beganMs = clock.monotonic();
    taken.attempts++;
    taken.last = this.#last;
    const outcome = await post(taken.letter, this.#abort.signal);
    this.#posts--;
    tried?.(clock.monotonic() - beganMs);
    // one that was dropped meanwhile is done
    if (this.#held.has(taken)) this.#answered(taken, outcome);
    this.#postNext();
  }

  #answered(taken: Taken<L>, outcome: PostOutcome): void {
    if (outcome.kind === "delivered") return this.#finish(taken, "delivered");
    this.#options.refused(taken.letter, outcome, taken.attempts);
    if (outcome.kind === "unwanted" || taken.attempts >= this.#limits.maxAttempts) {
      return this.#finish(taken, "failed");
    }
    if (taken.last) return this.#finish(taken, "dropped");
    if (this.#last) return void this.#ready.push(taken);
    taken.waiting = this.#options.clock.after(this.#waitMs(taken.attempts, outcome.retryAfterMs), () => {
      taken.waiting = undefined;
      this.#ready.push(taken);
      this.#postNext();
    });
  }

  #waitMs(attempts: number, askedMs = 0): number {
    const { firstWaitMs, longestWaitMs } = this.#limits;
    const backoffMs = firstWaitMs * 2 ** (attempts - 1) * (0.5 + this.#options.random() / 2);
    return Math.min(longestWaitMs, Math.max(backoffMs, askedMs));
  }

  #finish(taken: Taken<L>, outcome: "delivered" | "failed" | "dropped"): void {
    this.#held.delete(taken);
    this.#length -= taken.letter.body.length;
    this.#options.done(taken.letter, outcome);
    if (this.#held.size === 0) this.#idle?.();
  }
}
