import { expect } from "@std/expect";
import { isolateMetrics } from "../../src/observability/metrics.ts";
import { ConnectionCount } from "../../src/transports/connection_count.ts";
import { UpgradeGuard } from "../../src/transports/upgrade_guard.ts";
import { webSocketHandler } from "../../src/transports/websocket.ts";
import { Opcode, RawSocket } from "../harness/raw_socket.ts";
import { listen } from "../harness/server.ts";
import { parseExposition, valueIn } from "./exposition.ts";
import { Lines } from "./lines.ts";
import { read } from "./reading.ts";

const join = JSON.stringify({ type: "join_room", payload: { roomId: "room" } });

function message(content: string, messageId: string): string {
  return JSON.stringify({
    type: "send_message",
    payload: { roomId: "room", content, replyTo: null },
    messageId,
  });
}

/** The body of a close frame. */
function closing(code: number, reason: string): Uint8Array {
  return new Uint8Array([code >> 8, code & 255, ...new TextEncoder().encode(reason)]);
}

async function scrape(url: string) {
  return parseExposition(await (await fetch(`${url}/metrics`)).text());
}

Deno.test("[S2] /metrics tells what went through a relay, in the text format", async () => {
  await using server = listen();
  const { socket } = await RawSocket.shake(server.port);
  using _ = socket;
  await socket.send(Opcode.text, join);
  await socket.send(Opcode.text, message("hello", "m-1"));
  await socket.until("new_message");
  const response = await fetch(`${server.url}/metrics`);
  expect(response.headers.get("content-type")).toBe("text/plain; version=0.0.4; charset=utf-8");
  expect(response.headers.get("cache-control")).toBe("no-store");
  const families = parseExposition(await response.text());
  const value = (name: string, labels?: Record<string, string>) =>
    valueIn(families, `denbun_${name}`, labels);
  expect(value("connections", { transport: "websocket", codec: "denbun.json" })).toBe(1);
  expect(value("members", { pace: "live" })).toBe(1);
  expect(value("envelopes_total", { type: "send_message", direction: "in" })).toBe(1);
  expect(value("envelopes_total", { type: "new_message", direction: "out" })).toBe(1);
  expect(value("ack_latency_seconds_count", { type: "send_message" })).toBe(1);
  expect(value("resumes_total", { outcome: "fresh" })).toBe(1);
  expect(value("process_resident_memory_bytes")).toBeGreaterThan(1_000_000);
  expect(value("isolates")).toBe(1);
  expect(value("uncaught_total")).toBe(0);
});

Deno.test("[S2] /metrics adds the other isolates, and fails rather than leave one out", async () => {
  const other = isolateMetrics();
  other.gauge("sessions").set(41);
  const lines = new Lines();
  let failing = false;
  await using server = listen({
    logger: lines.logger,
    gather: () =>
      failing ? Promise.reject(new Error("isolate 2 is silent")) : Promise.resolve([other.snapshot()]),
  });
  const { socket } = await RawSocket.shake(server.port);
  using _ = socket;
  await socket.until("welcome");
  const families = await scrape(server.url);
  expect(valueIn(families, "denbun_sessions")).toBe(42);
  expect(valueIn(families, "denbun_isolates")).toBe(2);
  failing = true;
  const response = await fetch(`${server.url}/metrics`);
  expect(response.status).toBe(503);
  expect((await response.json()).code).toBe("internal");
  expect((await lines.first("metrics_failed")).reason).toBe("isolate 2 is silent");
});

Deno.test("[S2] scrapes that come together share one reading", async () => {
  let readings = 0;
  const { promise, resolve } = Promise.withResolvers<void>();
  await using server = listen({
    async gather() {
      readings++;
      await promise;
      return [];
    },
  });
  const scrapes = Array.from({ length: 5 }, () => server.relay.app.request("/metrics"));
  resolve();
  for (const response of await Promise.all(scrapes)) parseExposition(await response.text());
  expect(readings).toBe(1);
  await scrape(server.url);
  expect(readings).toBe(2);
});

Deno.test("[A3] a store that fails shows in the relay's metrics", async () => {
  const metrics = isolateMetrics();
  await using server = listen({ metrics });
  const { store } = server.relay.hub;
  await store.close();
  await expect(store.list("table")).rejects.toMatchObject({ code: "store_unavailable" });
  expect(read(metrics, "store_errors_total", { operation: "list" })).toBe(1);
});

Deno.test("[X] a connection that is cut is counted and logged as lost, one that is closed is not", async () => {
  const metrics = isolateMetrics();
  const lines = new Lines();
  await using server = listen({ metrics, logger: lines.logger });
  const { socket: closed } = await RawSocket.shake(server.port);
  using _ = closed;
  await closed.send(Opcode.close, closing(1000, "bye"));
  expect(await lines.first("session_closed")).toMatchObject({ code: 1000, reason: "bye" });
  const { socket: cut } = await RawSocket.shake(server.port);
  cut[Symbol.dispose]();
  const lost = await lines.first("connection_lost");
  expect(lost).toMatchObject({ level: "warn", code: 1006, loss: "cut", transport: "websocket", rooms: 0 });
  expect(lost.reason).toMatch(/./);
  expect(lost.ageMs).toBeGreaterThanOrEqual(0);
  expect(read(metrics, "connections_lost_total", { reason: "cut" })).toBe(1);
  expect(read(metrics, "closes_total", { code: "1000" })).toBe(1);
  expect(lines.of("connection_lost")).toHaveLength(1);
});

Deno.test("[X] a close without a code, as a browser's close() sends it, is an ordinary end", async () => {
  const lines = new Lines();
  await using server = listen({ logger: lines.logger });
  const { socket } = await RawSocket.shake(server.port);
  using _ = socket;
  await socket.send(Opcode.close, "");
  expect(await lines.first("session_closed")).toMatchObject({ code: 1005 });
  expect(lines.of("connection_lost")).toEqual([]);
});

Deno.test("[H1] a peer that answers no ping is lost for want of a heartbeat, once", async () => {
  const metrics = isolateMetrics();
  const lines = new Lines();
  const guard = new UpgradeGuard();
  await using server = listen({ metrics, logger: lines.logger }, ({ hub }) => {
    const handle = webSocketHandler({
      hub,
      ids: { next: () => "silent-peer", random: () => 0 },
      logger: lines.logger,
      authenticate: () => Promise.resolve({ identity: { userId: "ann", userName: "Ann" } }),
      originAllowed: () => true,
      offered: () => [],
      places: new ConnectionCount(0),
      idleTimeoutS: 1,
      upgraded: guard.note,
    });
    return guard.wrap((request) => handle(request, "127.0.0.1"), () => new Response(null, { status: 500 }));
  });
  const { socket } = await RawSocket.shake(server.port);
  using _ = socket;
  const lost = await lines.first("connection_lost");
  expect(lost).toMatchObject({ code: 4001, loss: "no_heartbeat", sessionId: "silent-peer" });
  expect(await socket.closed()).toBe(1001);
  expect(read(metrics, "connections_lost_total", { reason: "no_heartbeat" })).toBe(1);
  expect(read(metrics, "sessions")).toBe(0);
});

Deno.test("the message log has one line a stored message, with no body in it", async () => {
  const log = new Lines();
  const lines = new Lines();
  await using server = listen({ messageLog: log.logger, logger: lines.logger });
  const { socket } = await RawSocket.shake(server.port, {}, "/ws?name=yamada");
  using _ = socket;
  await socket.send(Opcode.text, message("秘密 secret", "m-1"));
  const { payload: { savedId: first } } = await socket.until("ack");
  // a repeat is not stored, so it is not logged
  await socket.send(Opcode.text, message("秘密 secret", "m-1"));
  expect((await socket.until("ack")).payload.duplicate).toBe(true);
  const { savedId: second } = await server.relay.publish("room", "shipped", { secret: 1 }, "m-2");
  const [one, two, ...more] = log.of("message_saved");
  expect(more).toEqual([]);
  const { time: _time, latencyMs, userId, ...rest } = one!;
  expect(rest).toEqual({
    level: "info",
    event: "message_saved",
    messageId: "m-1",
    id: first,
    roomId: "room",
    offset: 1,
    bytes: new TextEncoder().encode('{"content":"秘密 secret","replyTo":null}').byteLength,
  });
  expect(userId).toMatch(/^guest-/);
  expect(latencyMs).toBeGreaterThanOrEqual(0);
  expect(two).toMatchObject({ messageId: "m-2", id: second, offset: 2, userId: "@server" });
  expect([...log.all, ...lines.all].join("")).not.toMatch(/secret|秘密/);
});

Deno.test("without a message log no message is logged", async () => {
  const lines = new Lines();
  await using server = listen({ logger: lines.logger });
  await server.relay.publish("room", "shipped", {});
  expect(lines.of("message_saved")).toEqual([]);
});

Deno.test("[A9] no token is ever logged, wherever it was put", async () => {
  const lines = new Lines();
  await using server = listen({ logger: lines.logger, messageLog: lines.logger });
  const created = await fetch(`${server.url}/api/session`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ name: "yamada" }),
  });
  const { token } = await created.json() as { token: string };
  expect(token.length).toBeGreaterThan(40);
  const spoilt = token.slice(0, -4) + (token.endsWith("AAAA") ? "BBBB" : "AAAA");

  const admitted: Record<string, string>[] = [
    { "authorization": `Bearer ${token}` },
    { "sec-websocket-protocol": `denbun.json, bearer.${token}` },
    { "cookie": `denbun_session=${token}` },
  ];
  for (const headers of admitted) {
    await confide(server.port, headers, token);
  }
  const refused: [path: string, headers: Record<string, string>][] = [
    ["/ws", { "authorization": `Bearer ${spoilt}` }],
    ["/ws", { "authorization": `Basic ${token}` }],
    [`/ws?token=${token}`, {}],
    [`/ws?ticket=${token}`, {}],
    ["/ws", { "sec-websocket-protocol": `denbun.json, bearer.${spoilt}` }],
    ["/ws", { "sec-websocket-protocol": `bearer.${token}` }],
    ["/ws", { "authorization": `Bearer ${token}`, "origin": "https://evil.example" }],
    ["/api/session", { "authorization": `Bearer ${spoilt}` }],
    [`/${token}`, { "authorization": `Bearer ${token}` }],
  ];
  for (const [path, headers] of refused) {
    const { socket, response } = await RawSocket.shake(server.port, headers, path);
    expect([path, response.status >= 400 || path.includes("ticket")]).toEqual([path, true]);
    socket[Symbol.dispose]();
  }
  expect(lines.of("session_opened").length).toBeGreaterThanOrEqual(3);
  expect(lines.of("message_refused").length).toBeGreaterThanOrEqual(1);
  const text = lines.all.join("");
  // neither whole nor a part that is of use to anybody
  const [, claims, signature] = token.split(".");
  for (const part of [token, spoilt, claims!, signature!, signature!.slice(0, -4)]) {
    expect(text.includes(part)).toBe(false);
  }
});

/** A conversation in which a client puts its token wherever it does not belong, then closes. */
async function confide(port: number, headers: Record<string, string>, token: string): Promise<void> {
  const { socket, response } = await RawSocket.shake(port, headers);
  using _ = socket;
  expect(response.status).toBe(101);
  const say = (type: string, payload: object) =>
    socket.send(Opcode.text, JSON.stringify({ type, payload, messageId: crypto.randomUUID() }));
  await say("no_such_type", { token });
  await say("join_room", { roomId: "room", token });
  await say("leave_room", { roomId: { token } });
  await say("send_message", { roomId: "room", content: token, replyTo: null });
  await socket.send(Opcode.text, `{"token": "${token}"`);
  for (let answers = 0; answers < 4; answers++) {
    await socket.until("ack");
  }
  await socket.send(Opcode.close, closing(1000, "bye"));
  await socket.closed();
}
