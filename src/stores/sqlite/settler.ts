import type { Blocks } from "./blocks.ts";
import type { Journal } from "./journal.ts";
import type { Keys } from "./keys.ts";
import { type RoomTail, weightOf } from "./room_tail.ts";
import type { Rooms } from "./rooms.ts";
import type { Trimmer } from "./trimmer.ts";

export interface SettlerParts {
  readonly rooms: Rooms;
  readonly journal: Journal;
  readonly blocks: Blocks;
  readonly keys: Keys;
  readonly trimmer: Trimmer;
}

/** What is done in one piece: keys, weight of messages, journal rows. */
const KEYS = 256;
const WEIGHT = 128;
const ROWS = 64;
/** What a room costs besides its messages, in terms of one. */
const ROOM_COST = 8;
/** The least a step does. */
const STEP_COST = 512;

/** Moves messages from the journal into blocks, in small steps between commits. */
export class Settler {
  readonly #parts: SettlerParts;
  /** what is left of the round; each piece yields its cost, 2 for a small message */
  #round: Iterator<number> | undefined;
  /** what to spend for each 1 that comes in */
  #pace = 0;

  constructor(parts: SettlerParts) {
    this.#parts = parts;
  }

  get active(): boolean {
    return this.#round !== undefined;
  }

  /** Begins a round over everything that is unsettled now. */
  begin(): void {
    const tails = [...this.#parts.rooms.tails.values()].map((room) => [room, room.top] as const);
    const weight = tails.reduce((sum, [room]) => sum + room.weight, 0);
    // it ends when half as much again has come, so that what is unsettled stays bounded
    this.#pace = weight === 0 ? 0 : 2 * (2 * weight + ROOM_COST * tails.length) / weight;
    this.#round = this.#pieces(tails);
  }

  /** Goes on for a while, longer when more (in weight of messages) has come in. Belongs in a transaction. */
  step(came: number): void {
    for (let left = Math.max(STEP_COST, came * this.#pace); left > 0 && this.#round;) {
      const piece = this.#round.next();
      if (piece.done) this.#round = undefined;
      else left -= piece.value;
    }
    this.#parts.trimmer.visitNext();
  }

  *#pieces(tails: readonly (readonly [RoomTail, number])[]): Generator<number> {
    const { rooms, journal } = this.#parts;
    const last = journal.last;
    for (const [room, until] of tails) {
      const id = rooms.idOf(room);
      // keys first: until it is settled, a message's key is in memory too, and a second insert does nothing
      yield* this.#addKeys(id, room, until);
      yield* this.#moveEntries(id, room, until);
      if (room.length === 0) rooms.tails.delete(room.name);
      yield ROOM_COST;
    }
    while (!journal.drop(last, ROWS)) yield ROWS;
  }

  *#addKeys(id: number, room: RoomTail, until: number): Generator<number> {
    const { keys } = this.#parts;
    const sorted = keys.sorted(room.slice({ first: room.settled + 1, last: until }));
    for (let n = 0; n < sorted.length; n += KEYS) {
      const some = sorted.slice(n, n + KEYS);
      keys.add(id, some);
      yield some.length;
    }
  }

  *#moveEntries(id: number, room: RoomTail, until: number): Generator<number> {
    const { rooms, blocks, trimmer } = this.#parts;
    while (room.settled < until) {
      const entries = room.settle(until, WEIGHT);
      blocks.add(id, entries);
      trimmer.trim(room, entries.length);
      rooms.save(room);
      yield weightOf(entries);
    }
  }
}
