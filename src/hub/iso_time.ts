/** A busy node writes the same few milliseconds again and again: of what is sent, and of what was stored before. */
const SLOTS = 16;
const msOf = new Float64Array(SLOTS).fill(NaN);
const textOf: string[] = Array(SLOTS).fill("");

/** ISO 8601, UTC, milliseconds. */
export function isoTime(ms: number): string {
  const slot = ms & (SLOTS - 1);
  if (msOf[slot] !== ms) {
    textOf[slot] = new Date(ms).toISOString();
    msOf[slot] = ms;
  }
  return textOf[slot]!;
}
