import { expect } from "@std/expect";
import * as z from "zod";
import { type Feature, featureHandler } from "../../src/hub/feature.ts";
import type { Draft } from "../../src/hub/ports.ts";
import { ServerType } from "../../src/protocol/wire.ts";
import { changedSource } from "../harness/changed_source.ts";
import { Harness, unhurried } from "../harness/mod.ts";

/** Takes whatever comes and passes it on as it came: what the controls below get through with. */
function credulous(...types: string[]): () => Feature[] {
  const handler = featureHandler({
    schema: z.looseObject({ roomId: z.string() }),
    right: "read",
    handle({ payload, room }) {
      room?.broadcast("event", payload);
      return {};
    },
  });
  return () => [{
    name: "credulous",
    owns: () => true,
    handlers: Object.fromEntries(types.map((type) => [type, handler])),
  }];
}

Deno.test("[threat B3] identity and place in a payload are ignored: the message carries the token's", async () => {
  using relay = new Harness();
  const anna = await relay.member("anna", "tea");
  const eve = await relay.member("eve", "tea");
  const spoofed = {
    userId: "anna",
    userName: "Anna",
    from: "anna",
    senderId: "anna",
    role: "admin",
    id: "1",
    offset: 99,
    epoch: "mine",
    timestamp: "1999-01-01T00:00:00.000Z",
  };
  await eve.ask("send_message", { roomId: "tea", content: "hi", ...spoofed });
  await eve.ask("publish", { roomId: "tea", event: "x", data: 1, ...spoofed });
  await eve.ask("publish", { roomId: "tea", event: "x", data: 1, ephemeral: true, ...spoofed });
  const told = [...anna.of("new_message"), ...anna.of("event")];
  expect(told.length).toBe(3);
  for (const message of told) {
    expect(message).toMatchObject({ userId: "eve", userName: "EVE" });
    expect(message).not.toMatchObject({ epoch: "mine" });
    for (const key of ["from", "senderId", "role"]) expect(message).not.toHaveProperty(key);
  }
  expect(anna.offsets("tea")).toEqual([1, 2]);
});

Deno.test("[threat B3] the control: a feature that passes on what came lets one speak as another", async () => {
  using relay = new Harness({ features: credulous("say") });
  const anna = await relay.member("anna", "tea");
  const eve = await relay.member("eve", "tea");
  await eve.ask("say", { roomId: "tea", userId: "anna" });
  expect(anna.of("event")).toMatchObject([{ userId: "anna" }]);
});

Deno.test("[threat B4] nobody can join as, type as, or list somebody else", async () => {
  using relay = new Harness();
  const anna = await relay.member("anna", "tea");
  const eve = relay.connect("eve");
  await eve.join("tea", { userId: "ben", userName: "Ben", users: [{ userId: "ben" }] });
  await eve.ask("typing_start", { roomId: "tea", userId: "ben", userName: "Ben" });
  await relay.settle();
  expect(anna.of("user_joined")).toMatchObject([{ userId: "eve", userName: "EVE" }]);
  expect(anna.of("user_typing")).toMatchObject([{ userId: "eve", userName: "EVE" }]);
  const users = await anna.ask<{ users: unknown[] }>("get_room_users", { roomId: "tea" });
  expect(JSON.stringify(users)).not.toContain("ben");
});

Deno.test("[threat B5] a read mark is one's own, of a room one is in, and not beyond the top", async () => {
  using relay = new Harness();
  const anna = await relay.member("anna", "tea");
  const eve = await relay.member("eve", "tea");
  await relay.member("ben", "other");
  const ack = await anna.ask<{ epoch: string }>("send_message", { roomId: "tea", content: "one" });
  const { epoch } = ack as { epoch: string };
  expect(await eve.ask("read_messages", { roomId: "tea", epoch, upTo: 1, userId: "anna" })).toMatchObject({
    success: true,
  });
  expect(anna.of("messages_read")).toMatchObject([{ userId: "eve", upTo: 1 }]);
  expect(await eve.ask("read_messages", { roomId: "tea", epoch, upTo: 2 })).toMatchObject({
    error: { code: "bad_request" },
  });
  expect(await eve.ask("read_messages", { roomId: "other", epoch, upTo: 0 })).toMatchObject({
    error: { code: "not_joined" },
  });
  expect((await anna.join("tea")).read).toEqual([{ userId: "eve", upTo: 1 }]);
});

Deno.test("[threat B5] the control: without the look at the top a mark goes beyond it", async () => {
  const root = await changedSource([{
    file: "hub/handlers/read_messages.ts",
    from: "if (upTo > room.log.cursor) throw",
    to: "if (upTo < 0) throw",
  }]);
  const { readMessages }: typeof import("../../src/hub/handlers/read_messages.ts") = await import(
    `${root}hub/handlers/read_messages.ts`
  );
  using relay = new Harness();
  Object.assign(relay.hub, { handlers: new Map([...relay.hub.handlers, ["read_messages", readMessages]]) });
  const eve = await relay.member("eve", "tea");
  const { epoch } = await eve.ask<{ epoch: string }>("send_message", { roomId: "tea", content: "one" }) as {
    epoch: string;
  };
  expect(await eve.ask("read_messages", { roomId: "tea", epoch, upTo: 2 })).toMatchObject({ success: true });
  await Deno.remove(root, { recursive: true });
});

for (const wrong of [1e9, 0, -1, 1.5, NaN, Infinity, "10", "0x10", null, [10]]) {
  Deno.test(`[threat B6] a history of limit ${JSON.stringify(wrong)} is refused`, async () => {
    using relay = new Harness();
    const anna = await relay.member("anna", "tea");
    expect(await anna.ask("get_history", { roomId: "tea", limit: wrong })).toMatchObject({
      error: { code: "bad_request" },
    });
  });
}

for (const before of [-1, 1.5, "5", 2 ** 53, {}]) {
  Deno.test(`[threat B6] a history before ${JSON.stringify(before)} is refused`, async () => {
    using relay = new Harness();
    const anna = await relay.member("anna", "tea");
    expect(await anna.ask("get_history", { roomId: "tea", before })).toMatchObject({
      error: { code: "bad_request" },
    });
  });
}

Deno.test("[threat B7] what only the server says is unknown from a client, and reaches nobody", async () => {
  using relay = new Harness({ limits: { ...unhurried, maxErrors: 1000 } });
  const anna = await relay.member("anna", "tea");
  const eve = await relay.member("eve", "tea");
  anna.news();
  const shared = ["pong"];
  for (const type of Object.values(ServerType).filter((type) => !shared.includes(type))) {
    const payload = { roomId: "tea", userId: "anna", success: true, content: "forged", retryAfterMs: 1 };
    expect([type, await eve.ask(type, payload)]).toMatchObject([type, { error: { code: "unknown_type" } }]);
  }
  await relay.advance(3000);
  expect(anna.news().filter(({ type }) => type !== "user_joined")).toEqual([]);
});

Deno.test("[threat B7] the control: where a feature takes such a type, it reaches the others", async () => {
  using relay = new Harness({ features: credulous("drain", "new_message") });
  const anna = await relay.member("anna", "tea");
  const eve = await relay.member("eve", "tea");
  await eve.ask("drain", { roomId: "tea" });
  await eve.ask("new_message", { roomId: "tea" });
  await relay.settle();
  expect(anna.of("event").length).toBe(2);
});

Deno.test("[threat B8] another's connection id, offset or room list lets nobody resume as it", async () => {
  using relay = new Harness({
    policy: { allows: ({ userId }, _, roomId) => roomId !== "board" || userId === "anna" },
  });
  const anna = relay.connect("anna");
  const { epoch, offset } = await anna.join("board");
  await anna.ask("send_message", { roomId: "board", content: "secret" });
  const eve = relay.connect("eve");
  const stolen = { connectionId: "conn-1", sessionId: "conn-1", pid: "conn-1", session: "conn-1" };
  const wish = { roomId: "board", since: { epoch, offset }, ...stolen };
  expect(await eve.ask("join_room", wish)).toMatchObject({ error: { code: "forbidden" } });
  expect(JSON.stringify(eve.all())).not.toContain("secret");
});

const odd: [string, unknown][] = [
  ["above the top", { offset: 1000 }],
  ["of another epoch", { epoch: "elsewhere" }],
  ["0 of another epoch", { epoch: "elsewhere", offset: 0 }],
];
for (const [name, changed] of odd) {
  Deno.test(`[threat B9] an offset ${name} is not recovered, and nothing is replayed`, async () => {
    using relay = new Harness();
    const anna = await relay.member("anna", "tea");
    for (let n = 0; n < 3; n++) await anna.ask("send_message", { roomId: "tea", content: `${n}` });
    const ben = relay.connect("ben");
    const { epoch } = await anna.join("tea");
    const joined = await ben.join("tea", { since: { epoch, offset: 1, ...changed as object } });
    expect(joined).toMatchObject({ recovered: false, from: 3, offset: 3 });
    expect(ben.offsets("tea")).toEqual([]);
  });
}

for (const offset of [-1, 1.5, "1", 2 ** 53 + 2, null, NaN]) {
  Deno.test(`[threat B9] an offset of ${JSON.stringify(offset)} is bad_request`, async () => {
    using relay = new Harness();
    const anna = relay.connect("anna");
    const since = { epoch: "e1", offset };
    expect(await anna.ask("join_room", { roomId: "tea", since })).toMatchObject({
      error: { code: "bad_request" },
    });
    expect(anna.closed).toBeUndefined();
  });
}

Deno.test("[threat B10] a message sent a thousand times, from three nodes, is one; with another body a conflict", async () => {
  using relay = new Harness({ limits: unhurried });
  const hubs = [relay.hub, relay.node("node-2"), relay.node("node-3")];
  const ben = await relay.member("ben", "tea");
  const connections = hubs.map((hub) => relay.connect("anna", { hub }));
  for (let n = 0; n < 999; n++) {
    connections[n % 3]!.send("send_message", { roomId: "tea", content: "once" }, "m1");
  }
  await relay.advance(2000);
  const acks = connections.flatMap((client) => client.acks("m1")) as unknown as {
    success: boolean;
    offset: number;
    duplicate: boolean;
  }[];
  expect(acks.length).toBe(999);
  expect(new Set(acks.map(({ offset }) => offset))).toEqual(new Set([1]));
  expect(acks.filter(({ duplicate }) => !duplicate).length).toBe(1);
  expect(ben.offsets("tea")).toEqual([1]);
  const other = await connections[0]!.ask("send_message", { roomId: "tea", content: "twice" }, "m1");
  expect(other).toMatchObject({ error: { code: "conflict" } });
  // the same id of somebody else is another message
  const eve = relay.connect("eve");
  expect(await eve.ask("send_message", { roomId: "tea", content: "mine" }, "m1")).toMatchObject({
    success: true,
    offset: 2,
    duplicate: false,
  });
});

Deno.test("[threat B10] the control: in a store that does not know the message again it is many", async () => {
  using relay = new Harness({ limits: unhurried });
  const { inner } = relay.store;
  const append = inner.append.bind(inner);
  inner.append = (draft: Draft) => append({ ...draft, messageId: draft.id });
  const anna = await relay.member("anna", "tea");
  for (let n = 0; n < 3; n++) await anna.ask("send_message", { roomId: "tea", content: "once" }, "m1");
  expect(anna.offsets("tea")).toEqual([1, 2, 3]);
});

Deno.test("[threat B6] [threat B9] the control: what is within bounds is answered", async () => {
  using relay = new Harness();
  const anna = await relay.member("anna", "tea");
  for (let n = 0; n < 3; n++) await anna.ask("send_message", { roomId: "tea", content: `${n}` });
  expect(await anna.ask("get_history", { roomId: "tea", limit: 100, before: 3 })).toMatchObject({
    success: true,
    messages: [{ payload: { offset: 1 } }, { payload: { offset: 2 } }],
  });
  const { epoch } = await anna.join("tea");
  const ben = relay.connect("ben");
  expect(await ben.join("tea", { since: { epoch, offset: 1 } })).toMatchObject({ recovered: true });
  await relay.settle();
  expect(ben.offsets("tea")).toEqual([2, 3]);
});

Deno.test("[threat B4] [threat B8] the control: where a credential says who one is, it is who one is", async () => {
  using relay = new Harness();
  const anna = await relay.member("anna", "tea");
  const eve = relay.connect("ben", { userName: "Ben" });
  await eve.join("tea");
  await relay.settle();
  expect(anna.of("user_joined")).toMatchObject([{ userId: "ben", userName: "Ben" }]);
});
