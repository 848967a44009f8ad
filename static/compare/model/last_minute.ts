const MINUTE_MS = 60_000;
/** So long a moment is: what came in one is forgotten in one. */
const MOMENT_MS = 500;

/** Adds up what came in the last minute, or since it began. */
export class LastMinute {
  readonly #now: () => number;
  /** by the number of the moment */
  readonly #sums = new Map<number, number>();

  constructor(now: () => number) {
    this.#now = now;
  }

  add(count: number): void {
    const moment = Math.floor(this.#now() / MOMENT_MS);
    this.#sums.set(moment, (this.#sums.get(moment) ?? 0) + count);
    this.#forget();
  }

  get sum(): number {
    this.#forget();
    return [...this.#sums.values()].reduce((sum, count) => sum + count, 0);
  }

  #forget(): void {
    const since = Math.floor((this.#now() - MINUTE_MS) / MOMENT_MS);
    for (const moment of this.#sums.keys()) if (moment <= since) this.#sums.delete(moment);
  }
}
