import type { GameKeyState, GamePlayer } from "../../protocol/messages.ts";

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

/** The numbers of a player, in the order they are told in. */
export function fieldsOf(player: GamePlayer | undefined): string[] {
  return player ? Object.keys(player).filter((field) => field !== "id") : [];
}
