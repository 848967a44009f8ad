import { expect } from "@std/expect";
import { DEFAULT_ROOM, placeOf, roomIdFrom, searchFor } from "../../static/chat/model/place.ts";
import { forgetRoom, recentRooms, visitRoom } from "../../static/chat/model/recent_rooms.ts";
import { memoryKeep } from "../../static/shared/storage.ts";

Deno.test("an address without a room is the lobby", () => {
  expect(placeOf("")).toEqual({ kind: "room", roomId: DEFAULT_ROOM });
  expect(placeOf("?room=")).toEqual({ kind: "room", roomId: DEFAULT_ROOM });
});

Deno.test("[E5] every character that a room id may have comes back out of its address", () => {
  const roomId = "team:A_b.c@d|e+f-9";
  expect(placeOf(searchFor(roomId))).toEqual({ kind: "room", roomId });
});

Deno.test("[E5] an address that names no room says so", () => {
  expect(placeOf("?room=a%20b")).toEqual({ kind: "invalid", text: "a b" });
  expect(placeOf(`?room=${"x".repeat(129)}`).kind).toBe("invalid");
});

Deno.test("a typed room id may have spaces around it, a # and full-width letters", () => {
  expect(roomIdFrom("  #tea-room ")).toBe("tea-room");
  expect(roomIdFrom("ｔｅａ")).toBe("tea");
  expect(roomIdFrom("茶室")).toBe(undefined);
  expect(roomIdFrom("")).toBe(undefined);
});

Deno.test("rooms are remembered, newest first, and a known one stays where it is", () => {
  const keep = memoryKeep();
  visitRoom(keep, "a");
  visitRoom(keep, "b");
  expect(visitRoom(keep, "a")).toEqual(["b", "a"]);
  expect(recentRooms(keep)).toEqual(["b", "a"]);
  expect(forgetRoom(keep, "b")).toEqual(["a"]);
});

Deno.test("the list of rooms has an end, and damaged text is an empty list", () => {
  const keep = memoryKeep();
  for (let n = 0; n < 40; n++) visitRoom(keep, `room-${n}`);
  expect(recentRooms(keep)).toHaveLength(12);
  expect(recentRooms(keep)[0]).toBe("room-39");
  for (const damaged of ["{", "3", '[1,"a"]', "null"]) {
    keep.set("rooms", damaged);
    expect(recentRooms(keep)).toEqual([]);
  }
});
