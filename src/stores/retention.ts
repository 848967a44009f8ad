/** How much of a room's log is kept. [R5] */
export interface RetentionOptions {
  /** newest messages a room always keeps: 1,000 */
  readonly retentionMessages?: number;
  /** age in hours below which every message is kept: 24 */
  readonly retentionHours?: number;
  /** messages a room never exceeds, however young they are: 100,000 */
  readonly retentionMax?: number;
}

export interface Retention {
  readonly messages: number;
  readonly ageMs: number;
  readonly max: number;
}

const HOUR_MS = 3_600_000;

/**
 * Fills in the defaults.
 * @throws {RangeError} when a number is none or the bounds contradict each other
 */
export function retention(options: RetentionOptions = {}): Retention {
  const { retentionMessages = 1_000, retentionHours = 24, retentionMax = 100_000 } = options;
  if (!Number.isInteger(retentionMessages) || retentionMessages < 1) {
    throw new RangeError(`Cannot keep ${retentionMessages} messages a room: it has to be 1 or more`);
  }
  if (!(retentionHours >= 0)) {
    throw new RangeError(`Cannot keep messages for ${retentionHours} hours: it has to be 0 or more`);
  }
  if (!Number.isInteger(retentionMax) || retentionMax < retentionMessages) {
    throw new RangeError(
      `Cannot keep at most ${retentionMax} messages a room: it has to be ${retentionMessages} or more`,
    );
  }
  return { messages: retentionMessages, ageMs: retentionHours * HOUR_MS, max: retentionMax };
}

/**
 * The lowest offset a log with this top may still show: nothing outnumbers `max`, except what was promised to stay,
 * all after `retained`.
 */
export function lowestKept(
  top: number,
  oldest: number,
  { max }: Retention,
  retained: number = Infinity,
): number {
  return Math.max(oldest, Math.min(top - max, retained) + 1);
}

/** Whether the message at `offset` may go: it is beyond the newest and old, or beyond the maximum. */
export function mayGo(
  offset: number,
  timestampMs: number,
  top: number,
  nowMs: number,
  { messages, ageMs, max }: Retention,
  retained: number = Infinity,
): boolean {
  if (offset > retained) return false;
  if (offset <= top - max) return true;
  return offset <= top - messages && timestampMs <= nowMs - ageMs;
}
