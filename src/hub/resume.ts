import type { Position } from "../protocol/position.ts";
import type { RoomLog } from "./room_log.ts";

/** What a reader asks for: everything after a position, or the last `history` messages. */
export interface Wish {
  readonly since?: Position | null | undefined;
  readonly history: number;
}

/** Where delivery starts: at `from + 1`. */
export interface Start {
  readonly from: number;
  /** only when `since` was given: whether everything after it is there */
  readonly recovered?: boolean;
}

/**
 * Lets the log look into the store, as far as `startOf` needs it to be right: a client may know of an offset this
 * node has not heard of yet, and what the store has trimmed meanwhile cannot be replayed. [R2]
 * @throws {RelayError} `store_unavailable`
 */
export async function lookUp(log: RoomLog, { since, history }: Wish): Promise<void> {
  if (since && (since.epoch !== log.epoch || since.offset > log.cursor)) await log.refresh();
  const wanted = since ?? { epoch: log.epoch, offset: Math.max(0, log.cursor - history) };
  if (wanted.epoch === log.epoch && wanted.offset < log.cursor) await log.holds(wanted.offset);
}

/** Everything after `since`, or nothing at all and the word that it is so: never a part. [R2] [R3] */
export function startOf({ epoch, cursor, oldest }: RoomLog, { since, history }: Wish): Start {
  if (!since) return { from: Math.max(cursor - history, Math.min(oldest - 1, cursor)) };
  const recovered = since.epoch === epoch && since.offset <= cursor && since.offset >= oldest - 1;
  return { from: recovered ? since.offset : cursor, recovered };
}
