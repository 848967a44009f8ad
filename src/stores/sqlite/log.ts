import type { Range } from "../../hub/ports.ts";
import type { AppendAnswer, DraftTuple, EntryTuple, HeadTuple, PageAnswer } from "../calls.ts";
import { lowestKept, type Retention } from "../retention.ts";
import { windowOf } from "../window.ts";
import type { Blocks } from "./blocks.ts";
import type { Journal } from "./journal.ts";
import type { Keys } from "./keys.ts";
import type { Retained } from "./retained.ts";
import type { RoomTail } from "./room_tail.ts";
import type { Rooms } from "./rooms.ts";

export interface LogParts {
  readonly rooms: Rooms;
  readonly journal: Journal;
  readonly blocks: Blocks;
  readonly keys: Keys;
  readonly retained: Retained;
}

/** Rooms as logs: the settled part from blocks, the rest from memory. */
export class Log {
  readonly #parts: LogParts;
  readonly #retention: Retention;

  constructor(parts: LogParts, retention: Retention) {
    this.#parts = parts;
    this.#retention = retention;
  }

  /** Allots the offset. What it did is void unless the transaction around it is committed. */
  append(draft: DraftTuple): AppendAnswer {
    const [roomId, id, type, userId, userName, messageId, timestampMs, body] = draft;
    const { rooms, journal } = this.#parts;
    const room = rooms.open(roomId);
    const twin = room.twin(userId, messageId) ?? this.#settledTwin(room, userId, messageId);
    if (twin) return [twin[2] === type && twin[7] === body ? "duplicate" : "conflict", twin[1], twin[0]];
    const entry: EntryTuple = [room.top + 1, id, type, userId, userName, messageId, timestampMs, body];
    room.push(entry);
    rooms.keep(room);
    journal.add(roomId, entry);
    return entry[0];
  }

  read(roomId: string, range: Range): PageAnswer {
    const room = this.#parts.rooms.find(roomId);
    const [top, oldest] = this.#headOf(room);
    const { first, last } = windowOf(range, oldest, top);
    if (!room || first > last) return [top, oldest, []];
    const settled = room.id === undefined
      ? []
      : this.#parts.blocks.read(room.id, { first, last: Math.min(last, room.settled) });
    return [top, oldest, [...settled, ...room.slice({ first, last })]];
  }

  heads(roomIds: readonly string[]): HeadTuple[] {
    return roomIds.map((roomId) => this.#headOf(this.#parts.rooms.find(roomId)));
  }

  #headOf(room: RoomTail | undefined): HeadTuple {
    if (!room) return [0, 1];
    const retained = this.#parts.retained.of(room.name);
    return [room.top, lowestKept(room.top, room.oldest, this.#retention, retained)];
  }

  #settledTwin(room: RoomTail, userId: string, messageId: string): EntryTuple | undefined {
    if (room.id === undefined) return undefined;
    for (const offset of this.#parts.keys.candidates(room.id, userId, messageId)) {
      if (offset < room.oldest) continue;
      const entry = this.#parts.blocks.read(room.id, { first: offset, last: offset })[0];
      if (entry?.[3] === userId && entry[5] === messageId) return entry;
    }
    return undefined;
  }
}
