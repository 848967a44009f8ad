import { LastMinute } from "./last_minute.ts";

/** What a reader's figures are at one moment. */
export interface Figures {
  /** from sending to arriving, in ms; nothing while nothing came */
  readonly p50Ms: number | undefined;
  readonly p95Ms: number | undefined;
  /** in the last minute, or since it counts */
  readonly requests: number;
  readonly bytes: number;
  /** messages that arrived since the page was opened */
  readonly received: number;
  /** offsets that were left out, of all that are over */
  readonly missing: number;
  /** messages that were sent while this reader was cut off, and came afterwards */
  readonly caughtUp: number;
  /** it was tried last in vain: something on the way does not let it through, or the server is away */
  readonly isAway: boolean;
}

/** Latencies that are kept: the newest count. */
const MAX_SAMPLES = 500;

/** Counts what one way of reading costs and brings. Times are of one clock, the page's own. */
export class Meter {
  readonly #now: () => number;
  #requests: LastMinute;
  #bytes: LastMinute;
  #latencies: number[] = [];
  #offset = 0;
  #received = 0;
  #missing = 0;
  #caughtUp = 0;
  #isAway = false;
  #cutMs: { readonly from: number; to: number } | undefined;

  constructor(now: () => number) {
    this.#now = now;
    this.#requests = new LastMinute(now);
    this.#bytes = new LastMinute(now);
  }

  /** A request was made: a connection counts as one. */
  request(): void {
    this.#requests.add(1);
  }

  /** So many bytes came or went. */
  carried(bytes: number): void {
    this.#bytes.add(bytes);
    this.#isAway = false;
  }

  /** It was tried in vain. */
  failed(): void {
    this.#isAway = true;
  }

  /** A message came. One that came before, as after a cut, is passed over. */
  message(offset: number, sentMs: number): void {
    if (offset <= this.#offset) return;
    if (this.#offset > 0) this.#missing += offset - this.#offset - 1;
    this.#offset = offset;
    this.#received++;
    const cut = this.#cutMs;
    if (cut && sentMs >= cut.from && sentMs <= cut.to) this.#caughtUp++;
    // what had to wait for the reader's return says nothing of the way it came
    if (!cut || sentMs > cut.to) {
      this.#latencies = [...this.#latencies, this.#now() - sentMs].slice(-MAX_SAMPLES);
    }
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
    this.#requests = new LastMinute(this.#now);
    this.#bytes = new LastMinute(this.#now);
    this.#latencies = [];
  }

  figures(): Figures {
    const sorted = [...this.#latencies].sort((a, b) => a - b);
    return {
      p50Ms: sorted[Math.ceil(sorted.length * 0.5) - 1],
      p95Ms: sorted[Math.ceil(sorted.length * 0.95) - 1],
      requests: this.#requests.sum,
      bytes: this.#bytes.sum,
      received: this.#received,
      missing: this.#missing,
      caughtUp: this.#caughtUp,
      isAway: this.#isAway,
    };
  }
}
