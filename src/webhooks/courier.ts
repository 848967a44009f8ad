import type { Cancel, Clock } from "../hub/ports.ts";
import { within } from "../hub/within.ts";
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

/** After so many refusals in a row, of whichever letters, it is the receiver that is away. */
const AWAY_AFTER = 16;
/** The longest rest between two looks whether it is back. */
const LONGEST_REST_MS = 30_000;

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
 * wait, so that one that is refused holds up none of the others. While nothing gets through at all it tries one now
 * and then and keeps the rest for later: a receiver that is away costs next to nothing and finds everything when it is
 * back. What is held is bounded: what comes on top of that is dropped, and said to be. [S3c] [S3d]
 */
export class Courier<L extends Letter> {
  readonly #options: CourierOptions<L>;
  readonly #limits: CourierLimits;
  readonly #held = new Set<Taken<L>>();
  readonly #ready: Taken<L>[] = [];
  readonly #abort = new AbortController();
  #length = 0;
  #posts = 0;
  /** refusals in a row */
  #refusals = 0;
  /** ends the rest before the next look at a receiver that is away */
  #rest: Cancel | undefined;
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
    this.#wake();
    for (const taken of this.#held) {
      if (!taken.waiting) continue;
      taken.waiting();
      taken.waiting = undefined;
      this.#ready.push(taken);
    }
    this.#postNext();
    if (this.#held.size > 0) {
      await within(this.#options.clock, withinMs, new Promise<void>((resolve) => this.#idle = resolve));
    }
    this.close();
  }

  /** Drops what it holds. */
  close(): void {
    this.#ready.length = 0;
    this.#wake();
    this.#abort.abort();
    for (const taken of [...this.#held]) {
      taken.waiting?.();
      this.#finish(taken, "dropped");
    }
  }

  #postNext(): void {
    while (!this.#rest && this.#posts < this.#mostPosts) {
      const taken = this.#ready.shift();
      if (!taken) return;
      this.#posts++;
      void this.#post(taken);
    }
  }

  get #mostPosts(): number {
    return this.#refusals >= AWAY_AFTER && !this.#last ? 1 : this.#limits.maxPosts;
  }

  #wake(): void {
    this.#rest?.();
    this.#rest = undefined;
  }

  /** Counts refusals in a row; from so many on there is a rest after each. */
  #heard({ kind }: PostOutcome): void {
    this.#refusals = kind === "refused" ? this.#refusals + 1 : 0;
    const more = this.#refusals - AWAY_AFTER;
    this.#wake();
    if (more < 0 || this.#last || this.#abort.signal.aborted) return;
    const { clock } = this.#options;
    this.#rest = clock.after(this.#waitMs(Math.min(more + 1, 10), 0, LONGEST_REST_MS), () => {
      this.#rest = undefined;
      this.#postNext();
    });
  }

  async #post(taken: Taken<L>): Promise<void> {
    const { post, clock, tried } = this.#options;
    const beganMs = clock.monotonic();
    taken.attempts++;
    taken.last = this.#last;
    const outcome = await post(taken.letter, this.#abort.signal);
    this.#posts--;
    tried?.(clock.monotonic() - beganMs);
    this.#heard(outcome);
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

  #waitMs(attempts: number, askedMs = 0, longestMs = this.#limits.longestWaitMs): number {
    const backoffMs = this.#limits.firstWaitMs * 2 ** (attempts - 1) * (0.5 + this.#options.random() / 2);
    return Math.min(longestMs, Math.max(backoffMs, askedMs));
  }

  #finish(taken: Taken<L>, outcome: "delivered" | "failed" | "dropped"): void {
    this.#held.delete(taken);
    this.#length -= taken.letter.body.length;
    this.#options.done(taken.letter, outcome);
    if (this.#held.size === 0) this.#idle?.();
  }
}
