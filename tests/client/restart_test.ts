import { expect } from "@std/expect";
import { connect } from "../../src/client/mod.ts";
import { Harness } from "../harness/mod.ts";
import { FakeClock } from "./harness/fake_clock.ts";
import { FakeNetwork, FakeSocket } from "./harness/mod.ts";

const CLIENTS = 200;
/** Of all clients, how many may come back in one second. [X3] */
const MOST = CLIENTS * 0.15;

interface Drain {
  readonly retryAfterMs: number;
  readonly spreadMs?: number;
}

/** What a node tells its clients before it restarts: when each may come back. */
async function drains(): Promise<Drain[]> {
  using relay = new Harness();
  const clients = Array.from({ length: CLIENTS }, (_, n) => relay.connect(`user-${n}`));
  await relay.drain();
  return clients.map((client) => client.of("drain")[0] as unknown as Drain);
}

/** How many of the clients are back in each second after a restart of `downMs`, and how many handshakes that took. */
async function restart(told: readonly Drain[], downMs: number, seed: number) {
  const clock = new FakeClock();
  const random = dice(seed);
  let up = true;
  let handshakes = 0;
  const perSecond: number[] = [];
  const sockets: FakeSocket[] = [];
  const WebSocket = class extends FakeSocket {
    constructor(url: string, protocols: string[]) {
      super(url, protocols);
      handshakes++;
      if (up) sockets.push(this);
      queueMicrotask(() => up ? this.welcome() : this.ends(1006));
    }
  };
  const relays = told.map(() =>
    connect("http://relay.test", { clock, random, WebSocket, network: new FakeNetwork(), transports: ["ws"] })
  );
  await clock.advance(0);
  expect(sockets).toHaveLength(CLIENTS);
  const startMs = clock.now();
  for (const relay of relays) {
    relay.addEventListener("state", ({ detail }) => {
      if (detail.status !== "online") return;
      const second = Math.floor((clock.now() - startMs) / 1000);
      perSecond[second] = (perSecond[second] ?? 0) + 1;
    });
  }
  up = false;
  handshakes = 0;
  for (const [n, socket] of sockets.entries()) {
    socket.says({ type: "drain", payload: told[n] });
    socket.ends(1012);
  }
  await clock.advance(downMs);
  up = true;
  await clock.advance(60_000);
  for (const relay of relays) relay.close();
  return { busiest: Math.max(...perSecond.filter((count) => count)), handshakes, perSecond };
}

for (const downMs of [500, 2000, 5000, 15_000]) {
  Deno.test(`[X3] a restart of ${downMs} ms under 200 clients: no second holds more than 15 % of those who come back`, async () => {
    const { busiest, perSecond, handshakes } = await restart(await drains(), downMs, 1);
    expect(perSecond.reduce((sum, count) => sum + count, 0)).toBe(CLIENTS);
    expect(busiest).toBeLessThanOrEqual(MOST);
    // who came too early did not hammer
    expect(handshakes).toBeLessThanOrEqual(CLIENTS * 2);
  });
}

Deno.test("[X3] the control: told to come back at once, they come at once", async () => {
  const { busiest } = await restart(Array<Drain>(CLIENTS).fill({ retryAfterMs: 0 }), 1500, 1);
  expect(busiest).toBeGreaterThan(MOST);
});

Deno.test("[X3] the control: dice instead of the step bring those who came too early together", async () => {
  const told = (await drains()).map(({ retryAfterMs }) => ({ retryAfterMs }));
  const { busiest } = await restart(told, 15_000, 1);
  expect(busiest).toBeGreaterThan(MOST);
});

/** A small seeded generator. */
function dice(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}
