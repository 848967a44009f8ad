/**
 * How far the reader of a room has read, and where the "new" line stands. Offsets are of the newest epoch;
 * `watching` means that the end of the room is on a page that has the reader's eyes.
 */
export class Reading {
  #upTo: number | undefined;
  #lineAfter: number | undefined;

  /** The last offset that was read; `undefined` before the room was entered. */
  get upTo(): number | undefined {
    return this.#upTo;
  }

  /** The "new" line stands after this offset; `undefined`: there is none. */
  get lineAfter(): number | undefined {
    return this.#lineAfter;
  }

  /**
   * The room was entered, with our mark if we ever had one. Without a mark all that is there counts as read: on a
   * first visit nothing is news. Later calls (after a reconnect) only move forward.
   */
  joined(mark: number | undefined, top: number): void {
    const isFirst = this.#upTo === undefined;
    this.#upTo = Math.max(this.#upTo ?? 0, mark ?? (isFirst ? top : 0));
    if (isFirst && this.#upTo < top) this.#lineAfter = this.#upTo;
  }

  /** A new log begins: marks end with their epoch. [A4] */
  restarted(top: number): void {
    this.#upTo = top;
    this.#lineAfter = undefined;
  }

  /** A message of someone else came. */
  arrived(offset: number, watching: boolean): void {
    if (this.#upTo === undefined || watching || offset <= this.#upTo) return;
    this.#lineAfter ??= this.#upTo;
  }

  /** Messages up to `offset` were really seen. Returns whether that is news to the others. */
  seen(offset: number): boolean {
    if (this.#upTo === undefined || offset <= this.#upTo) return false;
    this.#upTo = offset;
    return true;
  }

  /** The reader said something or went away: a line that has done its work goes. */
  finish(top: number): void {
    if (this.#upTo !== undefined && this.#upTo >= top) this.#lineAfter = undefined;
  }
}
