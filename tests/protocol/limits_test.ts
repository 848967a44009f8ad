import { expect } from "@std/expect";
import { encode } from "@msgpack/msgpack";
import { deflateRawSync } from "node:zlib";
import { jsonBatch, jsonDeflate, msgpack, msgpackDeflate } from "../../src/protocol/codecs/mod.ts";
import { FakeConnection } from "../harness/connection.ts";
import { Harness, unhurried } from "../harness/mod.ts";

const refusedAs = (code: string) => ({ success: false, error: { code } });
const frame = (content: string, messageId = "m1") =>
  JSON.stringify({ type: "send_message", payload: { roomId: "tea", content }, messageId });

Deno.test("[L1] an envelope over 64 KiB is too_large, and the connection lives", async () => {
  using relay = new Harness();
  const anna = await relay.member("anna", "tea");
  const room = 64 * 1024 - frame("").length;
  anna.raw(frame("x".repeat(room), "m1"));
  anna.raw(frame("x".repeat(room + 1), "m2"));
  await relay.settle();
  expect(anna.acks("m1")).toMatchObject([{ success: true }]);
  expect(anna.acks("m2")).toMatchObject([refusedAs("too_large")]);
  expect(anna.closed).toBeUndefined();
});

Deno.test("[L1] an envelope is as large in a batch or deflated as it is alone, in every codec", async () => {
  const text = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));
  const deflated = (bytes: Uint8Array) => new Uint8Array([1, ...deflateRawSync(bytes)]);
  const ways = [
    { codec: jsonBatch, plain: text, frame: (value: unknown) => JSON.stringify(value) },
    { codec: jsonDeflate, plain: text, frame: (value: unknown) => deflated(text(value)) },
    { codec: msgpack, plain: encode, frame: (value: unknown) => encode(value) },
    { codec: msgpackDeflate, plain: encode, frame: (value: unknown) => deflated(encode(value)) },
  ];
  for (const { codec, plain, frame } of ways) {
    using relay = new Harness();
    const connection = new FakeConnection("conn");
    const attached = relay.hub.attach(connection, { identity: { userId: "ann", userName: "Ann" }, codec });
    const message = (content: string, messageId: string) => ({
      type: "send_message",
      payload: { roomId: "tea", content },
      messageId,
    });
    const full = (bytes: number, messageId: string) => {
      const content = "x".repeat(60_000);
      const more = bytes - plain(message(content, messageId)).length;
      return message(content + "x".repeat(more), messageId);
    };
    const batch = (...payload: unknown[]) => ({ type: "batch", payload });
    const frames = [
      full(65_536, "fits"),
      full(65_537, "large"),
      batch({ type: "ping" }, full(65_536, "fits-too")),
      batch({ type: "ping" }, full(65_537, "large-too")),
    ];
    for (const one of frames) attached.receive(frame(one));
    await relay.settle();
    const answers = connection.arrived.flatMap((one) => codec.decode(one)) as {
      type: string;
      messageId?: string;
      payload: { success: boolean; error?: { code: string } };
    }[];
    const outcome = (id: string) => {
      const ack = answers.find(({ type, messageId }) => type === "ack" && messageId === id);
      return ack?.payload.success ? "stored" : ack?.payload.error?.code;
    };
    expect([codec.name, ...["fits", "large", "fits-too", "large-too"].map(outcome)])
      .toEqual([codec.name, "stored", "too_large", "stored", "too_large"]);
  }
});

Deno.test("[L1] bytes in a batch of MessagePack count as bytes", async () => {
  using relay = new Harness();
  const connection = new FakeConnection("conn");
  const identity = { userId: "ann", userName: "Ann" };
  const attached = relay.hub.attach(connection, { identity, codec: msgpack });
  const payload = { documentId: "plan", changes: new Uint8Array(45_000) };
  const change = { type: "document_change", payload, messageId: "m1" };
  attached.receive(new Uint8Array(encode({ type: "batch", payload: [{ type: "ping" }, change] })));
  await relay.settle();
  const answers = connection.arrived.flatMap((one) => msgpack.decode(one));
  const stored = expect.objectContaining({ success: true });
  expect(answers).toContainEqual(expect.objectContaining({ messageId: "m1", payload: stored }));
});

Deno.test("[L1] sizes are counted in bytes of UTF-8", async () => {
  using relay = new Harness();
  const anna = await relay.member("anna", "tea");
  anna.raw(frame("電".repeat(22_000)));
  await relay.settle();
  expect(anna.acks("m1")).toMatchObject([refusedAs("too_large")]);
});

Deno.test("[L1] a frame over 1 MiB closes 1009", async () => {
  using relay = new Harness();
  const anna = await relay.member("anna", "tea");
  anna.raw("x".repeat(1024 * 1024 + 1));
  expect(anna.closed).toMatchObject({ code: 1009 });
});

Deno.test("[L1] a frame of 1 MiB is only too_large", async () => {
  using relay = new Harness();
  const anna = await relay.member("anna", "tea");
  anna.raw(frame("x".repeat(1024 * 1024 - frame("").length)));
  await relay.settle();
  expect(anna.acks("m1")).toMatchObject([refusedAs("too_large")]);
  expect(anna.closed).toBeUndefined();
});

function nested(depth: number): string {
  return "[".repeat(depth) + "]".repeat(depth);
}

Deno.test("[L2] JSON deeper than 32 is bad_request, however deep, and the connection lives", async () => {
  using relay = new Harness();
  const anna = await relay.member("anna", "tea");
  // the envelope and its payload are two of the 32
  const publish = (depth: number, id: string) =>
    `{"type":"publish","payload":{"roomId":"tea","event":"e","data":${nested(depth)}},"messageId":"${id}"}`;
  anna.raw(publish(30, "fits"));
  anna.raw(publish(31, "deep"));
  anna.raw(publish(30_000, "deeper"));
  anna.raw(nested(500_000));
  await relay.settle();
  expect(anna.acks("fits")).toMatchObject([{ success: true }]);
  expect(anna.acks("deep")).toMatchObject([refusedAs("bad_request")]);
  expect(anna.acks("deeper")).toMatchObject([refusedAs("bad_request")]);
  expect(anna.of("error").map(({ code }) => code)).toEqual(["too_large"]);
  expect(anna.closed).toBeUndefined();
  expect(relay.errors).toEqual([]);
});

Deno.test("[L3] 200 envelopes at once, then 100 a second; the rest is rate_limited with a time to wait", async () => {
  using relay = new Harness();
  const anna = await relay.member("anna", "tea");
  await relay.advance(2000);
  const burst = (count: number, name: string) => {
    for (let n = 0; n < count; n++) anna.send("ping", {}, `${name}${n}`);
  };
  burst(210, "a");
  await relay.advance(1000);
  burst(110, "b");
  await relay.settle();
  const failed = (name: string) =>
    anna.all().filter(({ type, messageId, payload }) =>
      type === "ack" && messageId!.startsWith(name) && !(payload as { success: boolean }).success
    ).map(({ payload }) => payload);
  expect(failed("a").length).toBe(10);
  expect(failed("b").length).toBe(10);
  expect(failed("a")[0]).toEqual({
    success: false,
    error: {
      code: "rate_limited",
      message: expect.any(String),
      retryable: true,
      retryAfterMs: 10,
    },
  });
  await relay.advance(10);
  expect(await anna.ask("ping", {})).toMatchObject({ success: true });
});

Deno.test("[L3] ephemeral envelopes have 120 a second of their own, beside the others", async () => {
  using relay = new Harness();
  const anna = await relay.member("anna", "tea");
  await relay.advance(2000);
  for (let n = 0; n < 130; n++) {
    anna.send("publish", { roomId: "tea", event: "e", ephemeral: true, key: "k" }, `e${n}`);
  }
  for (let n = 0; n < 130; n++) anna.send("send_message", { roomId: "tea", content: "hi" }, `s${n}`);
  await relay.settle();
  const count = (name: string) =>
    anna.all().filter(({ messageId, payload }) =>
      messageId?.startsWith(name) && (payload as { success?: boolean }).success === true
    ).length;
  expect([count("e"), count("s")]).toEqual([120, 130]);
});

Deno.test("[L3] who goes on over the rate for 5 s is closed 4003", async () => {
  using relay = new Harness();
  const anna = await relay.member("anna", "tea");
  for (let ms = 0; ms < 6000 && !anna.closed; ms += 2) {
    anna.send("ping", {});
    await relay.advance(2);
    // 500 a second: over the rate once the burst of 200 is used up
    if (ms < 5000) expect(anna.closed).toBeUndefined();
  }
  expect(anna.closed).toMatchObject({ code: 4003 });
});

Deno.test("[L3] who pauses when told to is never closed", async () => {
  using relay = new Harness();
  const anna = await relay.member("anna", "tea");
  for (let round = 0; round < 10; round++) {
    for (let n = 0; n < 250; n++) anna.send("ping", {});
    await relay.advance(2000);
  }
  expect(anna.closed).toBeUndefined();
});

Deno.test("[L3] a rate of 0 is no limit", async () => {
  using relay = new Harness({ limits: unhurried });
  const anna = await relay.member("anna", "tea");
  for (let n = 0; n < 2000; n++) anna.send("ping", {}, `p${n}`);
  await relay.settle();
  expect(anna.of("ack").filter(({ success }) => !success)).toEqual([]);
});

Deno.test("[L4] ten errors of one's own making in ten seconds close 1008, all ten delivered before", async () => {
  using relay = new Harness();
  const anna = await relay.member("anna", "tea");
  for (let n = 0; n < 9; n++) anna.raw("not JSON");
  await relay.settle();
  expect(anna.closed).toBeUndefined();
  anna.send("nonsense", {}, "tenth");
  expect(anna.closed).toMatchObject({ code: 1008 });
  expect(anna.of("error").length).toBe(9);
  expect(anna.acks("tenth")).toMatchObject([refusedAs("unknown_type")]);
});

Deno.test("[L4] nothing a closed client sent after that is done", async () => {
  using relay = new Harness();
  const anna = await relay.member("anna", "tea");
  const ben = await relay.member("ben", "tea");
  for (let n = 0; n < 10; n++) anna.raw("not JSON");
  anna.send("send_message", { roomId: "tea", content: "one more thing" });
  await relay.settle();
  expect(ben.offsets("tea")).toEqual([]);
});

Deno.test("[L4] errors further apart do not add up", async () => {
  using relay = new Harness();
  const anna = await relay.member("anna", "tea");
  for (let n = 0; n < 50; n++) {
    anna.raw("not JSON");
    await relay.advance(1120);
  }
  expect(anna.closed).toBeUndefined();
});

Deno.test("[L4] errors that are not the client's own making do not count", async () => {
  using relay = new Harness({ policy: { allows: ({ userId }) => userId !== "anna" } });
  const anna = relay.connect("anna");
  for (let n = 0; n < 30; n++) {
    await anna.ask("join_room", { roomId: "secret" });
    await anna.ask("leave_room", { roomId: "secret" });
  }
  relay.store.failing = "before";
  const ben = relay.connect("ben");
  for (let n = 0; n < 30; n++) await ben.ask("send_message", { roomId: "tea", content: "hi" });
  expect([anna.closed, ben.closed]).toEqual([undefined, undefined]);
});

Deno.test("[L5] 100 rooms a connection, the next is limit_exceeded; leaving one makes place", async () => {
  using relay = new Harness();
  const anna = relay.connect("anna");
  for (let n = 0; n < 100; n++) await anna.join(`room-${n}`);
  expect(await anna.ask("join_room", { roomId: "one-more" })).toMatchObject(refusedAs("limit_exceeded"));
  expect(await anna.ask("join_room", { roomId: "room-7" })).toMatchObject({ success: true });
  await anna.ask("leave_room", { roomId: "room-7" });
  expect(await anna.ask("join_room", { roomId: "one-more" })).toMatchObject({ success: true });
});

Deno.test("[L5] rooms nobody is in any more are let go", async () => {
  using relay = new Harness({ limits: { ...unhurried, maxRoomsPerSession: 0 } });
  const anna = relay.connect("anna");
  for (let n = 0; n < 500; n++) await anna.join(`room-${n}`);
  expect(relay.hub.roomCount).toBe(500);
  anna.cut();
  await relay.advance(2000);
  expect(relay.hub.roomCount).toBe(0);
});

Deno.test("[L8] all connections of one user share 300 a second, twice as many at once; others are not touched", async () => {
  using relay = new Harness({ limits: { ratePerSecond: 1000, rateBurst: 1000 } });
  const tabs = Array.from({ length: 4 }, () => relay.connect("anna"));
  const ben = relay.connect("ben");
  const burst = async (name: string) => {
    for (let n = 0; n < 200; n++) for (const tab of tabs) tab.send("ping", {}, `${name}${n}`);
    await relay.settle();
    return tabs.flatMap((tab) => tab.all()).filter(({ messageId, payload }) =>
      messageId?.startsWith(name) && (payload as { success: boolean }).success
    ).length;
  };
  expect(await burst("a")).toBe(600);
  await relay.advance(1000);
  expect(await burst("b")).toBe(300);
  expect(await ben.ask("ping", {})).toMatchObject({ success: true });
});

/** How many of 1,000 envelopes a user gets through over two nodes, at once and a second later. */
async function overTwoNodes(relay: Harness): Promise<number[]> {
  const tabs = [relay.hub, relay.node("node-2")].map((hub) => relay.connect("anna", { hub }));
  await relay.advance(10);
  const accepted = async (name: string) => {
    for (let n = 0; n < 500; n++) {
      for (const tab of tabs) tab.send("ping", {}, `${name}${n}`);
      await relay.settle();
    }
    return tabs.flatMap((tab) => tab.all()).filter(({ messageId, payload }) =>
      messageId?.startsWith(name) && (payload as { success: boolean }).success
    ).length;
  };
  const first = await accepted("a");
  await relay.advance(1000);
  return [first, await accepted("b")];
}

Deno.test("[L8] what a user sends through one node counts on the others", async () => {
  const limits = { ratePerSecond: 0, userRatePerSecond: 100 };
  using relay = new Harness({ limits });
  const [burst, second] = await overTwoNodes(relay);
  expect(burst).toBeGreaterThanOrEqual(200);
  expect(burst).toBeLessThanOrEqual(220);
  expect(second).toBeGreaterThanOrEqual(80);
  expect(second).toBeLessThanOrEqual(120);
  // the control: nodes that do not hear of each other let through twice as much
  using deaf = new Harness({ limits });
  const connecting = overTwoNodes(deaf);
  deaf.backplane.losing = true;
  expect(await connecting).toEqual([400, 200]);
});

Deno.test("[L8] a user on one node alone has all of the rate, whatever others are there", async () => {
  using relay = new Harness({ limits: { ratePerSecond: 0, userRatePerSecond: 100 } });
  relay.node("node-2");
  await relay.advance(10);
  const anna = relay.connect("anna");
  for (let n = 0; n < 300; n++) anna.send("ping", {}, `p${n}`);
  await relay.settle();
  expect(anna.of("ack").filter(({ success }) => success)).toHaveLength(200);
});

Deno.test("[L7] 1,000 messages of a client may wait for the ones before them, more are rate_limited", async () => {
  using relay = new Harness({ limits: unhurried });
  const anna = relay.connect("anna");
  const release = relay.store.hold("heads");
  for (let n = 0; n < 1010; n++) anna.send("join_room", { roomId: "tea" }, `m${n}`);
  await relay.settle();
  const limited = anna.of("ack").filter((ack) => !ack.success && ack.error.code === "rate_limited");
  expect(limited.length).toBe(9);
  release();
  await relay.settle();
  expect(anna.of("ack").filter(({ success }) => success).length).toBe(1001);
});
