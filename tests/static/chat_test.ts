import { signal } from "@preact/signals";
import { expect } from "@std/expect";
import { Chat } from "../../static/chat/model/chat.ts";
import { secondsLeft } from "../../static/shared/connection.ts";
import { memoryKeep } from "../../static/shared/storage.ts";
import { FakeRelay } from "./fake_relay.ts";

function setUp({ userId }: { userId?: string } = {}) {
  const relay = new FakeRelay();
  const selves: string[] = [];
  const clock = { nowMs: 1000 };
  const chat = new Chat({
    relay,
    keep: memoryKeep(),
    userId,
    attentive: signal(true),
    soon: (task) => task(),
    now: () => clock.nowMs,
    onSelf: (id) => selves.push(id),
  });
  return { relay, chat, selves, clock };
}

Deno.test("[C4] who we are is known from the last visit until the server says it", () => {
  const { relay, chat, selves } = setUp({ userId: "guest-1" });
  expect(chat.me.value).toBe("guest-1");
  relay.welcome({ userId: "guest-1", userName: "Mei" });
  expect(selves).toEqual([]);
  relay.welcome({ userId: "guest-2", userName: "Mei" });
  expect([chat.me.value, selves]).toEqual(["guest-2", ["guest-2"]]);
});

Deno.test("rooms stay open behind the one in view and count what is new in them", () => {
  const { relay, chat } = setUp({ userId: "me" });
  chat.enter("tea");
  relay.rooms.get("tea")?.enter();
  chat.enter("lobby");
  relay.rooms.get("tea")?.say("ben", "hello?");
  expect(chat.rooms.value).toEqual([{ roomId: "lobby", unread: 0 }, { roomId: "tea", unread: 1 }]);
  expect(chat.unread.value).toBe(1);
  chat.enter("tea");
  expect(chat.current.value?.rows.value.map((row) => row.kind)).toEqual(["day", "unread", "message"]);
});

Deno.test("the room that was not used for longest is left, unless something in it is not sent yet", () => {
  const { relay, chat } = setUp({ userId: "me" });
  chat.enter("busy");
  chat.current.value?.send("on its way");
  chat.enter("idle");
  for (let n = 1; n <= 7; n++) chat.enter(`room-${n}`);
  expect(relay.rooms.get("busy")?.isLeft).toBe(false);
  expect(relay.rooms.get("idle")?.isLeft).toBe(true);
  expect(relay.rooms.get("room-1")?.isLeft).toBe(false);
});

Deno.test("a room that was left is joined anew", () => {
  const { relay, chat } = setUp({ userId: "me" });
  chat.enter("a");
  const first = chat.current.value;
  chat.enter("b");
  chat.forget("a");
  expect(relay.rooms.get("a")?.isLeft).toBe(true);
  expect(chat.rooms.value.map((room) => room.roomId)).toEqual(["b"]);
  chat.enter("a");
  expect(chat.current.value).not.toBe(first);
});

Deno.test("the room in view cannot be forgotten", () => {
  const { relay, chat } = setUp();
  chat.enter("a");
  chat.forget("a");
  expect(relay.rooms.get("a")?.isLeft).toBe(false);
  expect(chat.rooms.value).toHaveLength(1);
});

Deno.test("[R6] a gap is shown in its room, one that needs no hole is not", () => {
  const { relay, chat } = setUp({ userId: "me" });
  chat.enter("a");
  relay.rooms.get("a")?.enter();
  const kinds = () => chat.current.value?.rows.value.map((row) => row.kind);
  relay.gap({ roomId: "a", reason: "forbidden" });
  relay.gap({ roomId: "a", reason: "epoch" });
  relay.gap({ roomId: "a", reason: "trimmed" });
  relay.gap({ roomId: "elsewhere", reason: "trimmed", from: 1, to: 2 });
  expect(kinds()).toEqual([]);
  relay.gap({ roomId: "a", reason: "trimmed", from: 1, to: 2 });
  expect(kinds()).toEqual(["hole"]);
});

Deno.test("[M11] the countdown to the next attempt runs from the state's own moment", () => {
  const { relay, chat, clock } = setUp();
  clock.nowMs = 5000;
  relay.become({ status: "reconnecting", attempt: 2, retryInMs: 2500 });
  expect(secondsLeft(chat.connection.value, 5000)).toBe(3);
  expect(secondsLeft(chat.connection.value, 6600)).toBe(1);
  expect(secondsLeft(chat.connection.value, 9000)).toBe(0);
  relay.become({ status: "online", transport: "ws" });
  expect(secondsLeft(chat.connection.value, 5000)).toBe(0);
});

Deno.test("closing leaves nothing that listens", () => {
  const { relay, chat } = setUp();
  chat.enter("a");
  chat.close();
  expect(relay.state.status).toBe("closed");
  relay.become({ status: "online", transport: "ws" });
  expect(chat.connection.value.state.status).not.toBe("online");
});
