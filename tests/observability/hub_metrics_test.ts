import { expect } from "@std/expect";
import { isolateMetrics } from "../../src/observability/metrics.ts";
import { Polls } from "../../src/transports/polls.ts";
import { Harness, type HarnessOptions } from "../harness/mod.ts";
import { read } from "./reading.ts";

function harness(options: HarnessOptions = {}) {
  const metrics = isolateMetrics();
  // the first node counts here, others by themselves
  const relay = new Harness({
    ...options,
    metrics: (nodeId) => nodeId === "node-1" ? metrics : isolateMetrics(),
  });
  return { relay, metrics };
}

Deno.test("connections and sessions follow who comes and goes, by transport and codec", async () => {
  const { relay, metrics } = harness();
  using _ = relay;
  const labels = { transport: "websocket", codec: "denbun.json" };
  const ann = relay.connect("ann");
  relay.connect("bob");
  expect(read(metrics, "connections", labels)).toBe(2);
  expect(read(metrics, "sessions")).toBe(2);
  ann.cut(1000);
  ann.cut(1005);
  await relay.settle();
  expect(read(metrics, "connections", labels)).toBe(1);
  expect(read(metrics, "sessions")).toBe(1);
});

Deno.test("rooms and members are counted while they are there", async () => {
  const { relay, metrics } = harness();
  using _ = relay;
  const ann = await relay.member("ann", "one");
  await ann.join("two");
  const bob = await relay.member("bob", "two");
  expect(read(metrics, "rooms_active")).toBe(2);
  expect(read(metrics, "members", { pace: "live" })).toBe(3);
  bob.connection.stall();
  const content = "x".repeat(50_000);
  for (let n = 0; n < 3; n++) await ann.ask("send_message", { roomId: "two", content, replyTo: null });
  expect(read(metrics, "members", { pace: "live" })).toBe(2);
  expect(read(metrics, "members", { pace: "behind" })).toBe(1);
  ann.cut(1000);
  bob.cut(1000);
  await relay.advance(10_000);
  expect(read(metrics, "rooms_active")).toBe(0);
  expect(read(metrics, "members", { pace: "behind" })).toBe(0);
});

Deno.test("envelopes and bytes are counted by type: in as they come, out once for each reader", async () => {
  const { relay, metrics } = harness();
  using _ = relay;
  const [ann] = await Promise.all(
    ["ann", "bob", "cho", "dee"].map((userId) => relay.member(userId, "room")),
  );
  const sent = { type: "new_message", direction: "out" };
  const before = read(metrics, "frames_total", { direction: "out" });
  const frame = JSON.stringify({
    type: "send_message",
    payload: { roomId: "room", content: "電報です", replyTo: null },
    messageId: "m-1",
  });
  ann!.raw(frame);
  await relay.settle();
  const [arrived] = ann!.connection.arrived.filter((one) => (one as string).includes('"new_message"'));
  const bytes = (text: unknown) => new TextEncoder().encode(text as string).byteLength;
  expect(read(metrics, "envelopes_total", { type: "send_message", direction: "in" })).toBe(1);
  expect(read(metrics, "envelope_bytes_total", { type: "send_message", direction: "in" })).toBe(bytes(frame));
  expect(read(metrics, "envelopes_total", sent)).toBe(4);
  expect(read(metrics, "envelope_bytes_total", sent)).toBe(4 * bytes(arrived));
  // the ack, and the message to each of four
  expect(read(metrics, "frames_total", { direction: "out" }) - before).toBe(5);
});

Deno.test("what is counted out is what arrived, whatever kept some of it from some of them", async () => {
  const { relay, metrics } = harness();
  using _ = relay;
  const ann = await relay.member("ann", "room");
  const bob = await relay.member("bob", "room", { echo: false });
  const cho = await relay.member("cho", "room");
  cho.connection.stall();
  for (let n = 0; n < 30; n++) {
    for (const who of [ann, bob]) {
      who.send("send_message", { roomId: "room", content: "x".repeat(5000), replyTo: null }, `m-${n}`);
      who.send("typing_start", { roomId: "room" });
      who.send("publish", { roomId: "room", event: "e", data: n, ephemeral: true, key: "k" });
    }
    await relay.settle();
  }
  cho.connection.resume();
  await relay.advance(10_000);
  const arrived = new Map<string, number>();
  for (const { type } of [ann, bob, cho].flatMap((client) => client.all())) {
    arrived.set(type, (arrived.get(type) ?? 0) + 1);
  }
  for (const [type, count] of arrived) {
    expect([type, read(metrics, "envelopes_total", { type, direction: "out" })]).toEqual([type, count]);
  }
  expect(arrived.get("new_message")).toBe(60 + 30 + 60);
  expect(arrived.has("user_typing")).toBe(true);
  const frames = [ann, bob, cho].reduce((sum, { connection }) => sum + connection.arrived.length, 0);
  expect(read(metrics, "frames_total", { direction: "out" })).toBe(frames);
});

Deno.test("ack latency runs from the frame to the queued ack, the store's time included", async () => {
  const { relay, metrics } = harness();
  using _ = relay;
  const ann = await relay.member("ann", "room");
  const release = relay.store.hold("append");
  ann.send("send_message", { roomId: "room", content: "hello", replyTo: null }, "m-1");
  await relay.advance(300);
  expect(read(metrics, "ack_latency_seconds", { type: "send_message" })).toBe(0);
  expect(read(metrics, "queue_envelopes", { queue: "store" })).toBe(1);
  release();
  await relay.settle();
  const family = metrics.snapshot().find(({ name }) => name === "denbun_ack_latency_seconds")!;
  const of = (suffix: string, le?: number | string) =>
    family.values.find(({ metricName, labels }) =>
      metricName?.endsWith(suffix) && labels.type === "send_message" && labels.le === le
    )?.value;
  expect(of("_count")).toBe(1);
  expect(of("_sum")).toBeCloseTo(0.3, 3);
  expect(of("_bucket", 0.25)).toBe(0);
  expect(of("_bucket", 0.5)).toBe(1);
  expect(of("_bucket", "+Inf")).toBe(1);
  expect(read(metrics, "queue_envelopes", { queue: "store" })).toBe(0);
});

Deno.test("errors are counted by their code, refused frames too", async () => {
  const { relay, metrics } = harness();
  using _ = relay;
  const ann = relay.connect("ann");
  ann.raw("{");
  ann.raw("[]");
  ann.send("no_such_type", {});
  ann.send("leave_room", { roomId: "room" }, "m-1");
  await relay.settle();
  expect(read(metrics, "errors_total", { code: "bad_request" })).toBe(2);
  expect(read(metrics, "errors_total", { code: "unknown_type" })).toBe(1);
  expect(read(metrics, "errors_total", { code: "not_joined" })).toBe(1);
  expect(read(metrics, "envelopes_total", { type: "error", direction: "out" })).toBe(3);
  expect(read(metrics, "frames_total", { direction: "in" })).toBe(4);
});

Deno.test("what waits for a slow reader is seen while it waits", async () => {
  const { relay, metrics } = harness({ limits: { unsentBytes: 1024 } });
  using _ = relay;
  const ann = await relay.member("ann", "room");
  const bob = await relay.member("bob", "room");
  bob.connection.stall();
  const content = "x".repeat(2000);
  await ann.ask("send_message", { roomId: "room", content, replyTo: null });
  await ann.ask("send_message", { roomId: "room", content, replyTo: null });
  await ann.ask("publish", { roomId: "room", event: "e", data: 1, ephemeral: true, key: "k" });
  bob.send("ping", {}, "p-1");
  await relay.settle();
  expect(read(metrics, "slow_readers")).toBe(1);
  expect(read(metrics, "queue_bytes", { queue: "unsent" })).toBe(bob.connection.unsentBytes());
  expect(read(metrics, "queue_bytes", { queue: "keyed" })).toBeGreaterThan(50);
  expect(read(metrics, "queue_bytes", { queue: "reply" })).toBeGreaterThan(50);
  bob.connection.resume();
  await relay.advance(1000);
  expect(read(metrics, "slow_readers")).toBe(0);
  for (const queue of ["unsent", "keyed", "reply"]) expect(read(metrics, "queue_bytes", { queue })).toBe(0);
});

Deno.test("envelopes that wait for the ones before them are seen while they wait", async () => {
  const { relay, metrics } = harness();
  using _ = relay;
  const ann = relay.connect("ann");
  const release = relay.store.hold("heads");
  ann.send("join_room", { roomId: "room" }, "j-1");
  ann.send("ping", {});
  ann.send("ping", {});
  await relay.settle();
  expect(read(metrics, "queue_envelopes", { queue: "inbound" })).toBe(2);
  release();
  await relay.settle();
  expect(read(metrics, "queue_envelopes", { queue: "inbound" })).toBe(0);
});

Deno.test("[X] closes are counted by code, abnormal ones by reason, made-up codes together", async () => {
  const { relay, metrics } = harness();
  using _ = relay;
  const codes = [1000, 1001, 1005, 1006, 0, 1002, 1011, 4001, 4002, 4003, 4510, 3000, 4123, 4999];
  for (const code of codes) relay.connect("ann").cut(code);
  await relay.settle();
  const closes = (code: string) => read(metrics, "closes_total", { code });
  for (const code of ["1000", "1001", "1005", "1006", "1002", "1011", "4001", "4002", "4003", "4510"]) {
    expect([code, closes(code)]).toEqual([code, 1]);
  }
  expect(closes("other")).toBe(4);
  const lost = (reason: string) => read(metrics, "connections_lost_total", { reason });
  expect(lost("cut")).toBe(2);
  for (const reason of ["protocol_error", "internal_error", "no_heartbeat", "not_reading", "rate_limited"]) {
    expect([reason, lost(reason)]).toEqual([reason, 1]);
  }
  expect(relay.logged.filter(({ event }) => event === "connection_lost")).toHaveLength(7);
  expect(relay.logged.filter(({ event }) => event === "session_closed")).toHaveLength(7);
});

Deno.test("[T6] nothing waits for the network while a client that polls is away", async () => {
  const { relay, metrics } = harness();
  using _ = relay;
  const identity = { userId: "ann", userName: "Ann" };
  const { signal } = new AbortController();
  const { session, connection } = new Polls(relay.hub).begin(identity, () => {}, signal);
  connection.begin(signal);
  await connection.answer(signal, 0);
  expect(connection.takes()).toBe(false);
  expect(read(metrics, "queue_bytes", { queue: "unsent" })).toBe(0);
  session.close(1001, "the reader left");
});

Deno.test("a lost connection is one warning that says why, how old it was and what was unsent", async () => {
  const { relay } = harness({ limits: { unsentBytes: 1024 } });
  using _ = relay;
  const ann = await relay.member("ann", "room");
  const bob = await relay.member("bob", "room");
  await bob.join("other");
  await relay.advance(5000);
  bob.connection.stall();
  await ann.ask("send_message", { roomId: "room", content: "x".repeat(2000), replyTo: null });
  await ann.ask("send_message", { roomId: "room", content: "x".repeat(2000), replyTo: null });
  bob.send("ping", {});
  await relay.settle();
  bob.cut();
  const lost = relay.logged.filter(({ event }) => event === "connection_lost");
  expect(lost).toEqual([{
    level: "warn",
    event: "connection_lost",
    fields: {
      sessionId: "conn-2",
      userId: "bob",
      transport: "websocket",
      loss: "cut",
      code: 1006,
      reason: "",
      ageMs: 5000,
      rooms: 2,
      roomsBehind: 1,
      unsentBytes: bob.connection.unsentBytes(),
      unsentReplies: 1,
    },
  }]);
  expect(bob.connection.unsentBytes()).toBeGreaterThan(1024);
});

Deno.test("[R2] joins are counted by how they went", async () => {
  const { relay, metrics } = harness();
  using _ = relay;
  const joins = (outcome: string) => read(metrics, "resumes_total", { outcome });
  const ann = await relay.member("ann", "room");
  const { epoch } = await relay.connect("bob").join("room");
  await ann.ask("send_message", { roomId: "room", content: "hello", replyTo: null });
  expect([joins("fresh"), joins("recovered"), joins("not_recovered")]).toEqual([2, 0, 0]);
  await relay.connect("cho").join("room", { since: { epoch, offset: 0 } });
  await relay.connect("dee").join("room", { since: { epoch: "another", offset: 0 } });
  expect([joins("fresh"), joins("recovered"), joins("not_recovered")]).toEqual([2, 1, 1]);
});

Deno.test("hints are counted in and out, a lost one shows as a gap that the sweep healed", async () => {
  const { relay, metrics } = harness();
  using _ = relay;
  const far = relay.node("node-2");
  const ann = await relay.member("ann", "room");
  const bob = relay.connect("bob", { hub: far });
  await bob.join("room");
  const say = (who: typeof ann) =>
    who.ask("send_message", { roomId: "room", content: "hello", replyTo: null });
  await say(ann);
  expect(read(metrics, "hints_total", { direction: "out" })).toBe(1);
  await say(bob);
  await relay.settle();
  expect(read(metrics, "hints_total", { direction: "in" })).toBe(1);
  expect(read(metrics, "gaps_healed_total", { by: "hint" })).toBe(1);
  expect(read(metrics, "gaps_healed_total", { by: "sweep" })).toBe(0);
  relay.backplane.losing = true;
  await say(bob);
  await relay.advance(3000);
  expect(ann.offsets("room")).toEqual([1, 2, 3]);
  expect(read(metrics, "hints_total", { direction: "in" })).toBe(1);
  expect(read(metrics, "gaps_healed_total", { by: "sweep" })).toBe(1);
  // what an append of one's own overtook is found by it
  await say(bob);
  await say(ann);
  expect(read(metrics, "gaps_healed_total", { by: "append" })).toBe(1);
});

Deno.test("[E1] garbage on the backplane is counted each time and logged once a second", async () => {
  const { relay, metrics } = harness();
  using _ = relay;
  for (let n = 0; n < 1000; n++) relay.backplane.inject({ kind: "hint", roomId: "../etc" });
  await relay.advance(1000);
  relay.backplane.inject("garbage");
  expect(read(metrics, "backplane_bad_total")).toBe(1001);
  const lines = relay.logged.filter(({ event }) => event === "backplane_bad");
  expect(lines.map(({ fields }) => fields.suppressed)).toEqual([undefined, 999]);
});

Deno.test("refused messages are counted each time and logged once a second", async () => {
  const { relay, metrics } = harness({ limits: { maxErrors: 10_000 } });
  using _ = relay;
  const ann = relay.connect("ann");
  for (let n = 0; n < 500; n++) ann.raw("{");
  await relay.settle();
  expect(read(metrics, "errors_total", { code: "bad_request" })).toBe(500);
  expect(relay.logged.filter(({ event }) => event === "message_refused")).toHaveLength(1);
});

Deno.test("10,000 types that clients make up are one series", async () => {
  const { relay, metrics } = harness({ limits: { maxErrors: 100_000, ratePerSecond: 0 } });
  using _ = relay;
  const ann = relay.connect("ann");
  const series = () => metrics.snapshot().reduce((sum, { values }) => sum + values.length, 0);
  ann.send("made_up", {}, "first");
  await relay.settle();
  const before = series();
  for (let n = 0; n < 10_000; n++) ann.send(`type-${n}`, {}, `m-${n}`);
  await relay.settle();
  expect(read(metrics, "envelopes_total", { type: "other", direction: "in" })).toBe(10_001);
  expect(read(metrics, "ack_latency_seconds", { type: "other" })).toBe(10_001);
  expect(series()).toBe(before);
});

Deno.test("types that another node makes up are one series", async () => {
  const { relay, metrics } = harness();
  using _ = relay;
  await relay.member("ann", "room");
  const series = () => metrics.snapshot().reduce((sum, { values }) => sum + values.length, 0);
  const before = series();
  for (let n = 0; n < 100; n++) {
    relay.backplane.inject({ kind: "ephemeral", roomId: "room", json: `{"type":"t-${n}","payload":{}}` });
  }
  await relay.settle();
  expect(read(metrics, "envelopes_total", { type: "other", direction: "out" })).toBe(100);
  expect(series()).toBe(before);
});
