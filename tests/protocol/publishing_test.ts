import { expect } from "@std/expect";
import type { Ack, Saved } from "../../src/protocol/messages.ts";
import { Harness, unhurried } from "../harness/mod.ts";

const hello = { roomId: "tea", content: "hello" };

Deno.test("[A1] a message is stored, then acknowledged, then delivered to every member, its sender too", async () => {
  using relay = new Harness();
  const anna = await relay.member("anna", "tea");
  const ben = await relay.member("ben", "tea");
  const ack = await anna.ask<Saved>("send_message", { ...hello, replyTo: "some-id" }, "m1");
  expect(ack).toEqual({
    success: true,
    savedId: expect.any(String),
    roomId: "tea",
    epoch: expect.any(String),
    offset: 1,
    duplicate: false,
  });
  const { savedId, epoch } = ack as Saved & { success: true };
  const message = {
    type: "new_message",
    payload: {
      id: savedId,
      roomId: "tea",
      epoch,
      offset: 1,
      messageId: "m1",
      userId: "anna",
      userName: "ANNA",
      content: "hello",
      replyTo: "some-id",
      timestamp: "2026-11-21T10:30:00.000Z",
    },
    messageId: "m1",
    timestamp: "2026-11-21T10:30:00.000Z",
  };
  expect(anna.all().at(-1)).toEqual(message);
  expect(ben.all().at(-1)).toEqual(message);
});

Deno.test("[A1] nothing is acknowledged or delivered before the commit", async () => {
  using relay = new Harness();
  const anna = await relay.member("anna", "tea");
  const ben = await relay.member("ben", "tea");
  const release = relay.store.hold("append", "before");
  anna.send("send_message", hello, "m1");
  await relay.advance(10_000);
  expect(anna.acks("m1")).toEqual([]);
  expect([...anna.offsets("tea"), ...ben.offsets("tea")]).toEqual([]);
  release();
  await relay.settle();
  expect(anna.acks("m1")).toMatchObject([{ success: true }]);
  expect(ben.offsets("tea")).toEqual([1]);
});

Deno.test("[A1b] on the sender's own connection the ack comes before its message", async () => {
  using relay = new Harness({ limits: unhurried });
  const anna = await relay.member("anna", "tea");
  const ben = await relay.member("ben", "tea");
  for (let n = 0; n < 100; n++) {
    anna.send("send_message", hello, `a${n}`);
    ben.send("send_message", hello, `b${n}`);
  }
  await relay.settle();
  for (const [client, letter] of [[anna, "a"], [ben, "b"]] as const) {
    const order = client.all().filter(({ messageId }) => messageId?.startsWith(letter))
      .map(({ type, messageId }) => `${type} ${messageId}`);
    expect(order.length).toBe(200);
    for (let n = 0; n < 100; n++) {
      expect(order.indexOf(`ack ${letter}${n}`)).toBeLessThan(order.indexOf(`new_message ${letter}${n}`));
    }
  }
});

Deno.test("[A1c] sending needs the right to write, not a join", async () => {
  using relay = new Harness({ policy: { allows: (_, right) => right === "write" } });
  const anna = relay.connect("anna");
  expect(await anna.ask("join_room", { roomId: "tea" })).toMatchObject({ error: { code: "forbidden" } });
  expect(await anna.ask("send_message", hello)).toMatchObject({ success: true, offset: 1 });
  expect(await anna.ask("publish", { roomId: "tea", event: "moved" })).toMatchObject({ offset: 2 });
  expect(anna.offsets("tea")).toEqual([]);
});

Deno.test("[A2] one messageId sent 1,000 times over several connections and nodes is stored once", async () => {
  using relay = new Harness({ limits: unhurried });
  const other = relay.node("node-2");
  await relay.settle();
  const ben = await relay.member("ben", "tea");
  const clients = Array.from(
    { length: 8 },
    (_, n) => relay.connect("anna", n % 2 === 0 ? {} : { hub: other }),
  );
  for (let n = 0; n < 1000; n++) clients[n % 8]!.send("send_message", hello, "m1");
  await relay.settle();

  const acks = clients.flatMap((client) => client.acks("m1")) as Ack<Saved>[];
  const saved = acks.filter((ack) => ack.success);
  expect([acks.length, saved.length]).toEqual([1000, 1000]);
  expect(saved.filter(({ duplicate }) => !duplicate).length).toBe(1);
  expect(new Set(saved.map(({ savedId, epoch, offset }) => `${savedId} ${epoch} ${offset}`)).size).toBe(1);
  expect(ben.offsets("tea")).toEqual([1]);
  expect((await relay.store.read("tea", { after: 0, limit: 100 })).entries.length).toBe(1);
});

Deno.test("[A2] the same id with another body, or of another type, is a conflict", async () => {
  using relay = new Harness();
  const anna = await relay.member("anna", "tea");
  await anna.ask("send_message", hello, "m1");
  const conflict = { success: false, error: { code: "conflict", retryable: false } };
  expect(await anna.ask("send_message", { ...hello, content: "bye" }, "m1")).toMatchObject(conflict);
  expect(await anna.ask("send_message", { ...hello, replyTo: "x" }, "m1")).toMatchObject(conflict);
  expect(await anna.ask("publish", { roomId: "tea", event: "hello" }, "m1")).toMatchObject(conflict);
  expect(anna.offsets("tea")).toEqual([1]);
  // and the first body is still its own duplicate
  expect(await anna.ask("send_message", hello, "m1")).toMatchObject({ duplicate: true, offset: 1 });
});

Deno.test("[A2] the id belongs to a user and a room: others may use it", async () => {
  using relay = new Harness();
  const anna = await relay.member("anna", "tea");
  const ben = await relay.member("ben", "tea");
  expect(await anna.ask("send_message", hello, "m1")).toMatchObject({ duplicate: false, offset: 1 });
  expect(await ben.ask("send_message", hello, "m1")).toMatchObject({ duplicate: false, offset: 2 });
  expect(await anna.ask("send_message", { ...hello, roomId: "coffee" }, "m1"))
    .toMatchObject({ duplicate: false, offset: 1 });
});

Deno.test("[A2] a repeat under another name is the same message", async () => {
  using relay = new Harness();
  const before = relay.connect("anna", { userName: "Anna" });
  await before.ask("send_message", hello, "m1");
  const after = relay.connect("anna", { userName: "Anna B." });
  expect(await after.ask("send_message", hello, "m1")).toMatchObject({ success: true, duplicate: true });
});

Deno.test("[A3] a store that failed before it wrote: store_unavailable, and the retry is stored", async () => {
  using relay = new Harness();
  const anna = await relay.member("anna", "tea");
  relay.store.failing = "before";
  expect(await anna.ask("send_message", hello, "m1"))
    .toMatchObject({ success: false, error: { code: "store_unavailable", retryable: true } });
  expect(anna.offsets("tea")).toEqual([]);
  relay.store.failing = undefined;
  expect(await anna.ask("send_message", hello, "m1")).toMatchObject({ duplicate: false, offset: 1 });
  expect(anna.offsets("tea")).toEqual([1]);
});

Deno.test("[A3] a store that failed after it wrote: the retry is a duplicate, the message comes once", async () => {
  using relay = new Harness();
  const anna = await relay.member("anna", "tea");
  const ben = await relay.member("ben", "tea");
  relay.store.failing = "after";
  expect(await anna.ask("send_message", hello, "m1"))
    .toMatchObject({ success: false, error: { code: "store_unavailable" } });
  relay.store.failing = undefined;
  expect(await anna.ask("send_message", hello, "m1")).toMatchObject({ duplicate: true, offset: 1 });
  await relay.advance(5000);
  expect(anna.offsets("tea")).toEqual([1]);
  expect(ben.offsets("tea")).toEqual([1]);
});

Deno.test("[A3] what was written without an answer and never retried is delivered all the same", async () => {
  using relay = new Harness();
  const anna = await relay.member("anna", "tea");
  relay.store.failing = "after";
  await anna.ask("send_message", hello, "m1");
  relay.store.failing = undefined;
  await relay.advance(relay.hub.limits.sweepMs);
  expect(anna.offsets("tea")).toEqual([1]);
});

Deno.test("[R1] an error in sending to one member costs the others nothing, nor other rooms", async () => {
  using relay = new Harness();
  const [anna, ben, cleo] = [
    await relay.member("anna", "tea"),
    await relay.member("ben", "tea"),
    await relay.member("cleo", "tea"),
  ];
  const dora = await relay.member("dora", "coffee");
  ben.connection.broken = true;
  anna.send("send_message", hello, "m1");
  dora.send("send_message", { roomId: "coffee", content: "hello" }, "m2");
  await relay.settle();
  await anna.ask("send_message", hello, "m3");
  expect(anna.offsets("tea")).toEqual([1, 2]);
  expect(cleo.offsets("tea")).toEqual([1, 2]);
  expect(dora.offsets("coffee")).toEqual([1]);
  expect(dora.acks("m2")).toMatchObject([{ success: true }]);
  expect(ben.closed).toEqual({ code: 1011, reason: "internal error" });
  expect(relay.errors.map(({ event }) => event)).toEqual(["flush_failed"]);
});
