import type { GameKeyState, GamePlayer } from "../../../src/protocol/messages.ts";
import { STEP_MS } from "../../../src/features/game/rules.ts";

/** The others are shown this much later than they were, so that there is a state on both sides of the moment. */
const DELAY_MS = 50;
/** States kept: a second of them. */
const KEPT = 60;
/** Who moves further than this in a step was put there. */
const JUMP = 900;
/** A clock that drifts away from the server's is followed, slowly. */
const FOLLOWS = 0.01;

/** The states of the last moments, and where everybody was between two of them. */
export class Past {
  #states: GameKeyState[] = [];
  /** how much later than its step a state arrives, at the best */
  #lagMs = Infinity;

  add(state: GameKeyState, nowMs: number): void {
    if (this.#states.at(-1)?.term !== state.term) this.reset();
    const lagMs = nowMs - state.tick * STEP_MS;
    this.#lagMs = lagMs < this.#lagMs ? lagMs : this.#lagMs + (lagMs - this.#lagMs) * FOLLOWS;
    this.#states.push(state);
    if (this.#states.length > KEPT) this.#states.shift();
  }

  /** Everybody as they were a moment ago. */
  at(nowMs: number): readonly GamePlayer[] {
    const tick = (nowMs - DELAY_MS - this.#lagMs) / STEP_MS;
    const after = this.#states.findIndex((state) => state.tick > tick);
    const to = this.#states.at(after);
    const from = this.#states[after - 1];
    // before the first, or after the last: nothing is made up
    if (!to || !from || after <= 0) return to?.players ?? [];
    const part = (tick - from.tick) / (to.tick - from.tick);
    return to.players.map((player) => between(from.players.find(({ id }) => id === player.id), player, part));
  }

  reset(): void {
    this.#states = [];
    this.#lagMs = Infinity;
  }
}

function between(from: GamePlayer | undefined, to: GamePlayer, part: number): GamePlayer {
  if (!from || Math.hypot(to.x - from.x, to.y - from.y) > JUMP) return to;
  const turn = ((to.rotation - from.rotation + 540) % 360) - 180;
  return {
    ...to,
    x: from.x + (to.x - from.x) * part,
    y: from.y + (to.y - from.y) * part,
    rotation: from.rotation + turn * part,
  };
}
