/**
 * Reads the states of a game: the whole ones, and those that tell only what moved since.
 *
 *     import { connect } from "@denbun/client";
 *     import { type GameState, StateReader } from "@denbun/client/game";
 *     const room = connect("https://example.test").room("game:oshi");
 *     const reader = new StateReader();
 *     room.on("joined_room", () => reader.reset());
 *     room.on<"game_state", GameState>("game_state", (state) => {
 *       const whole = reader.read(state);
 *       if (whole) draw(whole.players);
 *     });
 *
 * @module
 */
import type { GameDelta, GameKeyState, GamePlayer } from "../protocol/messages.ts";

export type { GameDelta, GameKeyState, GamePlayer };

/** The payload of a `game_state`. */
export type GameState = GameKeyState | GameDelta;

/** Follows the states of a room as they come: late, more than once, from an owner that is none any more, or not. */
export class StateReader {
  #key: GameKeyState | undefined;
  #tick = 0;

  /** The whole state after this one, or `undefined` when it says nothing new. */
  read(state: GameState): GameKeyState | undefined {
    const { term, tick } = state;
    // what an owner of before still had on its way must not be taken for what the present one says
    if (this.#key && (term < this.#key.term || term === this.#key.term && tick <= this.#tick)) {
      return undefined;
    }
    const whole = "base" in state ? this.#key && applyDelta(this.#key, state) : state;
    if (!whole) return undefined;
    if (!("base" in state)) this.#key = state;
    this.#tick = tick;
    return whole;
  }

  /** Forgets everything: after a new join whatever comes first counts. */
  reset(): void {
    this.#key = undefined;
  }
}

/** The whole state that a delta tells of; `undefined` when it is of another key state. */
function applyDelta(
  key: GameKeyState,
  { term, tick, base, moved }: GameDelta,
): GameKeyState | undefined {
  if (term !== key.term || base !== key.tick) return undefined;
  const width = key.fields.length + 1;
  const players = [...key.players];
  for (let at = 0; at < moved.length; at += width) {
    const player: Record<string, number | string> = { ...players[moved[at]!]! };
    for (const [n, field] of key.fields.entries()) {
      player[field] = Number(player[field]) + moved[at + 1 + n]!;
    }
    players[moved[at]!] = player as GamePlayer;
  }
  return { ...key, tick, players };
}
