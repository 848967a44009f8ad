import type { DatabaseSync } from "node:sqlite";
import type { EntryTuple } from "../calls.ts";
import type { Window } from "../window.ts";
import { prepare, type Statement } from "./statement.ts";

/** A block ends at this many entries, or characters of body: reading one message costs parsing its block. */
const BLOCK_ENTRIES = 64;
const BLOCK_CHARACTERS = 65_536;

export interface BlockEnd {
  /** the highest offset in the block */
  readonly last: number;
  /** its latest timestamp in ms */
  readonly newest: number;
}

/** Settled messages: runs of consecutive offsets of one room. */
export class Blocks {
  readonly #insert: Statement<never>;
  readonly #read: Statement<{ entries: string }>;
  readonly #first: Statement<BlockEnd>;
  readonly #delete: Statement<never>;

  constructor(db: DatabaseSync) {
    this.#insert = prepare(db, "INSERT INTO blocks (room, last, newest, entries) VALUES (?, ?, ?, ?)");
    this.#read = prepare(
      db,
      `SELECT entries FROM blocks WHERE room = ?1 AND last >= ?2
         AND last <= (SELECT min(last) FROM blocks WHERE room = ?1 AND last >= ?3) ORDER BY last`,
    );
    this.#first = prepare(db, "SELECT last, newest FROM blocks WHERE room = ? ORDER BY last LIMIT 1");
    this.#delete = prepare(db, "DELETE FROM blocks WHERE room = ? AND last = ?");
  }

  add(room: number, entries: readonly EntryTuple[]): void {
    for (const block of inBlocks(entries)) {
      const newest = block.reduce((latest, [, , , , , , timestampMs]) => Math.max(latest, timestampMs), 0);
      this.#insert.run(room, block.at(-1)![0], Math.ceil(newest), JSON.stringify(block));
    }
  }

  /** The entries of a window that is settled as a whole. */
  read(room: number, { first, last }: Window): EntryTuple[] {
    if (first > last) return [];
    const found: EntryTuple[] = [];
    for (const { entries } of this.#read.all(room, first, last)) {
      for (const entry of JSON.parse(entries) as EntryTuple[]) {
        if (entry[0] >= first && entry[0] <= last) found.push(entry);
      }
    }
    return found;
  }

  first(room: number): BlockEnd | undefined {
    return this.#first.get(room);
  }

  delete(room: number, last: number): void {
    this.#delete.run(room, last);
  }
}

function* inBlocks(entries: readonly EntryTuple[]): Generator<EntryTuple[]> {
  let block: EntryTuple[] = [];
  let characters = 0;
  for (const entry of entries) {
    block.push(entry);
    characters += entry[7].length;
    if (block.length < BLOCK_ENTRIES && characters < BLOCK_CHARACTERS) continue;
    yield block;
    block = [];
    characters = 0;
  }
  if (block.length > 0) yield block;
}
