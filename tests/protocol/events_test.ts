import { expect } from "@std/expect";
import { codecs } from "../../src/protocol/codecs/mod.ts";
import { Sealed } from "../../src/protocol/sealed.ts";
import { Harness } from "../harness/mod.ts";

const moved = { roomId: "tea", event: "moved", data: { x: 1 } };

Deno.test("[A5] publish stores an event of the application's own and delivers it like a message", async () => {
  using relay = new Harness();
  const anna = await relay.member("anna", "tea");
  const ben = await relay.member("ben", "tea");
  const ack = await anna.ask("publish", moved, "m1");
  expect(ack).toMatchObject({ success: true, offset: 1, duplicate: false });
  const event = {
    id: expect.any(String),
    roomId: "tea",
    epoch: expect.any(String),
    offset: 1,
    messageId: "m1",
    userId: "anna",
    userName: "ANNA",
    event: "moved",
    data: { x: 1 },
    timestamp: "2026-11-21T10:30:00.000Z",
  };
  expect(anna.of("event")).toEqual([event]);
  expect(ben.of("event")).toEqual([event]);
  expect(await anna.ask("publish", moved, "m1")).toMatchObject({ duplicate: true, offset: 1 });
  expect(ben.of("event").length).toBe(1);
});

Deno.test("[A5] data may be any JSON, and is null when it is left out", async () => {
  using relay = new Harness();
  const anna = await relay.member("anna", "tea");
  const all = [null, false, 0, "", [], {}, "text", [[{}]], { a: { b: null } }];
  for (const data of all) await anna.ask("publish", { roomId: "tea", event: "e", data });
  await anna.ask("publish", { roomId: "tea", event: "e" });
  expect(anna.of("event").map(({ data }) => data)).toEqual([...all, null]);
});

Deno.test("[A5] data may hold any key but __proto__, which decoders of MessagePack refuse", async () => {
  using relay = new Harness();
  const anna = await relay.member("anna", "tea");
  const publish = async (data: string, id: string) => {
    anna.raw(`{"type":"publish","payload":{"roomId":"tea","event":"e","data":${data}},"messageId":"${id}"}`);
    await relay.settle();
    return anna.acks(id)[0];
  };
  const refused = { success: false, error: { code: "bad_request" } };
  expect(await publish('{"__proto__":{"x":1}}', "m1")).toMatchObject(refused);
  expect(await publish('[{"a":[{"__proto__":null}]}]', "m2")).toMatchObject(refused);
  expect(await publish('{"constructor":{"prototype":{"x":1}},"toString":"__proto__"}', "m3"))
    .toMatchObject({ success: true });
  // what was taken every codec can read
  const [event] = anna.all().filter(({ type }) => type === "event");
  for (const codec of codecs) {
    expect(codec.encode([Sealed.of(event!)]).flatMap((frame) => codec.decode(frame))).toEqual([event]);
  }
});

Deno.test("[A5b] an ephemeral event is delivered, not stored, and has no offset", async () => {
  using relay = new Harness();
  const anna = await relay.member("anna", "tea");
  const ben = await relay.member("ben", "tea");
  expect(await anna.ask("publish", { ...moved, ephemeral: true })).toEqual({ success: true });
  const event = { roomId: "tea", event: "moved", data: { x: 1 }, userId: "anna", userName: "ANNA" };
  expect(anna.of("event")).toEqual([event]);
  expect(ben.of("event")).toEqual([event]);
  expect(relay.store.calls).not.toContain("append");
  expect(await (relay.connect("carl")).join("tea", { history: 10 })).toMatchObject({ offset: 0 });
});

Deno.test("[A5b] of several with one key sent at once only the latest is delivered", async () => {
  using relay = new Harness();
  const anna = await relay.member("anna", "tea");
  const ben = await relay.member("ben", "tea");
  for (let x = 0; x < 50; x++) {
    anna.send("publish", { roomId: "tea", event: "cursor", data: x, ephemeral: true, key: "cursor" });
  }
  await relay.settle();
  expect(ben.of("event").map(({ data }) => data)).toEqual([49]);
});

Deno.test("[A5b] a key is of one room and one user: it hides nobody else's", async () => {
  using relay = new Harness();
  const anna = await relay.member("anna", "tea");
  const ben = await relay.member("ben", "tea");
  await anna.join("coffee");
  const send = (from: typeof anna, roomId: string) =>
    from.send("publish", { roomId, event: "cursor", data: 0, ephemeral: true, key: "cursor" });
  anna.connection.stall();
  // fills the connection, so that what follows has to wait
  for (let n = 0; n < 70; n++) {
    ben.send("publish", { roomId: "tea", event: "big", data: "x".repeat(1000), ephemeral: true });
    await relay.settle();
  }
  anna.news();
  send(ben, "tea");
  send(anna, "tea");
  send(ben, "coffee");
  await relay.settle();
  anna.connection.resume();
  await relay.advance(1000);
  const cursors = anna.of("event").filter(({ event }) => event === "cursor");
  expect(cursors.map(({ roomId, userId }) => `${roomId} ${userId}`).toSorted())
    .toEqual(["coffee ben", "tea anna", "tea ben"]);
});

Deno.test("[A5b] ephemeral events without a key keep their order and are all sent to who keeps up", async () => {
  using relay = new Harness();
  const anna = await relay.member("anna", "tea");
  const ben = await relay.member("ben", "tea");
  for (let n = 0; n < 100; n++) {
    anna.send("publish", { roomId: "tea", event: "stroke", data: n, ephemeral: true });
  }
  await relay.settle();
  expect(ben.of("event").map(({ data }) => data)).toEqual(Array.from({ length: 100 }, (_, n) => n));
});

Deno.test("[A5b] what is told as an event and is none is dropped before a codec has to write it", async () => {
  using relay = new Harness();
  const readers = codecs.map((codec) => relay.connect("ben", { codec }));
  for (const reader of readers) await reader.join("tea");
  await relay.settle();
  for (const reader of readers) reader.news();
  const event = '{"type":"event","payload":{"roomId":"tea","event":"e","data":0}}';
  for (const json of ["", "garbage", '{"type":"event"}', '{"type":"event","payload":', `[${event}]`, event]) {
    relay.backplane.inject({ kind: "ephemeral", roomId: "tea", json });
    await relay.settle();
  }
  for (const reader of readers) expect(reader.news()).toEqual([JSON.parse(event)]);
});

Deno.test("[A5b] ephemeral events reach the members on other nodes", async () => {
  using relay = new Harness();
  const other = relay.node("node-2");
  await relay.settle();
  const anna = await relay.member("anna", "tea");
  const ben = relay.connect("ben", { hub: other });
  ben.send("join_room", { roomId: "tea" });
  await relay.advance(200);
  await anna.ask("publish", { ...moved, ephemeral: true });
  anna.send("typing_start", { roomId: "tea" });
  await relay.settle();
  expect(ben.of("event").length).toBe(1);
  expect(ben.of("user_typing")).toMatchObject([{ userId: "anna", typing: true }]);
});
