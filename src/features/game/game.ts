import { byteLength } from "../../protocol/byte_length.ts";
import type { GameDelta, GameKeyState, GamePlayer } from "../../protocol/messages.ts";
import { fieldsOf, movedSince } from "./delta.ts";
import { Inputs } from "./inputs.ts";
import { type GameRules, type PlayerView, STEPS_PER_SECOND } from "./rules.ts";
import { Seats } from "./seats.ts";

/** Steps between two key states, at most. */
const KEY_EVERY = STEPS_PER_SECOND;
/** And at least: however often one is asked for, and however often the scene changes. */
const KEY_AFTER = 6;
const SCENE_AFTER = 20;
/** Who says nothing for so long plays no longer. */
const IDLE_STEPS = 20 * STEPS_PER_SECOND;
/** Who was there before the game changed its owner has so long to say something. */
const RETURN_STEPS = 5 * STEPS_PER_SECOND;
/** A larger world, in bytes, is not kept for the next owner and begins anew there: it has to fit into any store's row. */
const MOST_KEPT = 32 * 1024;

/** What a player says. */
export interface Said {
  /** the number of the newest input */
  readonly seq: number;
  /** the newest first */
  readonly inputs: readonly unknown[];
  /** the user's window that says it */
  readonly window: string;
}

/** What the next owner goes on with. */
interface Kept {
  /** whose rules it is a world of */
  readonly rules: string;
  readonly tick: number;
  readonly world: unknown;
  /** the number of each player's last input */
  readonly seqs: Readonly<Record<string, number>>;
}

/** One game that is played: a world, whoever plays in it, and what is told of it. It knows no clock and no room. */
export class Game {
  readonly #rules: GameRules;
  readonly #players = new Map<string, Inputs<unknown>>();
  readonly #seats = new Seats();
  #world: unknown;
  #tick = 0;
  #key: GameKeyState | undefined;
  #scene = "";
  #keyWanted = false;

  /** Goes on where `kept` ends, if that is a world of these rules; begins a new one otherwise. */
  constructor(rules: GameRules, { kept, seed }: { kept: string | undefined; seed: number }) {
    this.#rules = rules;
    const before = kept === undefined ? undefined : keptIn(kept, rules);
    this.#world = before?.world ?? rules.create(seed);
    if (!before) return;
    this.#tick = before.tick;
    for (const [id, lastSeq] of Object.entries(before.seqs)) {
      const inputs = new Inputs<unknown>(lastSeq);
      inputs.idleSteps = IDLE_STEPS - RETURN_STEPS;
      this.#players.set(id, inputs);
    }
  }

  /** Takes a player's inputs; who is new begins to play, as long as there is room. */
  input(player: { readonly id: string; readonly name: string }, { seq, inputs, window }: Said): void {
    let known = this.#players.get(player.id);
    if (!known) {
      if (this.#players.size >= this.#rules.maxPlayers) return;
      this.#rules.enter(this.#world, player);
      this.#players.set(player.id, known = new Inputs());
    }
    const turn = this.#seats.turnOf(player.id, window);
    if (turn === "former") return;
    if (turn === "takes over") {
      known.begin(seq);
      // both windows are to know
      this.wantKey();
    }
    known.add(seq, inputs);
  }

  leave(id: string): void {
    this.#seats.leave(id);
    if (this.#players.delete(id)) this.#rules.leave(this.#world, id);
  }

  /** The next state is a whole one. */
  wantKey(): void {
    this.#keyWanted = true;
  }

  /** One 60th of a second. */
  step(): void {
    const inputs = new Map<string, unknown>();
    for (const [id, waiting] of this.#players) {
      const input = waiting.take();
      if (input !== undefined) inputs.set(id, input);
      if (waiting.idleSteps > IDLE_STEPS) this.leave(id);
    }
    this.#rules.step(this.#world, inputs);
    this.#tick++;
  }

  /** What is to be told now: the whole, or what moved since the whole was told. */
  state(roomId: string, term: number, jitterMs: number): GameKeyState | GameDelta {
    const view = this.#rules.view(this.#world);
    const players = view.players.map((player) => this.#wholeNumbers(player));
    const tick = this.#tick;
    const scene = JSON.stringify(view.scene);
    const key = this.#key;
    const ageSteps = key?.term === term ? tick - key.tick : Infinity;
    const isDue = ageSteps >= KEY_EVERY || this.#keyWanted && ageSteps >= KEY_AFTER ||
      scene !== this.#scene && ageSteps >= SCENE_AFTER;
    const moved = key && !isDue ? movedSince(key, players) : undefined;
    if (key && moved) return { roomId, term, tick, base: key.tick, moved };
    this.#keyWanted = false;
    this.#scene = scene;
    const { former } = this.#seats;
    return this.#key = {
      roomId,
      term,
      tick,
      players,
      fields: fieldsOf(players[0]),
      scene: view.scene,
      ...former && { former },
      jitterMs: Math.round(jitterMs * 10) / 10,
    };
  }

  /** Begins anew, after rules that failed: whoever plays enters again with the next input. */
  restart(seed: number): void {
    this.#players.clear();
    this.#seats.clear();
    this.#world = this.#rules.create(seed);
    this.#key = undefined;
  }

  /** All that the next owner has to know, as JSON. */
  keep(): string {
    const seqs = Object.fromEntries([...this.#players].map(([id, { lastSeq }]) => [id, lastSeq]));
    const kept: Kept = { rules: this.#rules.name, tick: this.#tick, world: this.#world, seqs };
    const text = JSON.stringify(kept);
    return byteLength(text) > MOST_KEPT ? "" : text;
  }

  /** Whole numbers are short on the wire, and what is none must not get there. */
  #wholeNumbers(player: PlayerView): GamePlayer {
    const { id, x, y, rotation, ...more } = player;
    const whole: Record<string, number> = { x, y, rotation, ...more as Record<string, number> };
    for (const field in whole) {
      const value = whole[field]!;
      whole[field] = Number.isFinite(value) ? Math.round(value) || 0 : 0;
    }
    return { id, ...whole, lastSeq: this.#players.get(id)?.lastSeq ?? 0 } as GamePlayer;
  }
}

/** What an earlier owner kept, if it can be gone on with. */
function keptIn(text: string, rules: GameRules): Kept | undefined {
  try {
    const kept = JSON.parse(text) as Partial<Kept> | null;
    if (kept?.rules !== rules.name || !Number.isSafeInteger(kept.tick) || !kept.seqs) return undefined;
    return kept as Kept;
  } catch {
    return undefined;
  }
}
