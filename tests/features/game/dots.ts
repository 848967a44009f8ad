import type { GameRules, PlayerView } from "../../../src/features/game/rules.ts";

export interface Dots {
  players: PlayerView[];
  walls: number;
}

const rules: GameRules<Dots, [number, number] | "wall" | "throw"> = {
  name: "dots/1",
  maxPlayers: 3,
  create: () => ({ players: [], walls: 0 }),
  input: (sent) => (Array.isArray(sent) || typeof sent === "string" ? sent as [number, number] : undefined),
  enter: (world, { id }) => void world.players.push({ id, x: 0, y: 0, rotation: 0, heat: 1 }),
  leave: (world, id) => void (world.players = world.players.filter((player) => player.id !== id)),
  step(world, inputs) {
    world.players = world.players.map((player) => {
      const input = inputs.get(player.id);
      if (input === "throw") throw new Error("a mistake in the rules");
      if (input === "wall") world.walls++;
      return Array.isArray(input) ? { ...player, x: input[0], y: input[1] } : player;
    });
  },
  view: ({ players, walls }) => ({ players, scene: { walls } }),
};

/** A game of dots that go where they are told; an input is `[x, y]`, or a wish. */
export const dots: GameRules = rules;
