import type { DatabaseSync } from "node:sqlite";
import { RoomTail } from "./room_tail.ts";
import { prepare, type Statement } from "./statement.ts";

interface RoomRow {
  readonly id: number;
  readonly name: string;
  readonly top: number;
  readonly oldest: number;
}

/** Rooms by name: those with unsettled messages are in memory, the others are read from the file. */
export class Rooms {
  /** in the order of their first unsettled message, roughly */
  readonly tails = new Map<string, RoomTail>();
  readonly #byName: Statement<RoomRow>;
  readonly #next: Statement<RoomRow>;
  readonly #insert: Statement<{ id: number }>;
  readonly #update: Statement<never>;

  constructor(db: DatabaseSync) {
    this.#byName = prepare(db, "SELECT id, name, top, oldest FROM rooms WHERE name = ?");
    this.#next = prepare(db, "SELECT id, name, top, oldest FROM rooms WHERE id > ? ORDER BY id LIMIT 1");
    this.#insert = prepare(db, "INSERT INTO rooms (name, top, oldest) VALUES (?, ?, ?) RETURNING id");
    this.#update = prepare(db, "UPDATE rooms SET top = ?, oldest = ? WHERE id = ?");
  }

  find(name: string): RoomTail | undefined {
    const tail = this.tails.get(name);
    if (tail) return tail;
    const row = this.#byName.get(name);
    return row && fromRow(row);
  }

  /** The room, or what it is before its first message. */
  open(name: string): RoomTail {
    return this.find(name) ?? new RoomTail(name, undefined, 0, 1);
  }

  /** Keeps a room in memory, as its messages are nowhere else. */
  keep(tail: RoomTail): void {
    this.tails.set(tail.name, tail);
  }

  /** The settled room whose row follows, for those who visit all of them in turn. */
  after(id: number): RoomTail | undefined {
    const row = this.#next.get(id);
    return row && fromRow(row);
  }

  /** The id of the room's row, which is made if need be. */
  idOf(tail: RoomTail): number {
    return tail.id ??= this.#insert.get(tail.name, tail.settled, tail.oldest)!.id;
  }

  save(tail: RoomTail): void {
    this.#update.run(tail.settled, tail.oldest, this.idOf(tail));
  }
}

function fromRow({ id, name, top, oldest }: RoomRow): RoomTail {
  return new RoomTail(name, id, top, oldest);
}
