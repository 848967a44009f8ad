import { type Keep, readJson } from "../../shared/storage.ts";
import { isRoomId } from "./place.ts";

const KEY = "rooms";
const MAX_ROOMS = 12;

/** The rooms that this browser was in, the newest first. */
export function recentRooms(keep: Keep): readonly string[] {
  return (readJson(keep, KEY, isStrings) ?? []).filter(isRoomId).slice(0, MAX_ROOMS);
}

/**
 * Puts a new room at the head of the list; the oldest falls off its end. A known one stays where it is, so that
 * the list does not move under the reader's finger. Returns the list.
 */
export function visitRoom(keep: Keep, roomId: string): readonly string[] {
  const known = recentRooms(keep);
  if (known.includes(roomId)) return known;
  const rooms = [roomId, ...known].slice(0, MAX_ROOMS);
  keep.set(KEY, JSON.stringify(rooms));
  return rooms;
}

/** Takes a room off the list. Returns the new list. */
export function forgetRoom(keep: Keep, roomId: string): readonly string[] {
  const rooms = recentRooms(keep).filter((other) => other !== roomId);
  keep.set(KEY, JSON.stringify(rooms));
  return rooms;
}

function isStrings(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === "string");
}
