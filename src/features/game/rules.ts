/** A player as every client is told of it. All of it are whole numbers, beside the id. */
export interface PlayerView {
  /** the user's id; what is no user begins with `@` */
  readonly id: string;
  /** to the right */
  readonly x: number;
  /** down */
  readonly y: number;
  /** degrees, clockwise from the right */
  readonly rotation: number;
  /** whatever else the game says of each player: the same fields for all */
  readonly [field: string]: number | string;
}

/** A world as its players see it. */
export interface GameView {
  /** everybody who plays, in an order that stays */
  readonly players: readonly PlayerView[];
  /** What seldom changes, as JSON: scores, names, walls. It is sent anew as a whole when it did. */
  readonly scene: object;
}

/**
 * A game: pure rules over a world of plain JSON. The relay calls them 60 times a second on the one node that owns
 * the room; a browser may call the same ones to show a player's own moves before the server has answered. What is
 * random comes out of the world itself.
 */
export interface GameRules<World = unknown, Input = unknown> {
  /** tells kept worlds apart: change it when worlds of before can no longer be used */
  readonly name: string;
  /** more users than this only look on */
  readonly maxPlayers: number;
  /** An empty world; `seed` is a whole number. */
  create(seed: number): World;
  /** What a client sent, made into an input, or `undefined` when it is none. */
  input(sent: unknown): Input | undefined;
  /** A user begins to play. */
  enter(world: World, player: { readonly id: string; readonly name: string }): void;
  /** A user plays no longer. */
  leave(world: World, id: string): void;
  /** One 60th of a second. Who has no input let go of everything. */
  step(world: World, inputs: ReadonlyMap<string, Input>): void;
  /** The world as it is sent. */
  view(world: World): GameView;
}

/** Steps a second. */
export const STEPS_PER_SECOND = 60;
/** How long a step is, in ms. */
export const STEP_MS = 1000 / STEPS_PER_SECOND;
