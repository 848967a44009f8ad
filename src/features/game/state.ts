import type { GameDelta, GameKeyState, GamePlayer } from "../../protocol/messages.ts";

/** The payload of a `game_state`. */
export type GameState = GameKeyState | GameDelta;

/** What moved since the key state, or `undefined` when it is not the same players any more. */
export function movedSince(key: GameKeyState, players: readonly GamePlayer[]): number[] | undefined {
  if (players.length !== key.players.length) return undefined;
  const moved: number[] = [];
  for (const [place, player] of players.entries()) {
    const before = key.players[place]!;
    if (player.id !== before.id) return undefined;
    if (key.fields.every((field) => player[field] === before[field])) continue;
    moved.push(place);
    for (const field of key.fields) moved.push(Number(player[field]) - Number(before[field]));
  }
  return moved;
}

/** The whole state that a delta tells of; `undefined` when it is of another key state. */
export function applyDelta(
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

/** The numbers of a player, in the order they are told in. */
export function fieldsOf(player: GamePlayer | undefined): string[] {
  return player ? Object.keys(player).filter((field) => field !== "id") : [];
}
