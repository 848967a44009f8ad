import * as z from "zod";
import type { Cancel, FeatureRoom, RoomLease } from "../../hub/feature.ts";
import { RelayError } from "../../protocol/errors.ts";
import type { User } from "../../protocol/messages.ts";
import { PlayerInput } from "../../protocol/schemas.ts";
import { ErrorCode, ServerType } from "../../protocol/wire.ts";
import { Game, type Said } from "./game.ts";
import type { GameRules } from "./rules.ts";
import { Ticker } from "./ticker.ts";

/** What the nodes that have a game's room open tell each other. */
const Note = z.discriminatedUnion("kind", [
  /** a player of another node said something */
  z.object({
    kind: z.literal("input"),
    userId: z.string().max(100),
    userName: z.string().max(64),
    seq: PlayerInput.shape.seq,
    window: PlayerInput.shape.window,
    inputs: z.array(z.unknown()).min(1).max(4),
  }),
  /** somebody joined there */
  z.object({ kind: z.literal("joined") }),
  /** somebody is there still */
  z.object({ kind: z.literal("here") }),
  /** the owner gave its lease back */
  z.object({ kind: z.literal("free") }),
]);
type Note = z.infer<typeof Note>;

/** How often a node says that it has the room open. */
const HERE_EVERY_MS = 2000;
/** An owner that heard of no other node for so long tells its states to its own members alone. */
const ALONE_MS = 7000;

/** What is running while this node owns the game. */
interface Running {
  readonly game: Game;
  readonly ticker: Ticker;
}

/**
 * A game's room on one node. On one of the nodes that have it open, the one that holds the lease, the world runs;
 * the others pass on what their players say, and wait to take over.
 */
export class Match {
  readonly #room: FeatureRoom;
  readonly #rules: GameRules;
  readonly #lease: RoomLease;
  #running: Running | undefined;
  #here: Cancel;
  /** when another node was last heard of */
  #othersMs: number;

  constructor(room: FeatureRoom, rules: GameRules) {
    this.#room = room;
    this.#rules = rules;
    this.#othersMs = room.clock.monotonic();
    this.#here = room.clock.after(HERE_EVERY_MS, this.#sayHere);
    this.#lease = room.lease({
      note: () => this.#keep(),
      won: (_term, note) => this.#run(note),
      lost: () => this.#stop(),
      failed: (error) => room.logger.warn("game_lease_waits", { roomId: room.id, reason: String(error) }),
    });
  }

  /** Somebody came in here, and is to see the whole soon. */
  joined(): void {
    if (this.#running) this.#running.game.wantKey();
    else this.#tell({ kind: "joined" });
  }

  /**
   * A player of this node said something.
   * @throws {RelayError} `bad_request`
   */
  input({ userId, userName }: User, said: Said): void {
    const inputs = this.#read(said.inputs);
    if (!inputs) {
      const { name } = this.#rules;
      throw new RelayError(ErrorCode.badRequest, `Cannot play "${name}": that is no input of this game`);
    }
    // as it was sent: the owner reads it by its own rules
    if (!this.#running) this.#tell({ kind: "input", userId, userName, ...said, inputs: [...said.inputs] });
    else this.#guarded(({ game }) => game.input({ id: userId, name: userName }, { ...said, inputs }));
  }

  /** Another node says something. */
  told(unknown: unknown): void {
    const note = Note.parse(unknown);
    if (note.kind === "free") return this.#lease.look();
    this.#othersMs = this.#room.clock.monotonic();
    if (note.kind === "here") return;
    if (note.kind === "joined") return this.#running?.game.wantKey();
    const { userId: id, userName: name, ...said } = note;
    const inputs = this.#read(said.inputs);
    if (inputs) this.#guarded(({ game }) => game.input({ id, name }, { ...said, inputs }));
  }

  /** A user is gone from the room. */
  left(userId: string): void {
    this.#guarded(({ game }) => game.leave(userId));
  }

  close(): void {
    const wasOwner = this.#running !== undefined;
    this.#here();
    this.#running?.ticker.close();
    // the game goes back with the lease, which may have to wait for a renewal
    this.#lease.close().then(() => {
      this.#running = undefined;
      if (wasOwner) this.#tell({ kind: "free" });
    });
  }

  /** Inputs by the rules, if all of them are. */
  #read(sent: readonly unknown[]): unknown[] | undefined {
    const inputs = sent.map((one) => this.#rules.input(one));
    return inputs.includes(undefined) ? undefined : inputs;
  }

  #run(kept: string | undefined): void {
    const { clock } = this.#room;
    // who else is there the owner before may have known
    this.#othersMs = clock.monotonic();
    const game = new Game(this.#rules, { kept, seed: this.#seed() });
    this.#running = { game, ticker: new Ticker(clock, (steps) => this.#tick(steps)) };
  }

  #stop(): void {
    this.#running?.ticker.close();
    this.#running = undefined;
  }

  #tick(steps: number): void {
    const { term } = this.#lease;
    // an owner that could not renew in time is none: another one may be at it already [F4]
    if (term === undefined) return;
    this.#guarded(({ game, ticker }) => {
      for (let n = 0; n < steps; n++) game.step();
      const state = game.state(this.#room.id, term, ticker.jitterMs);
      const here = this.#room.clock.monotonic() - this.#othersMs > ALONE_MS;
      this.#room.broadcast(ServerType.gameState, state, { key: "base" in state ? "moved" : "state", here });
    });
  }

  readonly #sayHere = (): void => {
    this.#here = this.#room.clock.after(HERE_EVERY_MS, this.#sayHere);
    if (!this.#running) this.#tell({ kind: "here" });
  };

  /** Rules are the application's own: where they fail the game begins anew, and nothing else is harmed. */
  #guarded(use: (running: Running) => void): void {
    const running = this.#running;
    if (!running) return;
    try {
      use(running);
    } catch (error) {
      this.#failed(error);
      try {
        running.game.restart(this.#seed());
      } catch (error) {
        this.#failed(error);
        this.#stop();
      }
    }
  }

  /** What cannot be kept is not: the lease must not be lost over it. */
  #keep(): string {
    try {
      return this.#running?.game.keep() ?? "";
    } catch (error) {
      this.#failed(error);
      return "";
    }
  }

  #failed(error: unknown): void {
    this.#room.logger.error("game_failed", error, { roomId: this.#room.id, game: this.#rules.name });
  }

  #seed(): number {
    return Math.floor(this.#room.clock.now()) % 2 ** 31;
  }

  #tell(note: Note): void {
    this.#room.tell(note);
  }
}
