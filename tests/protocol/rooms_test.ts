import { expect } from "@std/expect";
import type { History, JoinedRoom } from "../../src/protocol/messages.ts";
import { Harness, type TestClient, unhurried } from "../harness/mod.ts";

const say = (client: TestClient, content: string, roomId = "tea") =>
  client.ask("send_message", { roomId, content });

Deno.test("[J1] join_room is answered by its ack", async () => {
  using relay = new Harness();
  const anna = relay.connect("anna");
  const joined = await anna.join("tea");
  expect(joined).toEqual({
    success: true,
    roomId: "tea",
    epoch: expect.any(String),
    from: 0,
    offset: 0,
    users: [{ userId: "anna", userName: "ANNA" }],
    count: 1,
    read: [],
    unread: 0,
  });
  expect(anna.of("joined_room")).toEqual([]);
});

Deno.test("[J1] without a messageId join_room is answered by joined_room with the same fields", async () => {
  using relay = new Harness();
  const anna = relay.connect("anna");
  const ben = relay.connect("ben");
  await anna.join("tea");
  await say(anna, "one");
  anna.send("leave_room", { roomId: "tea" });
  await relay.advance(2000);
  const { success: _, ...asked } = await anna.join("tea", { history: 1 }) as JoinedRoom & { success: true };
  anna.send("leave_room", { roomId: "tea" });
  await relay.advance(2000);
  anna.send("join_room", { roomId: "tea", history: 1 });
  await relay.settle();
  expect(anna.of("joined_room")).toEqual([asked]);
  expect(ben.of("joined_room")).toEqual([]);
});

Deno.test("[J1b] the answer, then the replay, then what is live: no gap, no duplicate", async () => {
  using relay = new Harness();
  const ben = relay.connect("ben");
  for (const content of ["1", "2", "3"]) await say(ben, content);
  const anna = relay.connect("anna");
  const heads = relay.store.hold("heads");
  anna.send("join_room", { roomId: "tea", history: 3 }, "join");
  await relay.settle();
  // stored after the join looked at the log, before it was answered
  await say(ben, "4");
  heads();
  await relay.settle();
  await say(ben, "5");
  const news = anna.news().filter(({ type }) => type === "ack" || type === "new_message");
  expect(news[0]).toMatchObject({ type: "ack", messageId: "join", payload: { from: 1, offset: 4 } });
  expect(anna.offsets("tea")).toEqual([2, 3, 4, 5]);
});

Deno.test("[J1b] what is stored while the replay is read comes after it", async () => {
  using relay = new Harness();
  const ben = relay.connect("ben");
  // more than is kept in memory, so that the replay has to read
  for (let n = 1; n <= 20; n++) await say(ben, `${n} ${"x".repeat(60_000)}`);
  await ben.join("tea");
  const anna = relay.connect("anna");
  const joins = relay.store.hold("read");
  anna.send("join_room", { roomId: "tea", history: 20 });
  await relay.settle();
  // the join looks first whether it can keep its promise, in memory and then beyond it; then the replay reads
  const looks = relay.store.hold("read");
  joins();
  await relay.settle();
  const replays = relay.store.hold("read");
  looks();
  await relay.settle();
  expect(anna.of("joined_room")).toMatchObject([{ from: 0, offset: 20 }]);
  await say(ben, "21");
  expect(anna.offsets("tea")).toEqual([]);
  replays();
  await relay.settle();
  await say(ben, "22");
  expect(anna.offsets("tea")).toEqual(Array.from({ length: 22 }, (_, n) => n + 1));
});

Deno.test("[J1c] joining again answers with from = offset and replays nothing", async () => {
  using relay = new Harness();
  const anna = await relay.member("anna", "tea");
  await say(anna, "1");
  await say(anna, "2");
  const { epoch } = await anna.join("tea");
  anna.news();
  const again = await anna.join("tea", { since: { epoch, offset: 0 }, history: 2, echo: false });
  expect(again).toMatchObject({ from: 2, offset: 2, count: 1 });
  expect(again.recovered).toBeUndefined();
  expect(anna.news().map(({ type }) => type)).toEqual(["ack"]);
  // and what the first join said of echo still holds
  await say(anna, "3");
  expect(anna.offsets("tea")).toEqual([1, 2, 3]);
});

Deno.test("[J1d] echo:false keeps a user's own messages away, from whichever connection they came", async () => {
  using relay = new Harness();
  const phone = await relay.member("anna", "tea", { echo: false });
  const laptop = await relay.member("anna", "tea");
  const ben = await relay.member("ben", "tea");
  await say(phone, "1");
  await say(laptop, "2");
  await say(ben, "3");
  laptop.send("publish", { roomId: "tea", event: "waved", ephemeral: true });
  await relay.settle();
  expect(phone.offsets("tea")).toEqual([3]);
  expect(laptop.offsets("tea")).toEqual([1, 2, 3]);
  expect(ben.offsets("tea")).toEqual([1, 2, 3]);
  expect([phone, laptop, ben].map((client) => client.of("event").length)).toEqual([0, 1, 1]);
  // the same holds for what is replayed
  phone.cut();
  const back = relay.connect("anna");
  await back.join("tea", { history: 3, echo: false });
  await relay.settle();
  expect(back.offsets("tea")).toEqual([3]);
});

Deno.test("[J1e] leave_room is answered by its ack, or by left_room, and nothing follows", async () => {
  using relay = new Harness();
  const anna = await relay.member("anna", "tea");
  await anna.join("coffee");
  const ben = await relay.member("ben", "tea");
  await ben.join("coffee");
  expect(await anna.ask("leave_room", { roomId: "tea" })).toEqual({ success: true, roomId: "tea" });
  anna.send("leave_room", { roomId: "coffee" });
  await relay.settle();
  expect(anna.of("left_room")).toEqual([{ roomId: "coffee" }]);
  anna.news();
  await say(ben, "alone", "tea");
  ben.send("typing_start", { roomId: "coffee" });
  await relay.advance(3000);
  expect(anna.news()).toEqual([]);
});

Deno.test("[J1e] not_joined for what needs a room one is in", async (t) => {
  using relay = new Harness();
  const anna = relay.connect("anna");
  const asked: [string, object][] = [
    ["leave_room", {}],
    ["get_room_users", {}],
    ["read_messages", { epoch: "e", upTo: 1 }],
    ["typing_start", {}],
    ["typing_end", {}],
  ];
  for (const [type, payload] of asked) {
    await t.step(type, async () => {
      const ack = await anna.ask(type, { roomId: "tea", ...payload });
      expect(ack).toMatchObject({ success: false, error: { code: "not_joined" } });
    });
  }
});

Deno.test("[J1f] get_history pages backward, oldest first in each page, and needs no join", async () => {
  using relay = new Harness();
  const ben = relay.connect("ben");
  for (let n = 1; n <= 5; n++) await say(ben, String(n));
  const anna = relay.connect("anna");
  const page = async (options: object) => {
    const ack = await anna.ask<History>("get_history", { roomId: "tea", ...options });
    if (!ack.success) throw new Error(ack.error.message);
    return ack;
  };
  const offsets = ({ messages }: History) => messages.map(({ payload }) => payload.offset);
  const newest = await page({ limit: 2 });
  expect(newest).toMatchObject({ roomId: "tea", offset: 5, hasMore: true });
  expect(offsets(newest)).toEqual([4, 5]);
  const middle = await page({ before: 4, limit: 2 });
  expect([offsets(middle), middle.hasMore]).toEqual([[2, 3], true]);
  const oldest = await page({ before: 2, limit: 2 });
  expect([offsets(oldest), oldest.hasMore]).toEqual([[1], false]);
  const nothing = await page({ before: 1, limit: 2 });
  expect([offsets(nothing), nothing.hasMore]).toEqual([[], false]);
});

Deno.test("[J1f] history holds the envelopes that were delivered, to the letter", async () => {
  using relay = new Harness();
  const anna = await relay.member("anna", "tea");
  await anna.ask("send_message", { roomId: "tea", content: "hi", replyTo: "some-id" });
  await anna.ask("publish", { roomId: "tea", event: "moved", data: { x: [1, null] } });
  const delivered = anna.all().filter(({ type }) => type === "new_message" || type === "event");
  await relay.advance(60_000);
  const ack = await anna.ask<History>("get_history", { roomId: "tea" });
  expect(ack).toMatchObject({ success: true, messages: delivered });
  expect(delivered.length).toBe(2);
});

Deno.test("[J1f] get_history without a messageId is bad_request: its answer is an ack", async () => {
  using relay = new Harness();
  const anna = relay.connect("anna");
  anna.send("get_history", { roomId: "tea" });
  await relay.settle();
  expect(anna.of("error")).toMatchObject([{ code: "bad_request" }]);
});

Deno.test("[J1f] a page of large messages is cut short, and says that there is more", async () => {
  using relay = new Harness({ limits: unhurried });
  const ben = relay.connect("ben");
  for (let n = 1; n <= 20; n++) await say(ben, "x".repeat(30_000));
  const anna = relay.connect("anna");
  const seen: number[] = [];
  for (let before: number | undefined, more = true; more;) {
    const ack = await anna.ask<History>("get_history", { roomId: "tea", limit: 100, before });
    if (!ack.success) throw new Error(ack.error.message);
    const offsets = ack.messages.map(({ payload }) => payload.offset);
    seen.unshift(...offsets);
    before = offsets[0];
    more = ack.hasMore;
  }
  expect(seen).toEqual(Array.from({ length: 20 }, (_, n) => n + 1));
  expect(anna.closed).toBeUndefined();
  expect(anna.connection.largestFrame).toBeLessThan(256 * 1024);
});

Deno.test("[J1g] access is decided at join, on every send, on every read and on every resume", async () => {
  let allowed = new Set(["read", "write"]);
  using relay = new Harness({ policy: { allows: (_, right) => allowed.has(right) } });
  const anna = await relay.member("anna", "tea");
  const { epoch } = await anna.join("tea");
  const code = async (type: string, payload: object = {}) => {
    const ack = await anna.ask(type, { roomId: "tea", ...payload });
    return ack.success ? "ok" : ack.error.code;
  };
  expect(await code("send_message", { content: "1" })).toBe("ok");

  allowed = new Set(["read"]);
  expect(await code("send_message", { content: "2" })).toBe("forbidden");
  expect(await code("publish", { event: "e" })).toBe("forbidden");
  expect(await code("publish", { event: "e", ephemeral: true })).toBe("forbidden");
  expect(await code("typing_start")).toBe("forbidden");
  expect(await code("get_history")).toBe("ok");

  allowed = new Set();
  expect(await code("get_history")).toBe("forbidden");
  expect(await code("read_messages", { epoch, upTo: 1 })).toBe("forbidden");
  anna.cut();
  const back = relay.connect("anna");
  const ack = await back.ask("join_room", { roomId: "tea", since: { epoch, offset: 0 } });
  expect(ack).toMatchObject({ success: false, error: { code: "forbidden" } });
  expect(back.offsets("tea")).toEqual([]);
});

Deno.test("[J1g] a room one may not enter answers the same whether or not it exists", async () => {
  using relay = new Harness({ policy: { allows: ({ userId }) => userId === "ben" } });
  const ben = await relay.member("ben", "there");
  await say(ben, "secret", "there");
  const anna = relay.connect("anna");
  for (const type of ["join_room", "send_message", "publish", "get_history", "typing_start"]) {
    const answer = async (roomId: string) => {
      const ack = await anna.ask(type, { roomId, content: "x", event: "x" });
      return JSON.stringify(ack).replaceAll(roomId, "ROOM");
    };
    expect(await answer("there")).toBe(await answer("nowhere"));
  }
});

Deno.test("[J1] a store that cannot be read refuses the join, and the next one succeeds", async () => {
  using relay = new Harness();
  const anna = relay.connect("anna");
  relay.store.failing = "before";
  const ack = await anna.ask("join_room", { roomId: "tea" });
  expect(ack).toMatchObject({ success: false, error: { code: "store_unavailable", retryable: true } });
  expect(relay.hub.roomCount).toBe(0);
  relay.store.failing = undefined;
  expect(await anna.join("tea")).toMatchObject({ offset: 0, count: 1 });
});

Deno.test("[J1] a room that could not be opened leaves no timer behind, whatever was heard of it meanwhile", async () => {
  const timersLeft = async (users: number) => {
    using relay = new Harness();
    const anna = relay.connect("anna");
    const release = relay.store.hold("heads", "before");
    anna.send("join_room", { roomId: "tea" }, "join");
    await relay.settle();
    relay.backplane.inject({
      kind: "presence",
      nodeId: "node-2",
      version: 1,
      roomId: "tea",
      users: Array.from({ length: users }, (_, n) => ({ userId: `user-${n}`, userName: "User" })),
    });
    relay.store.failing = "before";
    release();
    await relay.settle();
    expect(anna.acks("join")).toMatchObject([{ success: false, error: { code: "store_unavailable" } }]);
    return relay.clock.timers;
  };
  expect(await timersLeft(201)).toBe(await timersLeft(0));
});

Deno.test("[J1] messages of one client take effect in the order they were sent, behind a slow join too", async () => {
  using relay = new Harness();
  const anna = relay.connect("anna");
  const release = relay.store.hold("heads");
  anna.send("join_room", { roomId: "tea" }, "1");
  anna.send("send_message", { roomId: "tea", content: "hi" }, "2");
  anna.send("typing_start", { roomId: "tea" }, "3");
  anna.send("leave_room", { roomId: "tea" }, "4");
  await relay.settle();
  release();
  await relay.settle();
  const acks = ["1", "2", "3", "4"].map((id) => anna.acks(id)[0]?.success);
  expect(acks).toEqual([true, true, true, true]);
});

Deno.test("[J1] [S1] what waits behind a slow join is done for who left meanwhile, and not for who was put out", async () => {
  for (const left of [true, false]) {
    using relay = new Harness();
    const anna = relay.connect("anna");
    const release = relay.store.hold("heads");
    anna.send("join_room", { roomId: "tea" });
    anna.send("send_message", { roomId: "tea", content: "one" });
    anna.send("send_message", { roomId: "tea", content: "two" });
    await relay.settle();
    if (left) anna.cut(1000);
    else await relay.hub.access.disconnected("anna");
    release();
    await relay.settle();
    expect(relay.store.calls.filter((call) => call === "append")).toHaveLength(left ? 2 : 0);
    expect(relay.hub.sessionCount).toBe(0);
  }
});

Deno.test("[J1] a client that is gone before its join was done is in no room", async () => {
  using relay = new Harness();
  const ben = await relay.member("ben", "tea");
  const anna = relay.connect("anna");
  const release = relay.store.hold("heads");
  anna.send("join_room", { roomId: "coffee" }, "1");
  anna.send("join_room", { roomId: "tea" }, "2");
  await relay.settle();
  anna.cut();
  release();
  await relay.advance(5000);
  expect(ben.news()).toEqual([]);
  expect(relay.hub.roomCount).toBe(1);
});
