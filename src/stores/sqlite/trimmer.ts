import { mayGo, type Retention } from "../retention.ts";
import type { Blocks } from "./blocks.ts";
import type { Keys } from "./keys.ts";
import type { Retained } from "./retained.ts";
import type { RoomTail } from "./room_tail.ts";
import type { Rooms } from "./rooms.ts";

/** Blocks that may leave a room at once. */
const LIMIT = 8;

/** Lets messages go that retention no longer keeps, a whole block at a time. [R5] */
export class Trimmer {
  readonly #rooms: Rooms;
  readonly #blocks: Blocks;
  readonly #keys: Keys;
  readonly #retained: Retained;
  readonly #retention: Retention;
  /** the row of the room visited last */
  #visited = 0;

  constructor(
    parts: { rooms: Rooms; blocks: Blocks; keys: Keys; retained: Retained },
    retention: Retention,
  ) {
    this.#rooms = parts.rooms;
    this.#blocks = parts.blocks;
    this.#keys = parts.keys;
    this.#retained = parts.retained;
    this.#retention = retention;
  }

  /** Trims a room to which `added` messages came. True when it may have more to give. */
  trim(room: RoomTail, added: number): boolean {
    const id = this.#rooms.idOf(room);
    const nowMs = Date.now();
    const retained = this.#retained.of(room.name);
    const before = room.oldest;
    let n = 0;
    for (; n < LIMIT; n++) {
      const block = this.#blocks.first(id);
      // a block goes with its newest message
      if (!block || !mayGo(block.last, block.newest, room.settled, nowMs, this.#retention, retained)) break;
      this.#blocks.delete(id, block.last);
      room.oldest = block.last + 1;
    }
    const changed = Math.max(room.oldest - before, added);
    if (room.oldest > 1 && changed > 0) {
      const live = Math.max(1, room.settled - room.oldest + 1);
      this.#keys.sweep(id, room.oldest, 2 * changed / live);
    }
    return n === LIMIT;
  }

  /** Trims one of the rooms nobody writes to, in turn. */
  visitNext(): void {
    const room = this.#rooms.after(this.#visited);
    if (!room) {
      this.#visited = 0;
      return;
    }
    const busy = this.#rooms.tails.has(room.name);
    const oldest = room.oldest;
    const more = !busy && this.trim(room, 0);
    if (room.oldest > oldest) this.#rooms.save(room);
    if (!more) this.#visited = room.id!;
  }
}
