/**
 * Where a room's reader stands in its log: what is new, and what is missing. Pure: each function takes the last
 * position and answers the next one. [R1] [R2] [R6]
 */
import type { JoinedRoom } from "../protocol/messages.ts";
import type { Position } from "../protocol/position.ts";
import type { Gap } from "./types.ts";

/** The next position, and what is missing before it. */
export interface Step {
  at: Position;
  missing?: Omit<Gap, "roomId"> | undefined;
}

/** The answer to a join that asked for everything after `last`. */
export function stepToJoin(last: Position | undefined, { epoch, from, offset, recovered }: JoinedRoom): Step {
  const at = { epoch, offset: from };
  if (!last) return { at };
  if (!recovered || last.epoch !== epoch) {
    return { at, missing: after(last, epoch, offset, last.epoch === epoch ? "trimmed" : "epoch") };
  }
  // never back: what was delivered once is not delivered again
  return from <= last.offset ? { at: last } : { at, missing: after(last, epoch, from, "offset") };
}

/**
 * A message of the log; no answer when it was seen before. With `skips` the server leaves out one's own
 * messages, so that offsets skip rightfully.
 */
export function stepToMessage(
  last: Position | undefined,
  { epoch, offset }: Position,
  skips: boolean,
): Step | undefined {
  const at = { epoch, offset };
  if (!last) return { at };
  if (last.epoch !== epoch) return { at, missing: after(last, epoch, 0, "epoch") };
  if (offset <= last.offset) return undefined;
  return skips || offset === last.offset + 1
    ? { at }
    : { at, missing: after(last, epoch, offset - 1, "offset") };
}

/** The server says that it goes on elsewhere. */
export function stepToReset(
  last: Position | undefined,
  { epoch, offset }: Position,
  reason: Gap["reason"],
): Step {
  return { at: { epoch, offset }, missing: after(last, epoch, offset, reason) };
}

/** Everything after `last` up to `to`; without a range when that is nothing or of another log. */
function after(
  last: Position | undefined,
  epoch: string,
  to: number,
  reason: Gap["reason"],
): Step["missing"] {
  return last?.epoch === epoch && to > last.offset ? { reason, from: last.offset + 1, to } : { reason };
}
