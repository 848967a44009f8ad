import { expect } from "@std/expect";
import fc from "fast-check";
import { Game, type Said } from "../../../src/features/game/game.ts";
import { type GameState, StateReader } from "../../../src/client/game.ts";
import { type Dots, dots } from "./dots.ts";

function newGame(kept?: string): Game {
  return new Game(dots, { kept, seed: 1 });
}

function said(seq: number, inputs: unknown[], window = ""): Said {
  return { seq, inputs, window };
}

/** Anna moves on by one step, and the state is told. */
function play(game: Game, seq: number, input: unknown = [seq, 0]): GameState {
  game.input({ id: "anna", name: "Anna" }, said(seq, [dots.input(input)]));
  game.step();
  return game.state("game:tea", 1, 0);
}

Deno.test("[F4b] a whole state first, then what moved since, the whole again after a second", () => {
  const game = newGame();
  const states = Array.from({ length: 130 }, (_, n) => play(game, n + 1));
  expect(states.flatMap((state, at) => "base" in state ? [] : [at])).toEqual([0, 60, 120]);
  expect(states[0]).toEqual({
    roomId: "game:tea",
    term: 1,
    tick: 1,
    players: [{ id: "anna", x: 0, y: 0, rotation: 0, heat: 1, lastSeq: 0 }],
    fields: ["x", "y", "rotation", "heat", "lastSeq"],
    scene: { walls: 0 },
    jitterMs: 0,
  });
  expect(states[10]).toMatchObject({ base: 1, moved: [0, 10, 0, 0, 0, 10] });
});

Deno.test("[F4b] the whole comes when players or scene changed and when it is asked for, ten times a second at most", () => {
  const game = newGame();
  for (let seq = 1; seq <= 3; seq++) play(game, seq);
  game.input({ id: "ben", name: "Ben" }, said(1, [dots.input([1, 1])]));
  expect(play(game, 4)).not.toHaveProperty("base");
  game.leave("ben");
  expect(play(game, 5)).not.toHaveProperty("base");
  const wishes = Array.from({ length: 60 }, (_, n) => {
    game.wantKey();
    return play(game, 6 + n);
  });
  expect(wishes.filter((state) => !("base" in state))).toHaveLength(10);
  play(game, 66, "wall");
  const walls = Array.from({ length: 25 }, (_, n) => play(game, 67 + n));
  expect(walls.filter((state) => !("base" in state))).toMatchObject([{ scene: { walls: 1 } }]);
});

Deno.test("[F4b] numbers are whole on the wire, and what is none is 0", () => {
  const game = newGame();
  const reader = new StateReader();
  reader.read(play(game, 1));
  game.input({ id: "anna", name: "Anna" }, said(3, [dots.input([1.6, NaN]), dots.input([Infinity, -0.4])]));
  const seen = Array.from({ length: 4 }, () => {
    game.step();
    return reader.read(game.state("game:tea", 1, 0))?.players[0];
  });
  expect(seen.map((player) => [player?.x, player?.y])).toEqual([[1, 0], [0, 0], [2, 0], [2, 0]]);
});

Deno.test("[F4b] whatever is lost, doubled or late: what a reader takes for the state was the state", () => {
  fc.assert(fc.property(
    fc.array(
      fc.record({
        input: fc.tuple(fc.integer(), fc.integer()),
        fate: fc.constantFrom("ok", "lost", "late", "twice"),
      }),
    ),
    fc.infiniteStream(fc.boolean()),
    (steps, joins) => {
      const game = newGame();
      const reader = new StateReader();
      const truth = new Map<number, unknown>();
      const late: GameState[] = [];
      let last = 0;
      for (const [n, { input, fate }] of steps.entries()) {
        if (n % 7 === 3 && joins.next().value) {
          game.input({ id: "ben", name: "Ben" }, said(n, [dots.input([n, n])]));
        }
        if (n % 7 === 5 && joins.next().value) game.leave("ben");
        const state = play(game, n + 1, input);
        truth.set(state.tick, peek(game));
        if (fate === "late") late.push(state);
        const arrive = fate === "lost" || fate === "late"
          ? []
          : fate === "twice"
          ? [state, state, ...late]
          : [state];
        for (const one of arrive) {
          const seen = reader.read(one);
          if (!seen) continue;
          expect(seen.tick).toBeGreaterThan(last);
          last = seen.tick;
          expect(seen.players.map(({ id, x, y }) => ({ id, x, y }))).toEqual(truth.get(seen.tick));
        }
      }
    },
  ));
});

/** Where everybody really is. */
function peek(game: Game): unknown {
  const { world } = JSON.parse(game.keep()) as { world: Dots };
  return world.players.map(({ id, x, y }) => ({ id, x, y }));
}

Deno.test("[F4c] what comes under a lower term is out of date, until one joins again", () => {
  const reader = new StateReader();
  const key = (term: number, tick: number): GameState => ({
    ...{ roomId: "game:tea", term, tick, players: [], fields: [], scene: {}, jitterMs: 0 },
  });
  const delta = (term: number, tick: number, base: number): GameState => ({
    ...{ roomId: "game:tea", term, tick, base, moved: [] },
  });
  const ticks = [
    key(1, 5),
    delta(1, 6, 5),
    delta(2, 6, 5),
    key(2, 4),
    delta(1, 7, 5),
    key(1, 60),
    delta(2, 5, 4),
  ]
    .map((state) => reader.read(state)?.tick);
  expect(ticks).toEqual([5, 6, undefined, 4, undefined, undefined, 5]);
  reader.reset();
  expect(reader.read(key(1, 1))?.tick).toBe(1);
});

Deno.test("[F4c] the next owner goes on with world, players and their numbers; who does not come back is out", () => {
  const game = newGame();
  for (let seq = 1; seq <= 9; seq++) play(game, seq);
  game.input({ id: "ben", name: "Ben" }, said(1, [dots.input([1, 1])]));
  const next = newGame(game.keep());
  const state = play(next, 10);
  expect(state).toMatchObject({ tick: 10, players: [{ id: "anna", x: 8, lastSeq: 8 }, { id: "ben" }] });
  for (let seq = 11; seq <= 11 + 5 * 60; seq++) play(next, seq);
  next.wantKey();
  expect(peek(next)).toMatchObject([{ id: "anna" }]);
});

Deno.test("[F4c] what is no world of these rules is not gone on with", () => {
  for (
    const kept of [
      "",
      "{",
      "null",
      "[]",
      '{"rules":"dots/0","tick":9,"world":{},"seqs":{}}',
      '{"rules":"dots/1"}',
    ]
  ) {
    expect(play(newGame(kept), 1)).toMatchObject({ tick: 1 });
  }
});

Deno.test("[F4c] a world that is too large for a store's row is not kept", () => {
  const game = newGame();
  const name = "名".repeat(12_000);
  game.input({ id: "anna", name }, said(1, [dots.input([1, 1])]));
  expect(game.keep()).toContain("anna");
  game.input({ id: name, name }, said(1, [dots.input([1, 1])]));
  expect(game.keep()).toBe("");
});

Deno.test("[F4a] more than there is room for only look on", () => {
  const game = newGame();
  for (let n = 0; n < 10; n++) game.input({ id: `user-${n}`, name: "" }, said(1, [dots.input([0, 0])]));
  game.step();
  expect(game.state("game:tea", 1, 0)).toMatchObject({
    players: [{ id: "user-0" }, { id: "user-1" }, { id: "user-2" }],
  });
});

Deno.test("[F4a] who says nothing for 20 s plays no longer, and is in again with the next input", () => {
  const game = newGame();
  play(game, 1);
  for (let n = 0; n < 20 * 60 + 1; n++) game.step();
  expect(game.state("game:tea", 1, 0)).toMatchObject({ players: [] });
  expect(play(game, 1)).toMatchObject({ players: [{ id: "anna" }] });
});

/** Which window moved Anna's dot in each of some steps, when two speak in turn and number their inputs alike. */
function turns(game: Game, from: number, steps: number, ...windows: string[]): (string | undefined)[] {
  const moved: (string | undefined)[] = [];
  for (let seq = from; seq < from + steps; seq++) {
    for (const [n, window] of windows.entries()) {
      game.input({ id: "anna", name: "Anna" }, said(seq, [dots.input([n + 1, 0])], window));
    }
    game.step();
    const { x } = new StateReader().read({ ...game.state("game:tea", seq, 0) })!.players[0]!;
    moved.push(windows[Number(x) - 1]);
  }
  return moved.slice(4);
}

Deno.test("[F4a] of a user's windows the newest plays, and those before it are told that they do not", () => {
  const game = newGame();
  expect(new Set(turns(game, 1, 20, "desk"))).toEqual(new Set(["desk"]));
  expect(game.state("game:tea", 99, 0)).not.toHaveProperty("former");
  expect(new Set(turns(game, 21, 20, "desk", "phone"))).toEqual(new Set(["phone"]));
  expect(game.state("game:tea", 100, 0)).toMatchObject({ former: { anna: ["desk"] } });
  // under another name the first one plays again
  expect(new Set(turns(game, 41, 20, "desk again", "phone"))).toEqual(new Set(["desk again"]));
  expect(game.state("game:tea", 101, 0)).toMatchObject({ former: { anna: ["desk", "phone"] } });
  game.leave("anna");
  expect(new Set(turns(game, 61, 20, "phone"))).toEqual(new Set(["phone"]));
});

Deno.test("[F4a] a window that counts from 1 plays as soon as it has heard where the numbers are", () => {
  const game = newGame();
  turns(game, 500, 20, "desk");
  turns(game, 1, 5, "phone");
  const { lastSeq } = new StateReader().read(game.state("game:tea", 9_999, 0))!.players[0]!;
  expect(lastSeq).toBeGreaterThanOrEqual(515);
  expect(new Set(turns(game, lastSeq + 1, 20, "phone"))).toEqual(new Set(["phone"]));
});
