import type { GameRules, PlayerView } from "../../../src/features/game/rules.ts";

export interface Dots {
  players: PlayerView[];
  walls: number;
}

/** What an input is read as: not what it is sent as, so that nothing can be read twice unnoticed. */
type Wish = { readonly x: number; readonly y: number } | { readonly wish: string };

const rules: GameRules<Dots, Wish> = {
  name: "dots/1",
  maxPlayers: 3,
  create: () => ({ players: [], walls: 0 }),
  input(sent) {
    if (Array.isArray(sent)) return { x: sent[0], y: sent[1] };
    return typeof sent === "string" ? { wish: sent } : undefined;
  },
  enter: (world, { id }) => void world.players.push({ id, x: 0, y: 0, rotation: 0, heat: 1 }),
  leave: (world, id) => void (world.players = world.players.filter((player) => player.id !== id)),
  step(world, inputs) {
    world.players = world.players.map((player) => {
      const input = inputs.get(player.id);
      if (!input) return player;
      if (!("wish" in input)) return { ...player, ...input };
      if (input.wish === "throw") throw new Error("a mistake in the rules");
      if (input.wish === "wall") world.walls++;
      return player;
    });
  },
  view: ({ players, walls }) => ({ players, scene: { walls } }),
};

/** A game of dots that go where they are told; an input is `[x, y]`, or a wish. */
export const dots: GameRules = rules;
