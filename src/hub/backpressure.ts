/** What is asked of a reader's connection. */
export interface Reader {
  /** bytes the network has not taken yet */
  readonly unsentBytes: number;
}

/** So many readers stand for all of them. */
const SAMPLE = 8;

/**
 * Whether the network has taken a room's last flush, judged by a few readers spread over it. Connections tell
 * nothing by themselves, and asking all of them would cost as much as sending to them.
 *
 * Only who had taken everything before is asked: a reader that is stuck cannot hold a room up twice.
 */
export class Backpressure {
  #sample: Reader[] = [];
  #stride = 1;
  /** readers to pass before one is taken */
  #ahead = 0;

  /** A flush to so many readers begins. */
  begin(readers: number): void {
    this.#sample = [];
    this.#stride = this.#ahead = Math.ceil(readers / SAMPLE);
  }

  /** It is about to be sent to this reader. */
  sends(reader: Reader): void {
    // the last of each stretch: connections are served in the order they were written to
    if (--this.#ahead > 0 || reader.unsentBytes > 0) return;
    this.#ahead = this.#stride;
    this.#sample.push(reader);
  }

  /** What those asked have not taken yet: less than before is progress. */
  get left(): number {
    let bytes = 0;
    for (const reader of this.#sample) bytes += reader.unsentBytes;
    return bytes;
  }

  /** True once at least half of those asked have taken all of it. */
  get drained(): boolean {
    if (this.#sample.length === 0) return true;
    let waiting = 0;
    for (const reader of this.#sample) if (reader.unsentBytes > 0) waiting++;
    if (waiting * 2 > this.#sample.length) return false;
    this.#sample = [];
    return true;
  }
}
