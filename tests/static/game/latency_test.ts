import { expect } from "@std/expect";
import { arena, type ArenaWorld, type Body } from "../../../src/features/game/arena.ts";
import { Game } from "../../../src/features/game/game.ts";
import type { GameRules } from "../../../src/features/game/rules.ts";
import { type GameState, StateReader } from "../../../src/client/game.ts";
import { Prediction, type SentInput } from "../../../static/game/model/prediction.ts";
import { Random } from "../../simulation/random.ts";

/** The bundled game without its bots: nobody pushes. */
const alone: GameRules = {
  ...arena,
  step(world, inputs) {
    arena.step(world, inputs);
    const { fighters } = world as ArenaWorld;
    for (const { id, bot } of [...fighters]) if (bot) arena.leave(world, id);
  },
};

/** Runs circles for some seconds over a network of so many steps each way; what was seen of oneself, step by step. */
function play({ wayThere, unsteady, lost }: { wayThere: number; unsteady: number; lost: number }): Body[] {
  const random = new Random(7);
  const game = new Game(alone, { kept: undefined, seed: 1 });
  const [reader, prediction] = [new StateReader(), new Prediction()];
  const up: { at: number; message: { seq: number; input: SentInput; earlier: SentInput[] } }[] = [];
  const down: { at: number; state: GameState }[] = [];
  const seen: Body[] = [];
  const arrives = (step: number) => step + wayThere + random.below(unsteady + 1);
  for (let step = 0; step < 600; step++) {
    const angle = step / 15;
    prediction.step("anna", [Math.round(60 * Math.cos(angle)), Math.round(60 * Math.sin(angle)), 0]);
    const { message } = prediction;
    if (step % 2 === 0 && message && !random.chance(lost)) up.push({ at: arrives(step), message });
    for (const { message: { seq, input, earlier } } of take(up, step)) {
      const inputs = [input, ...earlier].map((one) => arena.input(one));
      game.input({ id: "anna", name: "Anna" }, { seq, inputs, window: "" });
    }
    game.step();
    down.push({ at: arrives(step), state: game.state("game:tea", 1, 0) });
    for (const { state } of take(down, step)) {
      const whole = reader.read(state);
      if (whole) prediction.correct("anna", whole.players);
    }
    const own = prediction.own("anna", 1);
    if (own) seen.push(own);
  }
  // what was seen before the first answers settled does not count
  return seen.slice(120);
}

function take<T extends { at: number }>(queue: T[], step: number): T[] {
  const due = queue.filter(({ at }) => at <= step);
  for (const one of due) queue.splice(queue.indexOf(one), 1);
  return due;
}

/** The largest change of pace from one step to the next: a jerk is seen. */
function worstJerk(seen: readonly Body[]): number {
  const paces = seen.slice(1).map(({ x, y }, at) => [x - seen[at]!.x, y - seen[at]!.y] as const);
  return Math.max(...paces.slice(1).map(([x, y], at) => Math.hypot(x - paces[at]![0], y - paces[at]![1])));
}

Deno.test("[M25] 150 ms away one's own stamp runs as smoothly as at home", () => {
  const home = worstJerk(play({ wayThere: 0, unsteady: 0, lost: 0 }));
  expect(worstJerk(play({ wayThere: 5, unsteady: 0, lost: 0 }))).toBeLessThan(home + 5);
});

Deno.test("[M25] over an unsteady network that loses frames it still runs without a jump", () => {
  // a stamp's radius is 300: a tenth of it in a step is hardly seen
  expect(worstJerk(play({ wayThere: 4, unsteady: 3, lost: 0.05 }))).toBeLessThan(30);
});

Deno.test("[M25] a page that did not predict would be seen to be late: the measure tells the difference", () => {
  const seen = play({ wayThere: 5, unsteady: 0, lost: 0 });
  const late = seen.map((body, at) => at % 6 === 0 ? body : seen[at - at % 6]!);
  expect(worstJerk(late)).toBeGreaterThan(100);
});
