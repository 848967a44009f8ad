/** `@T` and a moment in µs: found in whatever a server wraps around it, however many share a frame. */
const DIGITS = 14;
const AT = 0x40;
const T = 0x54;

export const MARK_LENGTH = 2 + DIGITS;

/** The mark of a message that is sent at this moment. */
export function mark(nowMs: number): string {
  return `@T${String(Math.round(nowMs * 1000)).padStart(DIGITS, "0")}`;
}

/** Counts marks in a buffer that is filled again and again, also those that lie across two reads. */
export class Marks {
  readonly #buffer: Uint8Array;
  /** bytes at the buffer's start that were there at the end of the last read */
  kept = 0;

  constructor(buffer: Uint8Array) {
    this.#buffer = buffer;
  }

  /** Counts in what is kept and what was read behind it. */
  count(read: number, found?: (sentMs: number) => void): number {
    const buffer = this.#buffer;
    const end = this.kept + read;
    let count = 0;
    let at = buffer.indexOf(AT);
    for (; at >= 0 && at + MARK_LENGTH <= end; at = buffer.indexOf(AT, at + 1)) {
      if (buffer[at + 1] !== T) continue;
      count++;
      found?.(momentAt(buffer, at + 2));
      at += MARK_LENGTH - 1;
    }
    // a mark that has begun and is not whole
    const rest = at >= 0 && at < end ? at : end;
    buffer.copyWithin(0, rest, end);
    this.kept = end - rest;
    return count;
  }
}

function momentAt(buffer: Uint8Array, at: number): number {
  let us = 0;
  for (let n = 0; n < DIGITS; n++) us = us * 10 + buffer[at + n]! - 0x30;
  return us / 1000;
}
