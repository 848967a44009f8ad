import { expect } from "@std/expect";
import fc from "fast-check";
import {
  arena,
  type ArenaInput,
  type ArenaWorld,
  bodiesIn,
  move,
  RADIUS,
} from "../../../src/features/game/arena.ts";

const still: ArenaInput = { x: 0, y: 0, thrust: false };

function newWorld(...ids: string[]): ArenaWorld {
  const world = arena.create(7) as ArenaWorld;
  for (const id of ids) arena.enter(world, { id, name: id.toUpperCase() });
  return world;
}

function run(
  world: ArenaWorld,
  steps: number,
  input: (id: string) => ArenaInput | undefined = () => still,
): void {
  for (let n = 0; n < steps; n++) {
    const inputs = world.fighters.filter(({ bot }) => !bot).map(({ id }) => [id, input(id)] as const);
    arena.step(world, new Map(inputs.filter(([, one]) => one !== undefined)));
  }
}

function body(world: ArenaWorld, id: string) {
  return world.fighters.find((fighter) => fighter.id === id)!;
}

Deno.test("[M25] a lone player has two bots to play with, two have one, three have none", () => {
  const counts = [[], ["a"], ["a", "b"], ["a", "b", "c"]].map((ids) => {
    const world = newWorld(...ids);
    run(world, 1);
    return world.fighters.filter(({ bot }) => bot).length;
  });
  expect(counts).toEqual([2, 2, 1, 0]);
  const world = newWorld();
  run(world, 1);
  for (const id of ["a", "b", "c"]) arena.enter(world, { id, name: id });
  run(world, 1);
  expect(world.fighters.map(({ id }) => id)).toEqual(["a", "b", "c"]);
});

Deno.test("[M25] who is pushed over the edge falls, the pusher scores, and the fallen comes back", () => {
  const world = newWorld("a", "b", "c");
  run(world, 61);
  Object.assign(body(world, "a"), { x: world.radius - 900, y: 0 });
  Object.assign(body(world, "b"), { x: world.radius - 250, y: 0 });
  Object.assign(body(world, "c"), { x: -2000, y: 0 });
  body(world, "a").rotation = 0;
  run(world, 1, (id) => ({ ...still, x: id === "a" ? 1 : 0, thrust: id === "a" }));
  run(world, 30);
  expect(body(world, "b").away).toBeGreaterThan(0);
  expect(body(world, "a").score).toBe(1);
  run(world, 90);
  expect(body(world, "b").away).toBeLessThanOrEqual(0);
  expect(Math.hypot(body(world, "b").x, body(world, "b").y)).toBeLessThan(world.radius);
});

Deno.test("[M25] bots play: in a minute somebody has fallen, and nobody stands in a corner for ever", () => {
  const world = newWorld("a");
  run(world, 60 * 60);
  expect(world.fighters.reduce((sum, { score }) => sum + score, 0)).toBeGreaterThan(0);
});

Deno.test("[F4a] an input of any shape is one of the game or none, and takes no one faster than the others", () => {
  fc.assert(fc.property(fc.anything(), (sent) => {
    const input = arena.input(sent) as ArenaInput | undefined;
    if (input) expect(Math.hypot(input.x, input.y)).toBeLessThanOrEqual(1.000001);
  }));
  const numbers = fc.oneof(fc.double(), fc.integer(), fc.constantFrom(NaN, Infinity, -Infinity, 1e308));
  fc.assert(fc.property(fc.tuple(numbers, numbers, numbers), (sent) => {
    const input = arena.input(sent) as ArenaInput | undefined;
    expect(input !== undefined).toBe(sent.every(Number.isFinite));
    if (input) expect(Math.hypot(input.x, input.y)).toBeLessThanOrEqual(1.000001);
  }));
});

Deno.test("[F4a] whatever they send, a world of players stays a world of numbers, and JSON", () => {
  const hundredths = fc.integer({ min: -150, max: 150 });
  const input = fc.tuple(hundredths, hundredths, fc.integer({ min: -1, max: 1 }));
  fc.assert(
    fc.property(fc.array(fc.array(input, { minLength: 4, maxLength: 4 }), { maxLength: 200 }), (script) => {
      const world = newWorld("a", "b", "c", "d");
      for (const inputs of script) {
        arena.step(world, new Map(["a", "b", "c", "d"].map((id, n) => [id, arena.input(inputs[n])])));
      }
      for (const player of arena.view(world).players) {
        for (const [field, value] of Object.entries(player)) {
          if (field !== "id") expect(Number.isFinite(value)).toBe(true);
        }
        expect(Math.hypot(player.x, player.y)).toBeLessThan(3 * world.radius);
      }
      expect(JSON.parse(JSON.stringify(world))).toEqual(world);
    }),
    { numRuns: 30 },
  );
});

Deno.test("[F4] the same world and the same inputs are the same game: what is random is in the world", () => {
  const one = newWorld("a", "b");
  run(one, 100);
  const other = JSON.parse(JSON.stringify(one)) as ArenaWorld;
  run(one, 500, (id) => ({ x: id === "a" ? 1 : -1, y: 0.3, thrust: true }));
  run(other, 500, (id) => ({ x: id === "a" ? 1 : -1, y: 0.3, thrust: true }));
  expect(other).toEqual(one);
});

Deno.test("[M25] a browser that goes on by itself from what it was told is where the server is", () => {
  const world = newWorld("a", "b", "c");
  run(world, 61);
  const told = arena.view(world).players.map((player) => {
    const whole = Object.entries(player).map((
      [field, value],
    ) => [field, field === "id" ? value : Math.round(Number(value))]);
    return Object.fromEntries(whole);
  });
  const bodies = bodiesIn(told);
  const input: ArenaInput = { x: 0.8, y: -0.6, thrust: true };
  for (let n = 0; n < 12; n++) {
    run(world, 1, (id) => id === "a" ? input : undefined);
    move(bodies, new Map([["a", input]]));
  }
  const [there, here] = [body(world, "a"), bodies.find(({ id }) => id === "a")!];
  // rounding is all that is between them
  expect(Math.hypot(there.x - here.x, there.y - here.y)).toBeLessThan(RADIUS / 20);
});
