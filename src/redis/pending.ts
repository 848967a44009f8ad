import type { Reply } from "./server.ts";

interface Waiting {
  readonly sentMs: number;
  readonly characters: number;
  readonly reject: (error: Error) => void;
}

interface Added {
  readonly answer: Promise<Reply>;
  readonly resolve: (reply: Reply) => void;
  readonly reject: (error: Error) => void;
}

/** Commands without an answer yet, in the order they were sent, and what they may amount to. */
export class Pending {
  readonly #maxCommands: number;
  readonly #maxCharacters: number;
  readonly #waiting = new Set<Waiting>();
  #characters = 0;
  #heardMs = 0;
  #idle: (() => void)[] = [];

  constructor(maxCommands: number, maxCharacters: number) {
    this.#maxCommands = maxCommands;
    this.#maxCharacters = maxCharacters;
  }

  get size(): number {
    return this.#waiting.size;
  }

  /** Takes a command in; nothing when there are too many. */
  add(characters: number): Added | undefined {
    if (this.#waiting.size >= this.#maxCommands || this.#characters >= this.#maxCharacters) return undefined;
    const { promise: answer, resolve, reject } = Promise.withResolvers<Reply>();
    const waiting: Waiting = { sentMs: performance.now(), characters, reject };
    this.#waiting.add(waiting);
    this.#characters += characters;
    const answered = () => {
      this.#heardMs = performance.now();
      this.#remove(waiting);
    };
    return {
      answer,
      resolve(reply) {
        answered();
        resolve(reply);
      },
      reject(error) {
        answered();
        reject(error);
      },
    };
  }

  /** Rejects what waits for longer than `timeoutMs`; says how long nothing at all was heard. */
  refuseOverdue(timeoutMs: number): { silentMs: number } {
    const nowMs = performance.now();
    const [first] = this.#waiting;
    const silentMs = first ? nowMs - Math.max(first.sentMs, this.#heardMs) : 0;
    const error = new Error(`no answer within ${timeoutMs} ms`);
    for (const waiting of this.#waiting) {
      if (nowMs - waiting.sentMs <= timeoutMs) break;
      this.#refuse(waiting, error);
    }
    return { silentMs };
  }

  /** Rejects all. What was sent may have been done. */
  refuseAll(error: Error): void {
    for (const waiting of this.#waiting) this.#refuse(waiting, error);
  }

  /** Resolves when nothing waits any more. */
  settled(): Promise<void> {
    if (this.#waiting.size === 0) return Promise.resolve();
    return new Promise((resolve) => this.#idle.push(resolve));
  }

  #refuse(waiting: Waiting, error: Error): void {
    this.#remove(waiting);
    waiting.reject(error);
  }

  #remove(waiting: Waiting): void {
    // an answer may come after its time
    if (!this.#waiting.delete(waiting)) return;
    this.#characters -= waiting.characters;
    if (this.#waiting.size > 0) return;
    for (const idle of this.#idle.splice(0)) idle();
  }
}
