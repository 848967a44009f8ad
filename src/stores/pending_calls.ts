import { RelayError } from "../protocol/errors.ts";
import { ErrorCode } from "../protocol/wire.ts";
import { type Answer, isFailure } from "./calls.ts";
import { unavailable } from "./unavailable.ts";

/** Somebody who waits for the answer to a call. */
export interface Waiter {
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: RelayError) => void;
  /** about how much memory the call takes */
  readonly characters: number;
}

interface Sent {
  readonly waiters: readonly Waiter[];
  readonly sentMs: number;
}

/** Batches on their way, and what they may amount to. */
export class PendingCalls {
  readonly #maxCalls: number;
  readonly #maxCharacters: number;
  readonly #sent = new Map<number, Sent>();
  #calls = 0;
  #characters = 0;
  #idle: (() => void) | undefined;

  constructor(maxCalls: number, maxCharacters: number) {
    this.#maxCalls = maxCalls;
    this.#maxCharacters = maxCharacters;
  }

  get calls(): number {
    return this.#calls;
  }

  get full(): boolean {
    return this.#calls >= this.#maxCalls || this.#characters >= this.#maxCharacters;
  }

  add({ characters }: Waiter): void {
    this.#calls++;
    this.#characters += characters;
  }

  sent(batch: number, waiters: readonly Waiter[], sentMs: number): void {
    this.#sent.set(batch, { waiters, sentMs });
  }

  answer(batch: number, answers: readonly Answer[]): void {
    const waiters = this.#sent.get(batch)?.waiters;
    // an answer may come after its time
    if (!waiters || !this.#sent.delete(batch)) return;
    for (const [n, waiter] of waiters.entries()) {
      const answer = answers[n]!;
      if (isFailure(answer)) waiter.reject(errorOf(answer));
      else waiter.resolve(answer);
    }
    this.#remove(waiters);
  }

  /** Rejects what was sent before `sentMs`. */
  refuseSent(reason: string, sentMs = Infinity): void {
    for (const [batch, sent] of this.#sent) {
      if (sent.sentMs > sentMs) return;
      this.#sent.delete(batch);
      this.refuse(sent.waiters, reason);
    }
  }

  refuse(waiters: readonly Waiter[], reason: string): void {
    for (const { reject } of waiters) reject(unavailable(reason));
    this.#remove(waiters);
  }

  /** Resolves when nothing is on its way any more. */
  settled(): Promise<void> {
    return this.#calls === 0 ? Promise.resolve() : new Promise((resolve) => this.#idle = resolve);
  }

  #remove(waiters: readonly Waiter[]): void {
    this.#calls -= waiters.length;
    for (const { characters } of waiters) this.#characters -= characters;
    if (this.#calls === 0) this.#idle?.();
  }
}

function errorOf({ failed, reason, retryAfterMs }: Extract<Answer, { failed: ErrorCode }>): RelayError {
  if (failed === ErrorCode.storeUnavailable) return unavailable(reason, retryAfterMs);
  return new RelayError(failed, "Cannot use the store: it refused the call", { cause: new Error(reason) });
}
