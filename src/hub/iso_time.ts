let lastMs = NaN;
let lastText = "";

/** ISO 8601, UTC, milliseconds. Remembers the last answer: a busy turn asks for the same millisecond often. */
export function isoTime(ms: number): string {
  if (ms !== lastMs) {
    lastText = new Date(ms).toISOString();
    lastMs = ms;
  }
  return lastText;
}
