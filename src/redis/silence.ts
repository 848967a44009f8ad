/** Rejects once nothing was heard for a time; whoever is heard in between can take as long as it likes. */
export class Silence {
  readonly tooLong: Promise<never>;
  readonly #maxMs: number;
  #reject: (error: Error) => void = () => {};
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(maxMs: number) {
    this.#maxMs = maxMs;
    this.tooLong = new Promise((_, reject) => this.#reject = reject);
    // nobody may be waiting for it any more
    this.tooLong.catch(() => {});
    this.broken();
  }

  /** Something was heard. */
  broken(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.giveUp(`nothing heard for ${this.#maxMs} ms`), this.#maxMs);
  }

  giveUp(reason: string): void {
    this.#reject(new Error(reason));
  }

  end(): void {
    clearTimeout(this.#timer);
  }
}
