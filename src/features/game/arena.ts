import type { GameRules, GameView, PlayerView } from "./rules.ts";

/**
 * Oshi, the bundled game: everybody is a stamp on a round sheet and pushes the others over its edge. Speeds are in
 * units a step; this is a stamp's radius in units.
 */
export const RADIUS = 300;
/** A stamp walks this fast in the end: the drag eats what the legs give. */
const ACCELERATION = 6;
const DRAG = 0.92;
const THRUST = 170;
/** How long a thrust weighs more than a walk, and until the next one. */
export const THRUST_STEPS = 14;
export const COOL_STEPS = 75;
const THRUST_MASS = 2.5;
const BOUNCE = 0.8;
/** How long one is away after a fall, and cannot be touched after coming back. */
export const AWAY_STEPS = 90;
const SAFE_STEPS = 60;
/** A fall counts for whoever touched one within this. */
const BLAME_STEPS = 180;
const PARTY = 3;
const MOST_BOTS = 2;
const BOTS = [["@tama", "Tama"], ["@kuro", "Kuro"]] as const;
const COLOURS = 12;

/** What moves: all that a browser needs to go on by itself for a moment. */
export interface Body {
  readonly id: string;
  x: number;
  y: number;
  /** degrees */
  rotation: number;
  vx: number;
  vy: number;
  /** steps that a thrust still lasts */
  thrust: number;
  /** steps until the next thrust */
  cool: number;
  /** above 0: steps until one is back; below 0: steps until one can be touched */
  away: number;
}

interface Fighter extends Body {
  readonly name: string;
  readonly colour: number;
  readonly bot: boolean;
  score: number;
  /** who touched it last, and for how many steps that counts */
  by: string;
  blame: number;
}

/** The sheet and everybody on it. */
export interface ArenaWorld {
  step: number;
  random: number;
  radius: number;
  fighters: Fighter[];
}

/** Where to, −1 to 1 each, and whether to thrust. On the wire `[x, y, thrust]` in hundredths. */
export interface ArenaInput {
  readonly x: number;
  readonly y: number;
  readonly thrust: boolean;
}

/** What seldom changes. */
export interface ArenaScene {
  readonly radius: number;
  /** name, score and colour by id */
  readonly people: Readonly<Record<string, readonly [name: string, score: number, colour: number]>>;
}

const rules: GameRules<ArenaWorld, ArenaInput> = {
  name: "oshi/1",
  maxPlayers: 60,

  create: (seed) => ({ step: 0, random: seed, radius: radiusFor(PARTY), fighters: [] }),

  input(sent) {
    if (!Array.isArray(sent) || sent.length !== 3 || !sent.every(Number.isFinite)) return undefined;
    const x = within(sent[0] / 100, 1);
    const y = within(sent[1] / 100, 1);
    const length = Math.max(1, Math.hypot(x, y));
    return { x: x / length, y: y / length, thrust: sent[2] > 0 };
  },

  enter(world, { id, name }) {
    world.fighters.push(newFighter(world, id, name, false));
  },

  leave(world, id) {
    world.fighters = world.fighters.filter((fighter) => fighter.id !== id);
  },

  step(world, inputs) {
    world.step++;
    inviteBots(world);
    const all = new Map(inputs);
    for (const fighter of world.fighters) if (fighter.bot) all.set(fighter.id, think(world, fighter));
    const hits = move(world.fighters, all);
    for (const [hit, by] of hits) blame(hit as Fighter, by as Fighter);
    for (const fighter of world.fighters) judge(world, fighter);
    const wanted = radiusFor(world.fighters.length);
    world.radius += within(wanted - world.radius, 10);
  },

  view({ fighters, radius }): GameView {
    const people: ArenaScene["people"] = Object.fromEntries(
      fighters.map(({ id, name, score, colour }) => [id, [name, score, colour] as const]),
    );
    // in steps, because a scene that changes is sent as a whole
    const scene: ArenaScene = { radius: Math.round(radius / 50) * 50, people };
    return { players: fighters.map(bodyView), scene };
  },
};

/** Oshi: a game for two to eight, or more, with bots for who comes alone. */
export const arena: GameRules = rules;

/** Bodies from what was sent of them. */
export function bodiesIn(players: readonly PlayerView[]): Body[] {
  return players.map((player) => ({ ...player }) as unknown as Body);
}

/**
 * One step of everything that moves, the same on both sides of the wire. Who has no input coasts.
 * @returns who was hit by whom
 */
export function move(bodies: readonly Body[], inputs: ReadonlyMap<string, ArenaInput>): [Body, Body][] {
  for (const body of bodies) walk(body, inputs.get(body.id));
  const hits: [Body, Body][] = [];
  for (const [n, one] of bodies.entries()) {
    for (const other of bodies.slice(n + 1)) {
      if (one.away === 0 && other.away === 0 && collide(one, other)) hits.push([one, other], [other, one]);
    }
  }
  return hits;
}

function walk(body: Body, input: ArenaInput | undefined): void {
  if (body.cool > 0) body.cool--;
  if (body.thrust > 0) body.thrust--;
  if (body.away !== 0) body.away -= Math.sign(body.away);
  if (body.away > 0) return;
  if (input) {
    const moves = input.x !== 0 || input.y !== 0;
    if (moves) body.rotation = Math.atan2(input.y, input.x) * 180 / Math.PI;
    body.vx += input.x * ACCELERATION;
    body.vy += input.y * ACCELERATION;
    if (input.thrust && body.cool === 0) {
      const angle = body.rotation * Math.PI / 180;
      body.vx += Math.cos(angle) * THRUST;
      body.vy += Math.sin(angle) * THRUST;
      body.cool = COOL_STEPS;
      body.thrust = THRUST_STEPS;
    }
  }
  body.vx *= DRAG;
  body.vy *= DRAG;
  body.x += body.vx;
  body.y += body.vy;
}

function collide(one: Body, other: Body): boolean {
  const dx = other.x - one.x;
  const dy = other.y - one.y;
  const distance = Math.hypot(dx, dy);
  if (distance >= 2 * RADIUS) return false;
  // two in one place part to the right and left
  const [nx, ny] = distance > 0 ? [dx / distance, dy / distance] : [1, 0];
  const apart = (2 * RADIUS - distance) / 2;
  one.x -= nx * apart;
  one.y -= ny * apart;
  other.x += nx * apart;
  other.y += ny * apart;
  const speed = (one.vx - other.vx) * nx + (one.vy - other.vy) * ny;
  if (speed <= 0) return true;
  const [mass, otherMass] = [massOf(one), massOf(other)];
  const impulse = (1 + BOUNCE) * speed / (1 / mass + 1 / otherMass);
  one.vx -= impulse / mass * nx;
  one.vy -= impulse / mass * ny;
  other.vx += impulse / otherMass * nx;
  other.vy += impulse / otherMass * ny;
  return true;
}

function massOf({ thrust }: Body): number {
  return thrust > 0 ? THRUST_MASS : 1;
}

function blame(hit: Fighter, by: Fighter): void {
  hit.by = by.id;
  hit.blame = BLAME_STEPS;
}

/** Who is over the edge falls; who was away long enough comes back. */
function judge(world: ArenaWorld, fighter: Fighter): void {
  if (fighter.blame > 0) fighter.blame--;
  if (fighter.away === 1) return place(world, fighter);
  if (fighter.away > 0 || Math.hypot(fighter.x, fighter.y) <= world.radius) return;
  fighter.away = AWAY_STEPS;
  const winner = fighter.blame > 0 && world.fighters.find(({ id }) => id === fighter.by);
  if (winner) winner.score++;
  fighter.blame = 0;
}

function place(world: ArenaWorld, fighter: Fighter): void {
  const angle = 2 * Math.PI * random(world);
  fighter.x = Math.cos(angle) * world.radius / 2;
  fighter.y = Math.sin(angle) * world.radius / 2;
  fighter.vx = fighter.vy = 0;
  fighter.rotation = angle * 180 / Math.PI - 180;
  fighter.away = -SAFE_STEPS;
}

function newFighter(world: ArenaWorld, id: string, name: string, bot: boolean): Fighter {
  const taken = new Set(world.fighters.map(({ colour }) => colour));
  const free = Array.from({ length: COLOURS }, (_, n) => n).find((n) => !taken.has(n));
  const colour = free ?? world.fighters.length % COLOURS;
  const at = { x: 0, y: 0, rotation: 0, vx: 0, vy: 0, thrust: 0, cool: 0, away: 0 };
  const fighter: Fighter = { id, name, colour, bot, score: 0, by: "", blame: 0, ...at };
  place(world, fighter);
  return fighter;
}

/** Nobody plays alone. */
function inviteBots(world: ArenaWorld): void {
  const bots = world.fighters.filter(({ bot }) => bot);
  const people = world.fighters.length - bots.length;
  const wanted = Math.min(MOST_BOTS, Math.max(0, PARTY - people));
  for (const { id } of bots.slice(wanted)) rules.leave(world, id);
  for (const [id, name] of BOTS.slice(bots.length, wanted)) {
    world.fighters.push(newFighter(world, id, name, true));
  }
}

/** Bots keep off the edge, go for the nearest, and thrust where it drives them outward, if they notice. */
function think(world: ArenaWorld, bot: Fighter): ArenaInput {
  const others = world.fighters.filter(({ id, away }) => id !== bot.id && away === 0);
  const prey = others.toSorted((a, b) => far(bot, a) - far(bot, b))[0];
  const atEdge = Math.hypot(bot.x, bot.y) > 0.75 * world.radius;
  const aim = atEdge || !prey ? { x: 0, y: 0 } : prey;
  const wobble = 0.5 * Math.sin(world.step / 25 + bot.colour);
  const angle = Math.atan2(aim.y - bot.y, aim.x - bot.x) + wobble;
  const outward = !!prey && Math.cos(angle) * prey.x + Math.sin(angle) * prey.y > 0;
  const near = !!prey && !atEdge && far(bot, prey) < 1300;
  const thrust = near && outward && random(world) < 0.06;
  return { x: 0.7 * Math.cos(angle), y: 0.7 * Math.sin(angle), thrust };
}

function far(one: Body, other: Body): number {
  return Math.hypot(one.x - other.x, one.y - other.y);
}

/** There is more room where there are more. */
function radiusFor(fighters: number): number {
  return 2400 + 750 * Math.sqrt(Math.max(PARTY, fighters));
}

function bodyView({ id, x, y, rotation, vx, vy, thrust, cool, away }: Body): PlayerView {
  return { id, x, y, rotation, vx, vy, thrust, cool, away };
}

function within(value: number, bound: number): number {
  return Math.max(-bound, Math.min(bound, value));
}

/** 0 ≤ n < 1, out of the world's own state (mulberry32). */
function random(world: ArenaWorld): number {
  world.random = (world.random + 0x6d2b79f5) | 0;
  let t = Math.imul(world.random ^ (world.random >>> 15), 1 | world.random);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
}
