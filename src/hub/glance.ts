import type { Envelope } from "../protocol/messages.ts";
import type { Position } from "../protocol/position.ts";
import type { Hub } from "./hub.ts";
import { roomPage } from "./room_page.ts";
import { unreadOf } from "./unread.ts";

/** A stretch of a room as one of its users sees it. `epoch` and `offset` are the top of its log. */
export interface Glance extends Position {
  /** the user's read mark, 0 when there is none [A4] */
  readonly upTo: number;
  /** messages the user has not read [A4b] */
  readonly unread: number;
  /** whether there are older ones */
  readonly hasMore: boolean;
  /** as they were delivered, oldest first */
  readonly messages: readonly Envelope[];
}

/** Looks at a room on behalf of a user who need not be in it. Who asks has asked whether they may. */
export function glance(
  hub: Hub,
  roomId: string,
  userId: string,
  page: { before?: number | undefined; limit: number },
): Promise<Glance> {
  return hub.useRoom(roomId, async (room) => {
    if (hub.hasOthers) await room.loadMarks();
    const { hasMore, messages } = await roomPage(room.log, page);
    const { log: { epoch, cursor: offset }, marks } = room;
    return {
      epoch,
      offset,
      upTo: marks.of(userId),
      unread: unreadOf(room, userId),
      hasMore,
      messages: messages.map(({ value }) => value),
    };
  });
}
