import { expect } from "@std/expect";
import { Neighbours } from "../../src/process/neighbours.ts";
import { memory } from "../../src/stores/memory.ts";
import { ControlledStore, FakeClock } from "../harness/mod.ts";

function world() {
  const clock = new FakeClock();
  const store = new ControlledStore(memory({ now: () => clock.now() }));
  const warned: unknown[] = [];
  const logger = {
    debug() {},
    info() {},
    warn: (event: string, fields = {}) => void warned.push([event, (fields as { nodeId?: string }).nodeId]),
    error() {},
  };
  const node = (nodeId: string, heard: string[] = []) => ({
    heard,
    neighbours: new Neighbours({ table: store, nodeId, heard: () => new Set(heard), clock, logger }),
  });
  return { clock, store, warned, node };
}

Deno.test("[S2] who serves the same rooms and is not heard is told, once, after a while", async () => {
  const { clock, warned, node } = world();
  const [one, two] = [node("one"), node("two", ["one"])];
  await clock.advance(6000);
  expect(one.neighbours.neighbourhood).toEqual({ others: 1, unheard: [] });
  await clock.advance(30_000);
  expect(one.neighbours.neighbourhood).toEqual({ others: 1, unheard: ["two"] });
  expect(two.neighbours.neighbourhood).toEqual({ others: 1, unheard: [] });
  expect(warned).toEqual([["neighbour_unheard", "two"]]);
  one.heard.push("two");
  await clock.advance(6000);
  expect(one.neighbours.neighbourhood).toEqual({ others: 1, unheard: [] });
  await Promise.all([one.neighbours.stop(), two.neighbours.stop()]);
  expect(clock.timers).toBe(0);
});

Deno.test("[S2] a neighbour that left or died is none any more, and a store that fails is not a reason to stop", async () => {
  const { clock, store, warned, node } = world();
  const everybody = ["one", "left", "died"];
  const [one, left, died] = [node("one", everybody), node("left", everybody), node("died", everybody)];
  await clock.advance(6000);
  expect(one.neighbours.neighbourhood.others).toBe(2);
  await left.neighbours.stop();
  await clock.advance(6000);
  expect(one.neighbours.neighbourhood.others).toBe(1);
  await died.neighbours.stop();
  // its row stays, as after a kill -9
  await store.put("nodes", "died", "1", { ttlMs: 15_000 });
  store.failing = "before";
  await clock.advance(20_000);
  store.failing = undefined;
  clock.wallMs += 20_000;
  await clock.advance(6000);
  expect(one.neighbours.neighbourhood).toEqual({ others: 0, unheard: [] });
  expect(warned).toEqual([]);
  await one.neighbours.stop();
});
