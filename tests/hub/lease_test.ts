import { expect } from "@std/expect";
import { Lease } from "../../src/hub/lease.ts";
import { memory } from "../../src/stores/memory.ts";
import { changedSource } from "../harness/changed_source.ts";
import { FakeClock } from "../harness/clock.ts";
import { ControlledStore } from "../harness/store.ts";
import { judgeLeases, type LeaseRun, runLeases } from "./lease_world.ts";

const SEEDS = 300;

interface Owner {
  readonly lease: Lease;
  readonly told: string[];
}

/** Nodes that want one name, on a clock and a store the test has in its hand. */
class World {
  readonly clock = new FakeClock();
  readonly store = new ControlledStore(memory({ now: () => this.clock.now() }));

  node(ownerId: string, note?: () => string): Owner {
    const told: string[] = [];
    const lease = new Lease({
      table: this.store,
      clock: this.clock,
      name: "game:tea",
      ownerId,
      ...note && { note },
    }, {
      won: (term, note) => told.push(`won ${term} ${note ?? "-"}`),
      lost: () => told.push("lost"),
      failed: () => told.push("failed"),
    });
    return { lease, told };
  }
}

Deno.test("a lease has one owner; the others wait", async () => {
  const world = new World();
  const one = world.node("one");
  const other = world.node("other");
  await world.clock.advance(20_000);
  expect([one.told, other.told]).toEqual([["won 1 -"], []]);
  expect([one.lease.term, other.lease.term]).toEqual([1, undefined]);
});

Deno.test("terms go on where they were when the store was emptied, for owner and watcher alike", async () => {
  const world = new World();
  const nodes = [world.node("one"), world.node("other")];
  await world.clock.advance(20_000);
  const renewed = (await world.store.get("lease", "game:tea"))!.version;
  expect(renewed).toBeGreaterThan(10);
  await world.store.delete("lease", "game:tea");
  await world.clock.advance(1000);
  const owners = nodes.filter(({ lease }) => lease.term !== undefined);
  expect(owners).toHaveLength(1);
  // a watcher looks twice a second: of the owner's last renewal it may not know yet, of its term it does
  expect(owners[0]!.lease.term).toBeGreaterThanOrEqual(renewed);
  await Promise.all(nodes.map(({ lease }) => lease.close()));
  const late = world.node("late");
  await world.clock.settle();
  expect(late.lease.term).toBeGreaterThan(renewed);
  await late.lease.close();
});

Deno.test("a lease that is given back is there for the next at once, its note with it", async () => {
  const world = new World();
  const one = world.node("one", () => "the score");
  await world.clock.settle();
  const other = world.node("other");
  one.lease.close();
  await world.clock.settle();
  expect(one.lease.term).toBeUndefined();
  other.lease.look();
  await world.clock.settle();
  expect(other.told).toEqual(["won 3 the score"]);
  other.lease.close();
  await world.clock.advance(5000);
  expect([one.told, world.clock.timers]).toEqual([["won 1 -"], 0]);
});

Deno.test("what an owner that died leaves behind is taken within three seconds, under a higher term", async () => {
  const world = new World();
  const one = world.node("one", () => "the score");
  const other = world.node("other");
  await world.clock.advance(1200);
  const term = one.lease.term!;
  // a dead node asks for nothing any more
  const dead = world.store.put;
  world.store.put = (table, key, value, options) =>
    value.includes('"one"') ? new Promise(() => {}) : dead.call(world.store, table, key, value, options);
  await world.clock.advance(3000);
  expect(other.lease.term).toBeGreaterThan(term);
  expect(other.told).toEqual([`won ${other.lease.term} the score`]);
});

Deno.test("an owner that cannot renew stops before anybody else begins", async () => {
  const world = new World();
  const one = world.node("one");
  await world.clock.settle();
  world.store.failing = "before";
  await world.clock.advance(1499);
  expect(one.lease.term).toBe(1);
  await world.clock.advance(1);
  expect(one.lease.term).toBeUndefined();
  world.store.failing = undefined;
  await world.clock.advance(1000);
  // nobody took it meanwhile: it is the same term still
  expect(one.lease.term).toBe(1);
  expect(one.told.filter((what) => what !== "failed")).toEqual(["won 1 -"]);
});

Deno.test("a renewal whose answer was lost is looked up, not taken for a loss", async () => {
  const world = new World();
  const one = world.node("one");
  await world.clock.settle();
  world.store.failing = "after";
  await world.clock.advance(600);
  world.store.failing = undefined;
  await world.clock.advance(5000);
  expect(one.lease.term).toBe(1);
  expect(one.told).toEqual(["won 1 -", "failed"]);
});

Deno.test("a row that says nothing counts as free, and its version all the same", async () => {
  const world = new World();
  await world.store.put("lease", "game:tea", '"{{"');
  await world.store.put("lease", "game:tea", "{{");
  const one = world.node("one");
  await world.clock.settle();
  expect(one.told).toEqual(["won 3 -"]);
});

const seeds = (Parts: typeof Lease) => Promise.all(range(SEEDS).map((seed) => runLeases(seed, Parts)));

Deno.test("of paused nodes, clocks that run apart and a store that fails, no two ever act at a time", async () => {
  const runs = await seeds(Lease);
  expect(runs.map(judgeLeases).filter((violation) => violation !== undefined)).toEqual([]);
  // something happened: leases changed hands, and were held most of the time
  expect(sum(runs, ({ acts }) => new Set(acts.map(({ term }) => term)).size)).toBeGreaterThan(3 * SEEDS);
  expect(sum(runs, ({ acts }) => acts.length)).toBeGreaterThan(SEEDS * 100);
});

const mutants = [
  {
    name: "acts without looking at the clock",
    from: "return this.#held && clock.monotonic() < this.#held.untilMs ? this.#held.term : undefined;",
    to: "void clock;\n    return this.#held?.term;",
  },
  {
    name: "counts its time from the answer",
    from: "    held.untilMs = sentMs + HOLD_MS;",
    to: "    void sentMs;\n    held.untilMs = this.#options.clock.monotonic() + HOLD_MS;",
  },
  {
    name: "writes over whatever is there",
    from: "      ifVersion,\n",
    to: "      ...ifVersion < 0 && { ifVersion },\n",
  },
  {
    name: "takes what it has not seen for long",
    from: "const PATIENCE_MS = 1700;",
    to: "const PATIENCE_MS = 800;",
  },
];

for (const { name, from, to } of mutants) {
  Deno.test(`the runs find a lease that ${name}`, async () => {
    const source = await changedSource([{ file: "hub/lease.ts", from, to }]);
    const parts: { Lease: typeof Lease } = await import(new URL("hub/lease.ts", source).href);
    const violations = (await seeds(parts.Lease)).map(judgeLeases);
    expect(violations.filter((violation) => violation !== undefined).length).toBeGreaterThan(0);
    await Deno.remove(source, { recursive: true });
  });
}

function range(count: number): number[] {
  return Array.from({ length: count }, (_, n) => n + 1);
}

function sum(runs: readonly LeaseRun[], of: (run: LeaseRun) => number): number {
  return runs.reduce((total, run) => total + of(run), 0);
}
