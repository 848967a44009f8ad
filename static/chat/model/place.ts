import { ROOM_ID } from "../../../src/protocol/wire.ts";

/** Where a page without a room in its address is. */
export const DEFAULT_ROOM = "lobby";

/** What the address says: a room, or text that cannot be one. */
export type Place =
  | { readonly kind: "room"; readonly roomId: string }
  | { readonly kind: "invalid"; readonly text: string };

/** Reads `?room=`. */
export function placeOf(search: string): Place {
  const text = new URLSearchParams(search).get("room");
  if (text === null || text === "") return { kind: "room", roomId: DEFAULT_ROOM };
  return isRoomId(text) ? { kind: "room", roomId: text } : { kind: "invalid", text };
}

/** The query that leads to a room: `?room=lobby`. */
export function searchFor(roomId: string): string {
  return `?${new URLSearchParams({ room: roomId })}`;
}

/** True for what the protocol takes as a room id. [E5] */
export function isRoomId(text: string): boolean {
  return ROOM_ID.test(text);
}

/** A room id out of what a person typed: spaces around it and a leading `#` are theirs, not the room's. */
export function roomIdFrom(typed: string): string | undefined {
  const text = typed.normalize("NFKC").trim().replace(/^#\s*/, "");
  return isRoomId(text) ? text : undefined;
}
