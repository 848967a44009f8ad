import type { Counter, Gauge, Histogram } from "../hub/ports.ts";

/** A number that is counted on a hot path: an addition, nothing more. */
export class Cell implements Counter, Gauge {
  value = 0;

  add(amount: number): void {
    this.value += amount;
  }

  set(value: number): void {
    this.value = value;
  }
}

/** Counts values by the buckets they fall into. */
export class Buckets implements Histogram {
  /** upper bounds, ascending */
  readonly bounds: readonly number[];
  sum = 0;
  /** how many fell into each bucket, the last one being beyond all bounds */
  readonly #counts: Float64Array;

  constructor(bounds: readonly number[]) {
    this.bounds = bounds;
    this.#counts = new Float64Array(bounds.length + 1);
  }

  observe(value: number): void {
    let bucket = 0;
    while (bucket < this.bounds.length && value > this.bounds[bucket]!) bucket++;
    this.#counts[bucket]!++;
    this.sum += value;
  }

  /** How many values were at most as large as each bound, and how many there were at all. */
  cumulative(): number[] {
    let sofar = 0;
    return Array.from(this.#counts, (count) => sofar += count);
  }
}
