import { expect } from "@std/expect";
import { connect } from "../../src/client/mod.ts";
import { Harness } from "../harness/mod.ts";
import { FakeClock } from "./harness/fake_clock.ts";
import { FakeNetwork, FakeSocket } from "./harness/mod.ts";

const CLIENTS = 200;
/** How long a restart takes. */
const DOWN_MS = 1500;

/** What a node tells its clients before it restarts: when each may come back. */
async function waitsOfDrain(): Promise<number[]> {
  using relay = new Harness();
  const clients = Array.from({ length: CLIENTS }, (_, n) => relay.connect(`user-${n}`));
  await relay.drain();
  return clients.map((client) => client.of("drain")[0]!.retryAfterMs as number);
}

/** How many of the clients are back in each second after the restart, and how many handshakes that took. */
async function restart(waits: readonly number[], seed: number) {
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
  const relays = waits.map(() =>
    connect("http://relay.test", { clock, random, WebSocket, network: new FakeNetwork(), transports: ["ws"] })
  );
  await clock.advance(0);
  expect(sockets).toHaveLength(CLIENTS);
  const downMs = clock.now();
  for (const relay of relays) {
    relay.addEventListener("state", ({ detail }) => {
      if (detail.status !== "online") return;
      const second = Math.floor((clock.now() - downMs) / 1000);
      perSecond[second] = (perSecond[second] ?? 0) + 1;
    });
  }
  up = false;
  handshakes = 0;
  for (const [n, socket] of sockets.entries()) {
    socket.says({ type: "drain", payload: { retryAfterMs: waits[n] } });
    socket.ends(1012);
  }
  await clock.advance(DOWN_MS);
  up = true;
  await clock.advance(60_000);
  for (const relay of relays) relay.close();
  return { busiest: Math.max(...perSecond.filter((count) => count)), handshakes, perSecond };
}

Deno.test("[X3] a restart under 200 clients: all come back, and no second holds more than 15 % of them", async () => {
  const waits = await waitsOfDrain();
  for (const seed of [1, 2, 3]) {
    // deno-lint-ignore no-await-in-loop -- one after the other
    const { busiest, perSecond, handshakes } = await restart(waits, seed);
    expect(perSecond.reduce((sum, count) => sum + count, 0)).toBe(CLIENTS);
    expect(busiest).toBeLessThanOrEqual(CLIENTS * 0.15);
    // who came too early did not hammer
    expect(handshakes).toBeLessThan(CLIENTS * 2);
  }
});

Deno.test("[X3] the control: told to come back at once, they come at once", async () => {
  const { busiest } = await restart(Array<number>(CLIENTS).fill(0), 1);
  expect(busiest).toBeGreaterThan(CLIENTS * 0.15);
});

/** A small seeded generator. */
function dice(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}
