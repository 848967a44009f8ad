import { formatPosition, parsePosition, type Position } from "./position.ts";
import { ROOM_ID } from "./wire.ts";

/** Where a client stands in several rooms. */
export type Cursor = ReadonlyMap<string, Position>;

/** `room=epoch.offset,…`: opaque to clients, and made of characters that are safe in a header and a query. [T1] */
export function formatCursor(cursor: Iterable<readonly [roomId: string, position: Position]>): string {
  return Array.from(cursor, ([roomId, position]) => `${roomId}=${formatPosition(position)}`).join(",");
}

/** Reads what `formatCursor` wrote; `undefined` when it is anything else. */
export function parseCursor(text: string): Cursor | undefined {
  const cursor = new Map<string, Position>();
  for (const part of text.split(",")) {
    const [roomId = "", rest = ""] = part.split("=", 2);
    const position = parsePosition(rest);
    if (!ROOM_ID.test(roomId) || !position) return undefined;
    cursor.set(roomId, position);
  }
  return cursor;
}
