import { expect } from "@std/expect";
import { Harness, type TestClient, unhurried } from "../harness/mod.ts";

const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, n) => from + n);
const fast = { limits: unhurried };
const KIB = 1024;

/** A room with a reader that stopped reading, one that reads, and a sender. */
async function room(options: ConstructorParameters<typeof Harness>[0] = fast) {
  const relay = new Harness(options);
  const slow = await relay.member("slow", "tea");
  const other = await relay.member("other", "tea");
  const sender = await relay.member("sender", "tea", { echo: false });
  for (const client of [slow, other, sender]) client.news();
  slow.connection.stall();
  return { relay, slow, other, sender };
}

/** Sends messages at 1,000 a second of the test's time. */
async function flood(relay: Harness, sender: TestClient, count: number, content: string) {
  for (let n = 0; n < count; n++) {
    sender.send("send_message", { roomId: "tea", content });
    await relay.advance(1);
  }
}

Deno.test("[R4] a reader that stops costs a bounded backlog, is told, and catches up completely", async () => {
  const { relay, slow, other, sender } = await room();
  using _ = relay;
  await flood(relay, sender, 5000, "x".repeat(300));
  // at most 64 KiB were handed to the socket, and the message that filled it
  expect(slow.connection.peakUnsentBytes).toBeLessThan(66 * KIB);
  expect(slow.closed).toBeUndefined();
  expect(other.offsets("tea")).toEqual(range(1, 5000));
  expect(other.connection.peakUnsentBytes).toBe(0);

  slow.connection.resume();
  await relay.advance(1000);
  expect(slow.offsets("tea")).toEqual(range(1, 5000));
  const [behind, ...more] = slow.of("behind");
  expect(more).toEqual([]);
  // `behind` names the last offset that was sent before it
  const types = slow.all();
  const at = types.findIndex(({ type }) => type === "behind");
  const last = types.slice(0, at).findLast(({ type }) => type === "new_message")!;
  expect((last.payload as { offset: number }).offset).toBe(behind!.offset);
});

Deno.test("[R4] once level a reader is live again, and a later backlog is told anew", async () => {
  const { relay, slow, sender } = await room();
  using _ = relay;
  await flood(relay, sender, 4000, "x".repeat(300));
  slow.connection.resume();
  await relay.advance(1000);
  await flood(relay, sender, 1, "live");
  expect(slow.offsets("tea").at(-1)).toBe(4001);
  slow.connection.stall();
  await flood(relay, sender, 4000, "x".repeat(300));
  slow.connection.resume();
  await relay.advance(1000);
  expect(slow.of("behind").length).toBe(2);
  expect(slow.offsets("tea")).toEqual(range(1, 8001));
});

Deno.test("[R4] a backlog below 1 MiB is caught up without a word", async () => {
  const { relay, slow, sender } = await room();
  using _ = relay;
  await flood(relay, sender, 1000, "x".repeat(300));
  slow.connection.resume();
  await relay.advance(1000);
  expect(slow.of("behind")).toEqual([]);
  expect(slow.offsets("tea")).toEqual(range(1, 1000));
});

Deno.test("[R4] a reader catches up at its own pace: never more than 64 KiB and a message ahead of it", async () => {
  const { relay, slow, sender } = await room();
  using _ = relay;
  await flood(relay, sender, 200, "x".repeat(30_000));
  for (let n = 0; n < 400 && slow.offsets("tea").length < 200; n++) {
    slow.connection.take(40_000);
    await relay.advance(100);
  }
  expect(slow.offsets("tea")).toEqual(range(1, 200));
  expect(slow.connection.peakUnsentBytes).toBeLessThan((64 + 64) * KIB);
});

Deno.test("[R4] who reads nothing for 30 s is closed 4002", async () => {
  const { relay, slow, other, sender } = await room();
  using _ = relay;
  await flood(relay, sender, 300, "x".repeat(300));
  await relay.advance(29_000);
  expect(slow.closed).toBeUndefined();
  await relay.advance(2000);
  expect(slow.closed).toMatchObject({ code: 4002 });
  await relay.advance(2000);
  expect(other.of("user_left")).toMatchObject([{ userId: "slow" }]);
});

Deno.test("[R4] who reads little, but reads, is let be", async () => {
  const { relay, slow, sender } = await room();
  using _ = relay;
  await flood(relay, sender, 300, "x".repeat(300));
  for (let n = 0; n < 10; n++) {
    await relay.advance(20_000);
    slow.connection.take(1);
  }
  expect(slow.closed).toBeUndefined();
});

Deno.test("[R4] replies are never dropped; over 256 KiB of them unread closes 4002", async () => {
  const { relay, slow, sender } = await room();
  using _ = relay;
  await flood(relay, sender, 300, "x".repeat(300));
  let pings = 0;
  for (; pings < 4000; pings++) slow.send("ping", {}, `p${pings}`);
  await relay.settle();
  // a burst alone is no fault: a reader is given a second to take something
  expect(slow.closed).toBeUndefined();
  await relay.advance(1000);
  slow.send("ping", {}, "late");
  await relay.settle();
  expect(slow.closed).toMatchObject({ code: 4002 });
});

Deno.test("[R4] replies for a reader that takes nothing are bounded even within that second", async () => {
  const { relay, slow, sender } = await room();
  using _ = relay;
  await flood(relay, sender, 300, "x".repeat(300));
  let pings = 0;
  while (!slow.closed && pings < 100_000) slow.send("ping", {}, `p${pings++}`);
  await relay.settle();
  expect(slow.closed).toMatchObject({ code: 4002 });
});

Deno.test("[R4] replies that waited for a slow reader all arrive, before the rest", async () => {
  const { relay, slow, sender } = await room();
  using _ = relay;
  await flood(relay, sender, 300, "x".repeat(300));
  for (let n = 0; n < 100; n++) slow.send("ping", {}, `p${n}`);
  await relay.settle();
  slow.connection.resume();
  await relay.advance(1000);
  const acks = slow.all().filter(({ type }) => type === "ack").map(({ messageId }) => messageId);
  expect(acks.slice(-100)).toEqual(Array.from({ length: 100 }, (_, n) => `p${n}`));
  expect(slow.offsets("tea")).toEqual(range(1, 300));
});

Deno.test("[R4] many answers in one turn are no fault of a reader that reads", async () => {
  using relay = new Harness(fast);
  const anna = await relay.member("anna", "tea");
  for (let n = 0; n < 5000; n++) anna.send("ping", {}, `p${n}`);
  await relay.settle();
  expect(anna.closed).toBeUndefined();
  expect(anna.of("ack").length).toBe(5001);
});

Deno.test("[R4] of keyed state a slow reader gets the latest of each key", async () => {
  const { relay, slow, other, sender } = await room();
  using _ = relay;
  await flood(relay, sender, 300, "x".repeat(300));
  for (let n = 0; n < 50; n++) {
    for (const key of ["x", "y"]) {
      sender.send("publish", { roomId: "tea", event: "at", data: `${key}${n}`, ephemeral: true, key });
    }
    other.send("typing_start", { roomId: "tea" });
    await relay.settle();
  }
  slow.connection.resume();
  await relay.advance(1000);
  expect(slow.of("event").map(({ data }) => data).toSorted()).toEqual(["x49", "y49"]);
  expect(slow.of("user_typing")).toMatchObject([{ userId: "other", typing: true }]);
  expect(other.of("event").length).toBe(100);
});

Deno.test("[R4] keyed state that waits is bounded: the oldest keys go first", async () => {
  const { relay, slow, sender } = await room();
  using _ = relay;
  await flood(relay, sender, 300, "x".repeat(300));
  for (let n = 0; n < 100; n++) {
    const payload = { roomId: "tea", event: "at", data: "x".repeat(2000), ephemeral: true, key: `k${n}` };
    sender.send("publish", payload);
  }
  sender.send("publish", { roomId: "tea", event: "last", ephemeral: true, key: "last" });
  await relay.settle();
  slow.connection.resume();
  await relay.advance(1000);
  const events = slow.of("event").map(({ event }) => event);
  expect(events.length).toBeLessThan(40);
  expect(events).toContain("last");
});

Deno.test("[R4] ephemeral events without a key may be dropped for a slow reader, for it alone", async () => {
  const { relay, slow, other, sender } = await room();
  using _ = relay;
  await flood(relay, sender, 300, "x".repeat(300));
  for (let n = 0; n < 10; n++) {
    sender.send("publish", { roomId: "tea", event: "stroke", ephemeral: true });
    await relay.settle();
  }
  slow.connection.resume();
  await relay.advance(1000);
  expect(slow.of("event")).toEqual([]);
  expect(other.of("event").length).toBe(10);
});

Deno.test("[R4] who missed comings and goings is sent the whole list, with what is true now", async () => {
  const { relay, slow, other, sender } = await room();
  using _ = relay;
  await flood(relay, sender, 300, "x".repeat(300));
  await relay.member("new", "tea");
  const brief = await relay.member("brief", "tea");
  brief.cut();
  await relay.advance(3000);
  slow.connection.resume();
  await relay.advance(1000);
  const types = slow.news().map(({ type }) => type);
  expect(types).not.toContain("user_joined");
  expect(types).not.toContain("user_left");
  const [list, ...more] = slow.of("room_users");
  expect(more).toEqual([]);
  expect(list!.users.map(({ userId }) => userId)).toEqual(["slow", "other", "sender", "new"]);
  expect(list!.count).toBe(4);
  expect(other.of("user_left")).toMatchObject([{ userId: "brief" }]);
});

Deno.test("[R4] who missed read marks is sent all of them", async () => {
  const { relay, slow, other, sender } = await room();
  using _ = relay;
  await flood(relay, sender, 300, "x".repeat(300));
  const { epoch } = await other.join("tea");
  for (const upTo of [10, 20, 30]) await other.ask("read_messages", { roomId: "tea", epoch, upTo });
  slow.connection.resume();
  await relay.advance(1000);
  expect(slow.of("messages_read")).toEqual([{ roomId: "tea", epoch, userId: "other", upTo: 30 }]);
});

Deno.test("[R4] leaving a room drops what waited of it", async () => {
  const { relay, slow, other, sender } = await room();
  using _ = relay;
  await flood(relay, sender, 300, "x".repeat(300));
  await relay.member("new", "tea");
  slow.send("leave_room", { roomId: "tea" }, "leave");
  await relay.settle();
  slow.connection.resume();
  await relay.advance(1000);
  const after = slow.all().slice(slow.all().findIndex(({ messageId }) => messageId === "leave") + 1);
  expect(after).toEqual([]);
  expect(slow.of("room_users")).toEqual([]);
  expect(other.offsets("tea").length).toBe(300);
});

Deno.test("[R4] one slow room does not hold back the others of the same connection for ever", async () => {
  const { relay, slow, other, sender } = await room();
  using _ = relay;
  await other.join("coffee");
  slow.connection.resume();
  await slow.join("coffee");
  slow.connection.stall();
  await flood(relay, sender, 500, "x".repeat(300));
  await other.ask("send_message", { roomId: "coffee", content: "hi" });
  slow.connection.resume();
  await relay.advance(1000);
  expect(slow.offsets("coffee")).toEqual([1]);
  expect(slow.offsets("tea")).toEqual(range(1, 500));
});
