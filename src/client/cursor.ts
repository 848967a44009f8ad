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
  if (!recovered) return stepToReset(last, at, offset, last.epoch === epoch ? "trimmed" : "epoch");
  // never back: what was delivered once is not delivered again
  return stepToMessage(last, at, from) ?? { at: last };
}

/**
 * Something that stands in the log, or what leads up to it; no answer when it was seen before. All up to `to` is
 * missing if it has not been seen.
 */
export function stepToMessage(last: Position | undefined, at: Position, to: number): Step | undefined {
  if (!last) return { at };
  if (last.epoch !== at.epoch) return stepToReset(last, at, to, "epoch");
  if (at.offset <= last.offset) return undefined;
  return to > last.offset ? stepToReset(last, at, to, "offset") : { at };
}

/** The server goes on elsewhere: all after `last` up to `to` is missing, where that can be told. */
export function stepToReset(
  last: Position | undefined,
  at: Position,
  to: number,
  reason: Gap["reason"],
): Step {
  const isRange = last?.epoch === at.epoch && to > last.offset;
  return { at, missing: { reason, ...isRange && { from: last.offset + 1, to } } };
}
