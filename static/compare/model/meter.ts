/** What a reader's figures are at one moment. */
export interface Figures {
  /** from sending to arriving, in ms; nothing while nothing came */
  readonly p50Ms: number | undefined;
  readonly p95Ms: number | undefined;
  readonly requestsPerMinute: number;
  readonly bytesPerMinute: number;
  /** messages that arrived since the page was opened */
  readonly received: number;
  /** offsets that were left out, of all that are over */
  readonly missing: number;
  /** messages that were sent while this reader was cut off, and came afterwards */
  readonly caughtUp: number;
}

/** Latencies that are kept: the newest count. */
const MAX_SAMPLES = 500;

/** Counts what one way of reading costs and brings. Times are of one clock, the page's own. */
export class Meter {
  readonly #now: () => number;
  #sinceMs: number;
  #requests = 0;
  #bytes = 0;
  #latencies: number[] = [];
  #offset = 0;
  #received = 0;
  #missing = 0;
  #caughtUp = 0;
  #cutMs: { readonly from: number; to: number } | undefined;

  constructor(now: () => number) {
    this.#now = now;
    this.#sinceMs = now();
  }

  /** A request was made: a connection counts as one. */
  request(): void {
    this.#requests++;
  }

  /** So many bytes came or went. */
  carried(bytes: number): void {
    this.#bytes += bytes;
  }

  /** A message came. One that came before, as after a cut, is passed over. */
  message(offset: number, sentMs: number): void {
    if (offset <= this.#offset) return;
    if (this.#offset > 0) this.#missing += offset - this.#offset - 1;
    this.#offset = offset;
    this.#received++;
    const cut = this.#cutMs;
    // what had to wait for the reader's return says nothing of the way it came
    if (cut && sentMs >= cut.from && sentMs <= cut.to) this.#caughtUp++;
    else this.#latencies = [...this.#latencies, this.#now() - sentMs].slice(-MAX_SAMPLES);
  }

  /** The reader is cut off until `back` is called. */
  cut(): void {
    this.#cutMs = { from: this.#now(), to: Infinity };
    this.#caughtUp = 0;
  }

  back(): void {
    if (this.#cutMs) this.#cutMs.to = this.#now();
  }

  /** Other settings, other figures: begins to count anew. What was missed is not forgotten. */
  reset(): void {
    this.#sinceMs = this.#now();
    this.#requests = this.#bytes = 0;
    this.#latencies = [];
  }

  figures(): Figures {
    const minutes = Math.max(1000, this.#now() - this.#sinceMs) / 60_000;
    const sorted = [...this.#latencies].sort((a, b) => a - b);
    return {
      p50Ms: sorted[Math.ceil(sorted.length * 0.5) - 1],
      p95Ms: sorted[Math.ceil(sorted.length * 0.95) - 1],
      requestsPerMinute: this.#requests / minutes,
      bytesPerMinute: this.#bytes / minutes,
      received: this.#received,
      missing: this.#missing,
      caughtUp: this.#caughtUp,
    };
  }
}
