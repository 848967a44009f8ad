import type { Call } from "../call.ts";
import type { Room } from "../room.ts";
import { Session } from "../session.ts";
import { notJoined } from "./not_joined.ts";

/**
 * Uses the room a session is in. A request that stands alone is in no room and is lent it: whoever calls has
 * asked whether it may. [T4]
 * @throws {RelayError} `not_joined`
 */
export function inRoom<T>(
  { hub, session }: Call,
  roomId: string,
  action: string,
  use: (room: Room) => T | Promise<T>,
): T | Promise<T> {
  const member = session.rooms.get(roomId);
  if (member) return use(member.room);
  if (session instanceof Session) throw notJoined(action, roomId);
  return hub.useRoom(roomId, use);
}
