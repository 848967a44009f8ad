/** Values of one source over time: a row of times, and a row of the same length for each name. */
export interface Rows {
  /** in s, since 1970 */
  readonly times: readonly number[];
  readonly values: ReadonlyMap<string, readonly (number | null)[]>;
}

/** How far back the charts go. */
const MAX_POINTS = 180;
/** Where nothing came for longer than this the line is broken. */
const BREAK_S = 3;

/** The last few minutes of one source. A name that is left out of an update has no value there. */
export class History {
  #times: number[] = [];
  readonly #values = new Map<string, (number | null)[]>();

  add(timeS: number, update: Readonly<Record<string, number>>): void {
    const last = this.#times.at(-1);
    if (last !== undefined && timeS <= last) return;
    if (last !== undefined && timeS - last > BREAK_S) this.#row(last + 1, {});
    this.#row(timeS, update);
  }

  rows(): Rows {
    return { times: this.#times, values: this.#values };
  }

  #row(timeS: number, update: Readonly<Record<string, number>>): void {
    for (const name of Object.keys(update)) {
      if (!this.#values.has(name)) this.#values.set(name, this.#times.map(() => null));
    }
    this.#times = [...this.#times, timeS].slice(-MAX_POINTS);
    for (const [name, row] of this.#values) {
      this.#values.set(name, [...row, update[name] ?? null].slice(-MAX_POINTS));
    }
  }
}
