import type { DatabaseSync } from "node:sqlite";
import type { EntryTuple } from "../calls.ts";
import type { Rooms } from "./rooms.ts";
import { prepare, type Statement } from "./statement.ts";

/** Room name, entry, room name, entry, … */
type JournalRow = (string | EntryTuple)[];

/** One row a commit: what the commit appended. */
export class Journal {
  readonly #insert: Statement<never>;
  readonly #all: Statement<{ seq: number; entries: string }>;
  readonly #drop: Statement<never>;
  #last = 0;
  #first = 1;
  #row: JournalRow = [];

  constructor(db: DatabaseSync) {
    this.#insert = prepare(db, "INSERT INTO journal (seq, entries) VALUES (?, ?)");
    this.#all = prepare(db, "SELECT seq, entries FROM journal ORDER BY seq");
    this.#drop = prepare(db, "DELETE FROM journal WHERE seq <= ?");
  }

  /** The number of the last commit. */
  get last(): number {
    return this.#last;
  }

  /** Puts what is not settled yet into the rooms. */
  load(rooms: Rooms): void {
    const rows = this.#all.all();
    this.#first = rows[0]?.seq ?? 1;
    this.#last = rows.at(-1)?.seq ?? 0;
    for (const { entries } of rows) {
      const row = JSON.parse(entries) as JournalRow;
      for (let i = 0; i < row.length; i += 2) {
        const entry = row[i + 1] as EntryTuple;
        const room = rooms.open(row[i] as string);
        if (entry[0] <= room.settled) continue;
        room.push(entry);
        rooms.keep(room);
      }
    }
  }

  add(roomName: string, entry: EntryTuple): void {
    this.#row.push(roomName, entry);
  }

  /** Writes the commit's row, even one without entries: the file counts its commits by it. */
  write(): void {
    this.#insert.run(this.#last + 1, JSON.stringify(this.#row));
    this.#row = [];
    this.#last++;
  }

  /** Drops rows up to `seq`, at most `limit` of them, and never the last. True when there are no more. */
  drop(seq: number, limit: number): boolean {
    const upTo = Math.min(seq, this.#last - 1);
    const until = Math.min(upTo, this.#first + limit - 1);
    this.#drop.run(until);
    this.#first = Math.max(this.#first, until + 1);
    return until >= upTo;
  }
}
