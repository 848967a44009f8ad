import type { Room } from "./room.ts";

/** How many of a room's messages a user has not read; what retention dropped counts as read. [A4b] */
export function unreadOf({ log, marks }: Room, userId: string): number {
  return Math.max(0, log.cursor - Math.max(marks.of(userId), log.oldest - 1));
}
