import { expect } from "@std/expect";
import { guardMemory } from "../../src/transports/memory_guard.ts";
import { OpenSockets } from "../../src/transports/open_sockets.ts";
import { isolateMetrics } from "../../src/observability/metrics.ts";
import { silent } from "../../src/observability/log.ts";
import { FakeClock } from "../harness/mod.ts";
import { read } from "../observability/reading.ts";

/** Sockets by name, in the order they opened; of each when its last message came. `stubborn` ones do not go. */
function guarded(heard: Record<string, number>, { maxBytes = 100, stubborn = "" } = {}) {
  const clock = new FakeClock();
  const sockets = new OpenSockets();
  const metrics = isolateMetrics();
  const world = { bytes: 0, shed: [] as string[], overwhelmed: 0 };
  for (const [name, heardMs] of Object.entries(heard)) {
    sockets.enter({
      heardMs,
      shed() {
        world.shed.push(name);
        if (name !== stubborn) sockets.left(this);
      },
    });
  }
  const stop = guardMemory({
    clock,
    sockets,
    maxBytes,
    heldBytes: () => world.bytes,
    logger: silent,
    shed: metrics.counter("connections_shed_total"),
    overwhelmed: () => world.overwhelmed++,
  });
  return { clock, world, stop, count: () => read(metrics, "connections_shed_total") };
}

const names = (count: number) => Array.from({ length: count }, (_, n) => `s${n}`);
const allSilent = (count: number) => Object.fromEntries(names(count).map((name) => [name, 0]));

Deno.test("[H0] as long as there is memory nobody ends, however silent", async () => {
  const { clock, world, stop } = guarded(allSilent(10));
  world.bytes = 100;
  await clock.advance(60_000);
  expect(world.shed).toEqual([]);
  stop();
  expect(clock.timers).toBe(0);
});

Deno.test("[H0] over the limit the newest silent ones end, twice as many each time, until it is enough", async () => {
  const { clock, world, stop, count } = guarded(allSilent(40));
  await clock.advance(2000);
  world.bytes = 101;
  await clock.advance(250);
  expect(world.shed).toEqual(["s39", "s38"]);
  await clock.advance(250);
  expect(world.shed).toHaveLength(6);
  world.bytes = 100;
  await clock.advance(250);
  expect(world.shed).toHaveLength(6);
  world.bytes = 101;
  await clock.advance(250);
  expect(world.shed).toHaveLength(8);
  expect([count(), world.overwhelmed]).toEqual([8, 0]);
  stop();
});

Deno.test("[H0] who completed a message in the last second stays", async () => {
  const { clock, world, stop } = guarded({ quiet: 0, busy: 1500, busier: 2000 });
  await clock.advance(1999);
  world.bytes = 101;
  await clock.advance(251);
  expect(world.shed).toEqual(["quiet"]);
  stop();
});

Deno.test("[H0] where one that was told to go does not, and memory is short, the isolate has to end: said once", async () => {
  const { clock, world } = guarded(allSilent(8), { stubborn: "s7" });
  await clock.advance(2000);
  world.bytes = 101;
  await clock.advance(1000);
  expect([world.shed.length, world.overwhelmed]).toEqual([8, 0]);
  await clock.advance(250);
  expect(world.overwhelmed).toBe(1);
  await clock.advance(10_000);
  expect(world.overwhelmed).toBe(1);
  expect(clock.timers).toBe(0);
});

Deno.test("[H0] one that does not go harms nobody once there is memory again", async () => {
  const { clock, world, stop } = guarded(allSilent(1), { stubborn: "s0" });
  await clock.advance(2000);
  world.bytes = 101;
  await clock.advance(250);
  world.bytes = 100;
  await clock.advance(10_000);
  expect([world.shed.length, world.overwhelmed]).toEqual([1, 0]);
  stop();
});

Deno.test("[H0] a limit of 0 is none", () => {
  const { clock } = guarded(allSilent(1), { maxBytes: 0 });
  expect(clock.timers).toBe(0);
});
