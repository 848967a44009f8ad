/**
 * By how much a reader is late. The server's clock and ours need not agree: the quickest event so far is taken to
 * have needed no time at all.
 */
export class Lag {
  #least = Infinity;

  /** How late an event of this time is, in ms. */
  of(timestamp: string, nowMs: number): number {
    const tookMs = nowMs - Date.parse(timestamp);
    this.#least = Math.min(this.#least, tookMs);
    return tookMs - this.#least;
  }
}
