import { ErrorCode } from "../../protocol/wire.ts";
import type { Answer, Batch, Failure, WriteCall } from "../calls.ts";

export type WriteBatch = Extract<Batch, { lane: "write" }>;
/** Sends the answers of a batch to whoever made its calls. */
export type Reply = (epoch: string, answers: Answer[]) => void;

interface Waiting {
  readonly batch: WriteBatch;
  readonly reply: Reply;
  readonly untilMs: number;
}

/** How long a write waits for someone else's lock. */
const LOCK_WAIT_MS = 2_000;
/** Calls one commit takes at most: what came later waits for the next. */
const GROUP_CALLS = 2_048;

/** Batches that wait for a commit, in the order they came. Clients bound it: each has so many calls on its way. */
export class WriteQueue {
  #waiting: Waiting[] = [];

  get empty(): boolean {
    return this.#waiting.length === 0;
  }

  add(batch: WriteBatch, reply: Reply): void {
    this.#waiting.push({ batch, reply, untilMs: performance.now() + LOCK_WAIT_MS });
  }

  /** Takes what goes into the next commit. */
  takeGroup(): Group {
    let calls = 0;
    let count = 0;
    while (count < this.#waiting.length && calls < GROUP_CALLS) {
      calls += this.#waiting[count++]!.batch.calls.length;
    }
    return new Group(this.#waiting.splice(0, count));
  }

  /** Refuses what has waited too long for a lock to end. It was not stored. */
  refuseOverdue(): void {
    const nowMs = performance.now();
    const found = this.#waiting.findIndex(({ untilMs }) => untilMs >= nowMs);
    const overdue = this.#waiting.splice(0, found < 0 ? this.#waiting.length : found);
    new Group(overdue).refuse({
      failed: ErrorCode.storeUnavailable,
      reason: "the file is locked by someone else",
    });
  }

  refuseAll(failure: Failure): void {
    new Group(this.#waiting.splice(0)).refuse(failure);
  }
}

/** Batches that share a commit, and its fate. */
export class Group {
  readonly #batches: readonly Waiting[];
  readonly calls: readonly WriteCall[];

  constructor(batches: readonly Waiting[]) {
    this.#batches = batches;
    this.calls = batches.flatMap(({ batch }) => batch.calls);
  }

  answer(epoch: string, answers: readonly Answer[]): void {
    let start = 0;
    for (const { batch, reply } of this.#batches) {
      const end = start + batch.calls.length;
      reply(epoch, answers.slice(start, end));
      start = end;
    }
  }

  refuse(failure: Failure): void {
    for (const { batch, reply } of this.#batches) reply("", batch.calls.map(() => failure));
  }
}
