import { expect } from "@std/expect";
import { chat } from "../../src/features/chat.ts";
import type { Ack } from "../../src/protocol/messages.ts";
import { ClientType, ServerType } from "../../src/protocol/wire.ts";
import { Harness, type TestClient } from "../harness/mod.ts";

/** Tests that send many wrong frames must not be closed for it. */
const patient = { limits: { maxErrors: 0 } };

/** The code of the one `error` frame that came since the last look. */
async function errorAfter(relay: Harness, client: TestClient, frame: string | Uint8Array<ArrayBuffer>) {
  client.news();
  client.raw(frame);
  await relay.settle();
  const news = client.news();
  expect(news.map(({ type }) => type)).toEqual(["error"]);
  return (news[0]!.payload as { code: string }).code;
}

function failure(ack: Ack): string | undefined {
  return ack.success ? undefined : ack.error.code;
}

Deno.test("[E1] an unknown type is answered with unknown_type and the connection lives", async () => {
  using relay = new Harness();
  const anna = relay.connect("anna");
  expect(failure(await anna.ask("launch_rocket", {}))).toBe("unknown_type");
  expect(await errorAfter(relay, anna, '{"type":"launch_rocket","payload":{}}')).toBe("unknown_type");
  expect((await anna.ask("ping", {})).success).toBe(true);
});

Deno.test("[E1] a type that only the server sends is answered with unknown_type", async () => {
  using relay = new Harness(patient);
  const anna = await relay.member("anna", "tea");
  const ben = await relay.member("ben", "tea");
  for (const type of Object.values(ServerType)) {
    expect(failure(await anna.ask(type, { roomId: "tea", content: "forged" }))).toBe("unknown_type");
  }
  expect(ben.news()).toEqual([]);
});

const noEnvelopes = {
  "not JSON": "{type:",
  "nothing": "",
  "null": "null",
  "an array": "[]",
  "a batch where none was negotiated": '[{"type":"ping","payload":{}}]',
  "a string": '"ping"',
  "a number": "1e400",
  "no type": '{"payload":{}}',
  "no payload": '{"type":"join_room"}',
  "a type that is no string": '{"type":1,"payload":{}}',
  "an empty type": '{"type":"","payload":{}}',
  "a payload that is an array": '{"type":"ping","payload":[]}',
  "a payload that is null": '{"type":"ping","payload":null}',
  "two values": '{"type":"ping","payload":{}}{}',
};
for (const [name, frame] of Object.entries(noEnvelopes)) {
  Deno.test(`[E1] bad_request for a frame that is no envelope: ${name}`, async () => {
    using relay = new Harness();
    const anna = relay.connect("anna");
    expect(await errorAfter(relay, anna, frame)).toBe("bad_request");
    expect((await anna.ask("ping", {})).success).toBe(true);
    expect(relay.errors).toEqual([]);
  });
}

Deno.test("[E1] bad_request for a binary frame where text was negotiated", async () => {
  using relay = new Harness();
  const anna = relay.connect("anna");
  const ping = new TextEncoder().encode('{"type":"ping","payload":{}}');
  expect(await errorAfter(relay, anna, ping)).toBe("bad_request");
  expect((await anna.ask("ping", {})).success).toBe(true);
});

const wrongPayloads: [string, object][] = [
  [ClientType.joinRoom, {}],
  [ClientType.joinRoom, { roomId: 7 }],
  [ClientType.joinRoom, { roomId: "tea", history: 101 }],
  [ClientType.joinRoom, { roomId: "tea", history: 1.5 }],
  [ClientType.joinRoom, { roomId: "tea", since: { epoch: "e", offset: -1 } }],
  [ClientType.joinRoom, { roomId: "tea", since: { epoch: "e", offset: 2 ** 53 } }],
  [ClientType.joinRoom, { roomId: "tea", since: "e.1" }],
  [ClientType.joinRoom, { roomId: "tea", echo: "no" }],
  [ClientType.leaveRoom, { roomId: null }],
  [ClientType.getHistory, { roomId: "tea", limit: 0 }],
  [ClientType.getHistory, { roomId: "tea", limit: 101 }],
  [ClientType.getHistory, { roomId: "tea", before: "0x10" }],
  [ClientType.getRoomUsers, { roomId: ["tea"] }],
  [ClientType.sendMessage, { roomId: "tea" }],
  [ClientType.sendMessage, { roomId: "tea", content: "" }],
  [ClientType.sendMessage, { roomId: "tea", content: { text: "hi" } }],
  [ClientType.sendMessage, { roomId: "tea", content: "hi", replyTo: "two words" }],
  [ClientType.typingStart, { roomId: "" }],
  [ClientType.readMessages, { roomId: "tea", upTo: 1 }],
  [ClientType.readMessages, { roomId: "tea", epoch: "e", upTo: -1 }],
  [ClientType.publish, { roomId: "tea" }],
  [ClientType.publish, { roomId: "tea", event: "x".repeat(65) }],
  [ClientType.publish, { roomId: "tea", event: "moved", ephemeral: "yes" }],
  [ClientType.publish, { roomId: "tea", event: "moved", key: "" }],
];
for (const [type, payload] of wrongPayloads) {
  Deno.test(`[E1] bad_request for ${type} ${JSON.stringify(payload).slice(0, 60)}`, async () => {
    using relay = new Harness();
    const anna = await relay.member("anna", "tea");
    const ack = await anna.ask(type, payload);
    expect(failure(ack)).toBe("bad_request");
    expect((await anna.ask("send_message", { roomId: "tea", content: "still here" })).success).toBe(true);
    expect(relay.errors).toEqual([]);
  });
}

Deno.test("[E1] unknown keys of a payload are dropped", async () => {
  using relay = new Harness();
  const anna = await relay.member("anna", "tea");
  await anna.ask("send_message", { roomId: "tea", content: "hi", colour: "red", id: "mine", offset: 99 });
  const [message] = anna.of("new_message");
  expect(Object.keys(message!).toSorted()).toEqual([
    "content",
    "epoch",
    "id",
    "messageId",
    "offset",
    "replyTo",
    "roomId",
    "timestamp",
    "userId",
    "userName",
  ]);
  expect(message).toMatchObject({ offset: 1, content: "hi" });
  expect(message!.id).not.toBe("mine");
});

Deno.test("[E1] keys that would pollute a prototype are dropped", async () => {
  using relay = new Harness(patient);
  const anna = await relay.member("anna", "tea");
  const evil = '"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}';
  anna.raw(`{"type":"send_message","payload":{${evil},"roomId":"tea","content":"hi"},"messageId":"m1"}`);
  anna.raw(`{"__proto__":{"type":"ping","payload":{}},"messageId":"m2"}`);
  await relay.settle();
  expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  expect(anna.acks("m1")).toMatchObject([{ success: true }]);
  expect(anna.acks("m2")).toMatchObject([{ success: false, error: { code: "bad_request" } }]);
  expect(anna.connection.arrived.join()).not.toContain("polluted");
});

Deno.test("[E1] text with lone surrogates, NUL and line separators arrives as it was sent", async () => {
  using relay = new Harness();
  const anna = await relay.member("anna", "tea");
  const content = "\ud800 a\u0000b \u2028 \udc00\ud83d";
  expect((await anna.ask("send_message", { roomId: "tea", content })).success).toBe(true);
  const late = relay.connect("late");
  await late.join("tea", { history: 1 });
  expect(anna.of("new_message")[0]!.content).toBe(content);
  expect(late.of("new_message")[0]!.content).toBe(content);
});

Deno.test("[E2] identity, time and place are the server's: a client's are ignored", async () => {
  using relay = new Harness();
  const anna = await relay.member("anna", "tea");
  anna.raw(JSON.stringify({
    type: "send_message",
    payload: {
      roomId: "tea",
      content: "hi",
      userId: "ben",
      userName: "Ben",
      timestamp: "1999-01-01T00:00:00.000Z",
    },
    messageId: "m1",
    timestamp: "1999-01-01T00:00:00.000Z",
    userId: "ben",
  }));
  await relay.settle();
  expect(anna.of("new_message")[0]).toMatchObject({
    userId: "anna",
    userName: "ANNA",
    timestamp: "2026-11-21T10:30:00.000Z",
  });
});

Deno.test("[E2] every frame the server sends carries a timestamp in UTC with milliseconds", async () => {
  using relay = new Harness();
  const anna = await relay.member("anna", "tea");
  const ben = relay.connect("ben");
  await ben.join("tea");
  ben.send("typing_start", { roomId: "tea" });
  ben.send("ping", {});
  ben.send("nonsense", {});
  ben.send("get_room_users", { roomId: "tea" });
  const ack = await ben.ask<{ epoch: string }>("send_message", { roomId: "tea", content: "hi" });
  if (ack.success) await ben.ask("read_messages", { roomId: "tea", epoch: ack.epoch, upTo: 1 });
  ben.send("leave_room", { roomId: "tea" });
  await relay.advance(2000);
  await relay.drain();
  const frames = [...anna.all(), ...ben.all()];
  expect(new Set(frames.map(({ type }) => type)).size).toBeGreaterThan(11);
  for (const { timestamp } of frames) expect(timestamp).toMatch(/^2026-11-21T10:30:\d\d\.\d{3}Z$/);
});

Deno.test("[E3] a frame with a messageId gets exactly one ack with that id, whatever becomes of it", async () => {
  using relay = new Harness(patient);
  const anna = await relay.member("anna", "tea");
  const asked: [string, object][] = [
    ["ping", {}],
    ["join_room", { roomId: "tea" }],
    ["send_message", { roomId: "tea", content: "hi" }],
    ["send_message", { roomId: "tea" }],
    ["publish", { roomId: "tea", event: "moved" }],
    ["publish", { roomId: "tea", event: "moved", ephemeral: true }],
    ["typing_start", { roomId: "tea" }],
    ["typing_end", { roomId: "tea" }],
    ["get_history", { roomId: "tea" }],
    ["get_room_users", { roomId: "tea" }],
    ["read_messages", { roomId: "tea", epoch: "x", upTo: 1 }],
    ["leave_room", { roomId: "tea" }],
    ["leave_room", { roomId: "tea" }],
    ["nonsense", {}],
  ];
  asked.forEach(([type, payload], n) => anna.send(type, payload, `m${n}`));
  await relay.advance(10_000);
  const acks = anna.all().filter(({ type }) => type === "ack").map(({ messageId }) => messageId);
  const ids = asked.map((_, n) => `m${n}`);
  expect(acks.filter((id) => ids.includes(id!)).toSorted()).toEqual(ids.toSorted());
  expect(anna.of("error")).toEqual([]);
});

Deno.test("[E3] without a messageId success is silent and failure is one error frame", async () => {
  using relay = new Harness();
  const anna = await relay.member("anna", "tea", { echo: false });
  anna.send("send_message", { roomId: "tea", content: "hi" });
  anna.send("typing_start", { roomId: "tea" });
  anna.send("publish", { roomId: "tea", event: "moved", ephemeral: true });
  await relay.settle();
  expect(anna.news()).toEqual([]);
  anna.send("leave_room", { roomId: "coffee" });
  await relay.settle();
  expect(anna.news().map(({ type }) => type)).toEqual(["error"]);
});

Deno.test("[E3] the same id on two frames is answered twice: an ack belongs to a frame", async () => {
  using relay = new Harness();
  const anna = await relay.member("anna", "tea");
  anna.send("ping", {}, "m1");
  anna.send("ping", {}, "m1");
  await relay.settle();
  expect(anna.acks("m1")).toEqual([{ success: true }, { success: true }]);
});

for (const id of ["", "two words", "x".repeat(65), 'quote"', "ümlaut", 7, null, { id: 1 }]) {
  Deno.test(`[E3c] a messageId of a wrong shape gets an error frame: ${JSON.stringify(id).slice(0, 20)}`, async () => {
    using relay = new Harness();
    const anna = relay.connect("anna");
    const frame = JSON.stringify({ type: "ping", payload: {}, messageId: id });
    expect(await errorAfter(relay, anna, frame)).toBe("bad_request");
  });
}

Deno.test("[E3b] a message sent without a messageId is given one", async () => {
  using relay = new Harness();
  const anna = await relay.member("anna", "tea");
  anna.send("send_message", { roomId: "tea", content: "hi" });
  anna.send("send_message", { roomId: "tea", content: "hi" });
  await relay.settle();
  const ids = anna.of("new_message").map(({ messageId }) => messageId);
  expect(ids.length).toBe(2);
  expect(new Set(ids).size).toBe(2);
  for (const id of ids) expect(id).toMatch(/^[A-Za-z0-9_.:-]{1,64}$/);
});

Deno.test("[E4] a failed ack and an error frame carry the same error object", async () => {
  using relay = new Harness({ policy: { allows: () => false } });
  const anna = relay.connect("anna");
  const ack = await anna.ask("join_room", { roomId: "secret" });
  anna.send("join_room", { roomId: "secret" });
  await relay.settle();
  const error = { code: "forbidden", message: 'Cannot join room "secret": you may not', retryable: false };
  expect(ack).toEqual({ success: false, error });
  expect(anna.of("error")).toEqual([error]);
});

Deno.test("[E4] a failure that is nobody's business is `internal`, and one line in the log", async () => {
  using relay = new Harness({
    policy: {
      allows: () => {
        throw new Error("password is hunter2");
      },
    },
  });
  const anna = relay.connect("anna");
  const ack = await anna.ask("join_room", { roomId: "tea" });
  expect(ack).toEqual({
    success: false,
    error: { code: "internal", message: "Cannot answer: internal error", retryable: true },
  });
  expect(relay.errors.length).toBe(1);
});

for (
  const roomId of ["a", "A0", "room-123", "a:b.c@d|e+f_g-h", "user:anna", "constructor", "x".repeat(128)]
) {
  Deno.test(`[E5] a room may be called ${roomId.slice(0, 20)}`, async () => {
    using relay = new Harness();
    const anna = await relay.member("anna", roomId);
    expect((await anna.ask("send_message", { roomId, content: "hi" })).success).toBe(true);
    expect(anna.offsets(roomId)).toEqual([1]);
  });
}

const noRooms = [
  "",
  "x".repeat(129),
  "__proto__",
  "-a",
  ".a",
  ":a",
  "*",
  "a*",
  "a>b",
  "[a]",
  "a b",
  "a\u0000",
  "a\r\nb",
  "../a",
  "a/b",
  "%2e%2e",
  "\u202ea",
  "a\u200b",
  "\u0430",
  "é",
  "e\u0301",
  "🍵",
  "x".repeat(10_000),
];
Deno.test("[E5] nothing else is a room id", async (t) => {
  using relay = new Harness(patient);
  const anna = relay.connect("anna");
  for (const roomId of noRooms) {
    await t.step(encodeURIComponent(roomId).slice(0, 30) || "nothing", async () => {
      expect(failure(await anna.ask("join_room", { roomId }))).toBe("bad_request");
      expect(failure(await anna.ask("send_message", { roomId, content: "hi" }))).toBe("bad_request");
    });
  }
  expect(relay.hub.roomCount).toBe(0);
});

Deno.test("[E5] the first feature that owns a room answers there, the types of others do not", async () => {
  using relay = new Harness({ features: () => [chat({ owns: (roomId) => !roomId.startsWith("game:") })] });
  const anna = relay.connect("anna");
  await anna.join("game:1");
  expect(failure(await anna.ask("send_message", { roomId: "game:1", content: "hi" }))).toBe("bad_request");
  expect((await anna.ask("send_message", { roomId: "games", content: "hi" })).success).toBe(true);
});
