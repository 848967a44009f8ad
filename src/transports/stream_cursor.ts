import type { Session } from "../hub/session.ts";
import { formatCursor, parseCursor } from "../protocol/cursor.ts";
import { RelayError } from "../protocol/errors.ts";
import { parsePosition, type Position } from "../protocol/position.ts";
import { ErrorCode } from "../protocol/wire.ts";

/** A position no log has: who comes with a cursor nobody can read has missed an unknown part. [R2] */
const NOWHERE: Position = { epoch: "-", offset: 0 };

/** Where a stream of these rooms goes on, room by room; nothing for a room the cursor knows nothing of. */
export type Resume = (roomId: string) => Position | undefined;

/**
 * Reads where a stream goes on. The browser's `Last-Event-ID` is newer than what stands in the address.
 * @throws {RelayError} `bad_request` when the address holds no cursor; a browser cannot help what it sends
 */
export function resumeAt(
  roomIds: readonly string[],
  { lastEventId, since }: { lastEventId: string | undefined; since: string | undefined },
): Resume {
  if (lastEventId) return read(roomIds, lastEventId) ?? (() => NOWHERE);
  if (since === undefined) return () => undefined;
  const resume = read(roomIds, since);
  if (resume) return resume;
  throw new RelayError(ErrorCode.badRequest, "Cannot read query: since: not a cursor of these rooms");
}

/** A bare position is of one room: of which one, nobody knows when there are several. */
function read(roomIds: readonly string[], text: string): Resume | undefined {
  const position = roomIds.length === 1 ? parsePosition(text) : undefined;
  if (position) return () => position;
  const cursor = parseCursor(text);
  return cursor && ((roomId) => cursor.get(roomId));
}

/** How far a session was sent each of its rooms. */
export function cursorOf({ rooms }: Session): string {
  return formatCursor(Array.from(rooms, ([roomId, { epoch, sent }]) => [roomId, { epoch, offset: sent }]));
}
