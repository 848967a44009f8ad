import { expect } from "@std/expect";
import { connect } from "../../src/client/mod.ts";
import type { RelayOptions } from "../../src/client/types.ts";
import { failure, isSettled, settle, setup } from "./harness/mod.ts";

Deno.test("[C1] the socket is at <base>/ws and offers the codec's subprotocol", async () => {
  const { socket, relay } = await setup();
  expect(socket().url).toBe("wss://example.test/ws");
  expect(socket().protocols).toEqual(["denbun.json"]);
  relay.close();
});

Deno.test("[C1] batches are the default: what is said in one turn is one frame", async () => {
  const { socket, relay, welcome } = await setup({ codec: "denbun.json.batch" });
  expect(socket().protocols).toEqual(["denbun.json.batch"]);
  for (const roomId of ["a", "b", "c"]) relay.room(roomId);
  const { sent } = await welcome();
  expect(sent.map(({ type }) => type)).toEqual(["join_room", "join_room", "join_room"]);
  expect(socket().frames).toBe(1);
  relay.close();
});

Deno.test("[C1] what was said in the same turn is on the wire before the close", async () => {
  const { relay, welcome } = await setup({ codec: "denbun.json.batch" });
  const room = relay.room("a");
  const socket = await welcome();
  socket.joins();
  void room.leave();
  relay.close();
  expect(socket.take("leave_room").payload).toEqual({ roomId: "a" });
});

Deno.test("[L1] the largest message is known from the welcome on", async () => {
  const { relay, welcome } = await setup();
  expect(relay.maxMessageBytes).toBe(Infinity);
  await welcome({ maxMessageBytes: 1000 });
  expect(relay.maxMessageBytes).toBe(1000);
  relay.close();
});

Deno.test("[C2] a token rides as an extra subprotocol, a name in the query", async () => {
  const { socket, relay } = await setup({ token: "abc.def.ghi", name: "山田 花子" });
  expect(socket().protocols).toEqual(["denbun.json", "bearer.abc.def.ghi"]);
  expect(new URL(socket().url).searchParams.get("name")).toBe("山田 花子");
  relay.close();
});

Deno.test("[C4] online begins with the welcome, not with the open socket", async () => {
  const { relay, states, socket, welcome } = await setup();
  expect(relay.state).toEqual({ status: "connecting" });
  expect(relay.self).toBeUndefined();
  socket().onopen?.({} as never);
  expect(await isSettled(relay.ready)).toBe(false);
  await welcome();
  expect(relay.state).toEqual({ status: "online", transport: "ws" });
  expect(states).toEqual([{ status: "online", transport: "ws" }]);
  expect(relay.self).toEqual({ userId: "alice", userName: "Alice" });
  await relay.ready;
  relay.close();
});

Deno.test("a socket that gets no welcome for 10 s is given up", async () => {
  const { clock, relay, socket } = await setup();
  const first = socket();
  await clock.advance(9999);
  expect(first.closed).toBeUndefined();
  await clock.advance(1);
  expect(first.closed?.code).toBe(4001);
  expect(relay.state.status).toBe("reconnecting");
  relay.close();
});

Deno.test("what an abandoned socket still says is not heard", async () => {
  const { clock, relay, problems, socket, sockets } = await setup();
  await clock.advance(10_000);
  sockets[0]!.welcome();
  sockets[0]!.says("garbage");
  expect(problems).toEqual([]);
  expect(relay.state.status).toBe("reconnecting");
  await clock.advance(1000);
  expect(sockets.length).toBe(2);
  sockets[0]!.ends(4501);
  expect(relay.state.status).toBe("reconnecting");
  socket().welcome();
  expect(relay.state.status).toBe("online");
  relay.close();
});

Deno.test("a token provider that never answers counts as an attempt", async () => {
  const { clock, relay, sockets } = await setup({ token: () => new Promise(() => {}) });
  await clock.advance(10_000);
  expect(relay.state).toEqual({ status: "reconnecting", attempt: 1, retryInMs: 1000 });
  expect(sockets.length).toBe(0);
  relay.close();
});

Deno.test("a token provider that throws is reported and counts as an attempt", async () => {
  const { relay, problems } = await setup({ token: () => Promise.reject(new Error("no network")) });
  expect(relay.state.status).toBe("reconnecting");
  expect(problems[0]!.error.code).toBe("application");
  expect(problems[0]!.error.cause).toEqual(new Error("no network"));
  relay.close();
});

Deno.test("a relay that is closed by who hears of a problem stays closed, and leaves no timer", async () => {
  let asked = 0;
  const signedOut = Promise.withResolvers<never>();
  const { clock, relay } = await setup({ token: () => (asked++, signedOut.promise) });
  relay.addEventListener("problem", () => relay.close());
  signedOut.reject(new Error("signed out"));
  await settle();
  expect(relay.state.status).toBe("closed");
  expect(clock.pending).toBe(0);
  await clock.advance(60_000);
  expect(asked).toBe(1);
});

Deno.test("a WebSocket that cannot even be made is reported and tried again", async () => {
  let made = 0;
  const WebSocket = class {
    constructor() {
      made++;
      throw new SyntaxError("bad subprotocol");
    }
  } as unknown as NonNullable<RelayOptions["WebSocket"]>;
  const { clock, relay, problems } = await setup({ WebSocket });
  expect(problems.length).toBe(1);
  await clock.advance(1000);
  expect(made).toBe(2);
  relay.close();
});

Deno.test("frames that cannot be read are reported, and the connection lives", async () => {
  const { relay, problems, welcome } = await setup();
  const socket = await welcome();
  for (const text of ["{", "null", "7", `{"type":"error"}`, `{"type":"new_message"}`]) socket.says(text);
  expect(problems.map(({ error }) => error.code)).toEqual(Array(5).fill("internal"));
  expect(relay.state.status).toBe("online");
  relay.close();
});

Deno.test("a type this client does not know is passed over", async () => {
  const { relay, problems, welcome } = await setup();
  (await welcome()).says({ type: "from_the_future", payload: {} });
  expect(problems).toEqual([]);
  relay.close();
});

Deno.test("[E3] an error frame that nobody waits for is a problem", async () => {
  const { relay, problems, welcome } = await setup();
  (await welcome()).says({
    type: "error",
    payload: { code: "rate_limited", message: "slow down", retryable: true },
  });
  expect(problems[0]!.error.code).toBe("rate_limited");
  expect(problems[0]!.error.retryable).toBe(true);
  relay.close();
});

Deno.test("close() ends with 1000, for ever, with no timer and no listener left", async () => {
  const { clock, relay, network, socket, welcome } = await setup();
  await welcome();
  relay.close();
  expect(socket().closed?.code).toBe(1000);
  expect(relay.state).toEqual({ status: "closed", code: 1000, reason: "" });
  expect(clock.pending).toBe(0);
  expect(network.watchers).toBe(0);
  relay.reconnectNow();
  relay.close();
  expect(relay.state).toEqual({ status: "closed", code: 1000, reason: "" });
});

for (const when of ["connecting", "waiting", "asking for a token"]) {
  Deno.test(`close() while ${when} leaves nothing behind`, async () => {
    const token = when === "asking for a token" ? () => new Promise<string>(() => {}) : () => undefined;
    const { clock, relay, sockets, socket } = await setup({ token });
    if (when === "waiting") socket().ends(1006);
    relay.close();
    expect((await failure(relay.ready)).code).toBe("closed");
    expect(clock.pending).toBe(0);
    const made = sockets.length;
    await clock.advance(100_000);
    expect(sockets.length).toBe(made);
  });
}

Deno.test("a signal closes the relay, also one that was aborted before", async () => {
  const controller = new AbortController();
  const { relay, welcome } = await setup({ signal: controller.signal });
  await welcome();
  controller.abort();
  expect(relay.state.status).toBe("closed");
  const late = await setup({ signal: AbortSignal.abort() });
  expect(late.relay.state.status).toBe("closed");
  expect(late.sockets).toEqual([]);
  expect(late.clock.pending).toBe(0);
});

Deno.test("a listener that closes in the middle of a change is obeyed", async () => {
  const { clock, relay, socket, sockets } = await setup();
  relay.addEventListener("state", () => relay.close());
  socket().ends(1006);
  await clock.advance(100_000);
  expect(relay.state.status).toBe("closed");
  expect(sockets.length).toBe(1);
  expect(clock.pending).toBe(0);
});

Deno.test("options that cannot work throw at once", () => {
  for (
    const options of [
      { backoff: { attempts: -1 } },
      { ack: { timeoutMs: NaN } },
      { outbox: { max: -5 } },
      { codec: "denbun.xml" as "denbun.json" },
    ]
  ) {
    expect(() => connect("https://example.test", options)).toThrow("Cannot connect");
  }
  expect(() => connect("ftp://example.test")).toThrow("Cannot connect");
  expect(() => connect("https://")).toThrow();
});

Deno.test("[C5] a token is renewed a minute before it expires, on the server's clock, over the same connection", async () => {
  let n = 0;
  const { clock, relay, sockets, welcome } = await setup({ token: () => `token-${++n}` });
  const socket = await welcome({ expiresAt: "2026-11-21T10:05:00.000Z" });
  await clock.advance(239_999);
  expect(socket.count("authenticate")).toBe(0);
  await clock.advance(1);
  const request = socket.take("authenticate");
  expect(request.payload).toEqual({ token: "token-2" });
  socket.says({
    type: "ack",
    messageId: request.messageId!,
    timestamp: "2026-11-21T10:04:00.000Z",
    payload: { success: true, expiresAt: "2026-11-21T10:05:00.000Z" },
  });
  await clock.advance(30_000);
  expect(socket.take("authenticate").payload).toEqual({ token: "token-3" });
  expect(sockets.length).toBe(1);
  relay.close();
  expect(clock.pending).toBe(0);
});

Deno.test("[C5] a renewal ends with its connection", async () => {
  let n = 0;
  const { clock, relay, socket, reconnect, welcome } = await setup({ token: () => `token-${++n}` });
  await welcome({ expiresAt: "2026-11-21T10:05:00.000Z" });
  await reconnect();
  await clock.advance(300_000);
  expect(socket().count("authenticate")).toBe(0);
  await reconnect();
  await welcome();
  relay.close();
  expect(clock.pending).toBe(0);
  const other = await setup({ token: () => "t" });
  await other.welcome({ expiresAt: "2026-11-21T10:05:00.000Z" });
  other.relay.close();
  expect(other.clock.pending).toBe(0);
});

Deno.test("[C5] a token that is refused or cannot be had is a problem, not an end", async () => {
  let fails = false;
  const { clock, relay, problems, welcome } = await setup({
    token: () => fails ? Promise.reject(new Error("no")) : "t",
  });
  const socket = await welcome({ expiresAt: "2026-11-21T10:00:10.000Z" });
  await clock.advance(5000);
  socket.refuses(socket.take("authenticate"), { code: "unauthorized" });
  expect(problems.map(({ error }) => error.code)).toEqual(["unauthorized"]);
  fails = true;
  socket.says({ type: "welcome", payload: {} }); // a second welcome changes nothing
  await settle();
  expect(relay.state.status).toBe("online");
  relay.close();
});
