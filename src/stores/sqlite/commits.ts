/** Durable commits: how many writes each had, and how long it took. */
export interface Commits {
  readonly kind: "commits";
  readonly writes: readonly number[];
  readonly seconds: readonly number[];
}

/** How late the process may hear of a commit. A disk makes thousands a second: they are told of together. */
const TELL_MS = 250;

/** Gathers commits for whoever counts them. */
export class GatheredCommits {
  readonly #tell: (commits: Commits) => void;
  #writes: number[] = [];
  #seconds: number[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(tell: (commits: Commits) => void) {
    this.#tell = tell;
  }

  add(writes: number, seconds: number): void {
    this.#writes.push(writes);
    this.#seconds.push(seconds);
    this.#timer ??= setTimeout(() => this.flush(), TELL_MS);
  }

  /** Tells at once what there is. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#writes.length === 0) return;
    this.#tell({ kind: "commits", writes: this.#writes, seconds: this.#seconds });
    this.#writes = [];
    this.#seconds = [];
  }
}
