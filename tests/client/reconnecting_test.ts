import { expect } from "@std/expect";
import { adviceFor } from "../../src/client/advice.ts";
import { backoffMs } from "../../src/client/backoff.ts";
import { failure, isSettled, settle, setup } from "./harness/mod.ts";

const DEFAULTS = { minMs: 1000, maxMs: 30_000, jitter: 0.5 };

/** Section X, row by row: what a relay that was online does next, and after how long at most. */
const TABLE: { code: number; then: "closed" | "reconnecting"; waitMs?: number }[] = [
  { code: 1000, then: "closed" },
  { code: 1001, then: "reconnecting", waitMs: 1000 },
  { code: 1012, then: "reconnecting", waitMs: 1000 },
  { code: 1003, then: "closed" },
  { code: 1007, then: "closed" },
  { code: 1008, then: "closed" },
  { code: 1009, then: "reconnecting", waitMs: 1000 },
  { code: 1011, then: "reconnecting", waitMs: 1000 },
  { code: 1013, then: "reconnecting", waitMs: 1000 },
  { code: 1006, then: "reconnecting", waitMs: 1000 },
  { code: 1005, then: "reconnecting", waitMs: 1000 },
  { code: 0, then: "reconnecting", waitMs: 1000 },
  { code: 4000, then: "reconnecting", waitMs: 1000 },
  { code: 4001, then: "reconnecting", waitMs: 1000 },
  { code: 4002, then: "reconnecting", waitMs: 1000 },
  { code: 4003, then: "reconnecting", waitMs: 5000 },
  { code: 4499, then: "reconnecting", waitMs: 1000 },
  { code: 4500, then: "closed" },
  { code: 4501, then: "closed" },
  { code: 4503, then: "closed" },
  { code: 4505, then: "closed" },
  { code: 4510, then: "closed" },
  { code: 4999, then: "closed" },
];

for (const { code, then, waitMs } of TABLE) {
  Deno.test(`[X] ${code}: ${then}`, async () => {
    const { clock, relay, socket, sockets, welcome } = await setup();
    await welcome();
    socket().ends(code, "why");
    if (waitMs === undefined) {
      expect(relay.state).toEqual({ status: "closed", code, reason: "why" });
      expect(clock.pending).toBe(0);
      await clock.advance(600_000);
      expect(sockets.length).toBe(1);
    } else {
      expect(relay.state).toEqual({ status: "reconnecting", attempt: 1, retryInMs: waitMs });
      await clock.advance(waitMs - 1);
      expect(sockets.length).toBe(1);
      await clock.advance(1);
      expect(sockets.length).toBe(2);
      expect(relay.state).toEqual({ status: "reconnecting", attempt: 1, retryInMs: 0 });
      await welcome();
      expect(relay.state.status).toBe("online");
      relay.close();
    }
  });
}

Deno.test("[X] codes that are newer than the client: 4000–4499 reconnect, 4500–4999 do not", () => {
  for (let code = 4000; code <= 4999; code++) {
    expect([code, adviceFor(code) === "stop"]).toEqual([code, code >= 4500]);
  }
});

Deno.test("[X] a refused connection ends for good on a stopping code too", async () => {
  const { relay, socket } = await setup();
  socket().ends(4505);
  expect(relay.state).toEqual({ status: "closed", code: 4505, reason: "" });
  expect((await failure(relay.ready)).code).toBe("closed");
});

Deno.test("[M11] the wait doubles from 1 s to 30 s and is spread over its upper half", () => {
  const bounds = (n: number) => [backoffMs(n, DEFAULTS, () => 0), backoffMs(n, DEFAULTS, () => 1)];
  expect([1, 2, 3, 4, 5, 6, 7, 50].map(bounds)).toEqual([
    [500, 1000],
    [1000, 2000],
    [2000, 4000],
    [4000, 8000],
    [8000, 16_000],
    [15_000, 30_000],
    [15_000, 30_000],
    [15_000, 30_000],
  ]);
});

Deno.test("[X] the reconnects of many clients are spread evenly over the window", () => {
  // an even spread of dice must stay one
  const waits = Array.from({ length: 2000 }, (_, i) => backoffMs(4, DEFAULTS, () => i / 2000));
  const tenths = Array<number>(10).fill(0);
  for (const wait of waits) tenths[Math.min(9, Math.floor((wait - 4000) / 400))]!++;
  expect([Math.min(...waits), Math.max(...waits)]).toEqual([4000, 7998]);
  expect(tenths).toEqual(Array(10).fill(200));
});

Deno.test("[M11] ten attempts by default, each after its wait, then gave_up for good", async () => {
  const { clock, relay, retry, socket, sockets, states } = await setup();
  const waits: number[] = [];
  while (relay.state.status !== "gave_up") {
    socket().ends(1006);
    if (relay.state.status === "reconnecting") waits.push(relay.state.retryInMs);
    await retry();
  }
  expect(waits).toEqual([1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000, 30_000, 30_000]);
  expect(relay.state).toEqual({ status: "gave_up", attempts: 10 });
  expect(states.at(-1)).toEqual({ status: "gave_up", attempts: 10 });
  expect((await failure(relay.ready)).code).toBe("gave_up");
  expect(clock.pending).toBe(0);
  await clock.advance(3_600_000);
  expect(sockets.length).toBe(11);
  relay.close();
});

Deno.test("[M11] reconnectNow() begins again after gave_up, with a new ready", async () => {
  const { relay, socket, sockets, welcome } = await setup({ backoff: { attempts: 0 } });
  socket().ends(1006);
  expect(relay.state).toEqual({ status: "gave_up", attempts: 0 });
  relay.reconnectNow();
  expect(relay.state).toEqual({ status: "connecting" });
  await settle();
  expect(sockets.length).toBe(2);
  expect(await isSettled(relay.ready)).toBe(false);
  await welcome();
  await relay.ready;
  relay.close();
});

Deno.test("reconnectNow() ends a wait, and does nothing when connecting or online", async () => {
  const { relay, socket, sockets, welcome } = await setup();
  relay.reconnectNow();
  await welcome();
  relay.reconnectNow();
  await settle();
  expect(sockets.length).toBe(1);
  socket().ends(1006);
  relay.reconnectNow();
  await settle();
  expect(sockets.length).toBe(2);
  relay.close();
});

Deno.test("attempts: Infinity never gives up", async () => {
  const { relay, retry, socket } = await setup({ backoff: { attempts: Infinity } });
  for (let n = 1; n <= 100; n++) {
    socket().ends(1006);
    expect(relay.state).toMatchObject({ status: "reconnecting", attempt: n });
    await retry();
  }
  relay.close();
});

Deno.test("[X] attempts are counted on until a connection was stable for a minute", async () => {
  const { clock, relay, socket, reconnect, welcome } = await setup();
  await welcome();
  await reconnect();
  await clock.advance(59_999);
  socket().ends(1006);
  expect(relay.state).toMatchObject({ attempt: 2 });
  await clock.advance(2000);
  await welcome();
  await clock.advance(60_000);
  socket().ends(1006);
  expect(relay.state).toMatchObject({ attempt: 1 });
  relay.close();
});

Deno.test("[X] after a drain the server's wait is kept to the millisecond, once", async () => {
  const { clock, relay, socket, sockets, welcome } = await setup();
  (await welcome()).says({ type: "drain", payload: { retryAfterMs: 7321 } });
  expect(relay.state.status).toBe("online");
  socket().ends(1012);
  expect(relay.state).toEqual({ status: "reconnecting", attempt: 1, retryInMs: 7321 });
  await clock.advance(7320);
  expect(sockets.length).toBe(1);
  await clock.advance(1);
  expect(sockets.length).toBe(2);
  socket().ends(1006);
  expect(relay.state).toMatchObject({ attempt: 2, retryInMs: 2000 });
  relay.close();
});

Deno.test("[X] a drain that did not end its connection is forgotten with the next one", async () => {
  const { relay, socket, welcome } = await setup({ backoff: { attempts: 3 } });
  socket().says({ type: "drain", payload: { retryAfterMs: 9000 } });
  await welcome();
  socket().ends(1006);
  expect(relay.state).toMatchObject({ retryInMs: 1000 });
  relay.close();
});

Deno.test("the network coming back, or the page coming to the front, ends a wait at once", async () => {
  const { network, relay, socket, sockets, welcome } = await setup();
  await welcome();
  socket().ends(1006);
  network.goOnline();
  await settle();
  expect(sockets.length).toBe(2);
  socket().ends(1006);
  network.show();
  await settle();
  expect(sockets.length).toBe(3);
  relay.close();
});

Deno.test("without a network the relay is offline: attempts go on but do not end it", async () => {
  const { clock, network, relay, socket, sockets, states, welcome } = await setup({
    backoff: { attempts: 2 },
  });
  await welcome();
  network.goOffline();
  socket().ends(1006);
  expect(relay.state).toEqual({ status: "offline" });
  for (let i = 0; i < 5; i++) {
    await clock.advance(30_000);
    socket().ends(1006);
  }
  expect(sockets.length).toBeGreaterThan(4);
  expect(relay.state).toEqual({ status: "offline" });
  network.goOnline();
  expect(relay.state).toEqual({ status: "reconnecting", attempt: 1, retryInMs: 0 });
  await settle();
  await welcome();
  expect(states.map(({ status }) => status)).toEqual(["online", "offline", "reconnecting", "online"]);
  relay.close();
});

Deno.test("a wait turns to offline when the network goes", async () => {
  const { network, relay, socket } = await setup();
  socket().ends(1006);
  expect(relay.state.status).toBe("reconnecting");
  network.goOffline();
  expect(relay.state).toEqual({ status: "offline" });
  relay.close();
});

Deno.test("[C5] 4000 asks the provider for another token; other losses keep the one that worked", async () => {
  let n = 0;
  const { clock, relay, socket, reconnect, welcome } = await setup({ token: () => `t${++n}` });
  await welcome();
  await reconnect(1006);
  expect(socket().protocols[1]).toBe("bearer.t1");
  socket().ends(4000);
  await clock.advance(2000);
  expect(socket().protocols[1]).toBe("bearer.t2");
  relay.close();
});

Deno.test("an attempt without a welcome asks for a token again: it may have been refused", async () => {
  let n = 0;
  const { clock, relay, socket } = await setup({ token: () => `t${++n}` });
  socket().ends(1006);
  await clock.advance(1000);
  expect(socket().protocols[1]).toBe("bearer.t2");
  relay.close();
});

Deno.test("[C5] 4000 with a token that cannot be renewed ends the relay", async () => {
  const { relay, welcome } = await setup({ token: "fixed" });
  (await welcome()).ends(4000, "expired");
  expect(relay.state).toEqual({ status: "closed", code: 4000, reason: "expired" });
});
