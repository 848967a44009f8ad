import type { DatabaseSync } from "node:sqlite";
import type { EntryTuple } from "../calls.ts";
import { HASH_SPAN, keyHash } from "./key_hash.ts";
import { prepare, type Statement } from "./statement.ts";

/** hash, offset */
export type Key = readonly [number, number];

/** The idempotency keys of settled messages. [A2] */
export class Keys {
  readonly #seed: number;
  readonly #find: Statement<{ offset: number }>;
  readonly #insert: Statement<never>;
  readonly #sweep: Statement<never>;

  constructor(db: DatabaseSync, seed: number) {
    this.#seed = seed;
    this.#find = prepare(db, "SELECT offset FROM keys WHERE room = ? AND hash = ?");
    this.#insert = prepare(db, "INSERT OR IGNORE INTO keys SELECT ?1, key, value FROM json_each(?2)");
    this.#sweep = prepare(db, "DELETE FROM keys WHERE room = ? AND hash >= ? AND hash < ? AND offset < ?");
  }

  /** Offsets whose key may be this one: as a rule none or the one. */
  candidates(room: number, userId: string, messageId: string): number[] {
    const hash = keyHash(userId, messageId, this.#seed);
    // as a rule there is none, and `get` is the cheaper way to learn it
    if (!this.#find.get(room, hash)) return [];
    return this.#find.all(room, hash).map(({ offset }) => offset);
  }

  /** Keys in the order of the index: neighbours lie on one page, so few pages change at a time. */
  sorted(entries: readonly EntryTuple[]): Key[] {
    return entries
      .map(([offset, , , userId, , messageId]) => [keyHash(userId, messageId, this.#seed), offset] as const)
      .sort(([a], [b]) => a - b);
  }

  /** Adds keys; those that are there already stay as they are. */
  add(room: number, keys: readonly Key[]): void {
    this.#insert.run(room, `{${keys.map(([hash, offset]) => `"${hash}":${offset}`).join()}}`);
  }

  /**
   * Forgets keys of messages before `oldest` in a random part of the room's keys. Hashes are even, so parts that
   * grow with the number of messages that came keep what is forgettable below what is not.
   */
  sweep(room: number, oldest: number, part: number): void {
    const width = Math.ceil(Math.min(1, part) * HASH_SPAN);
    const start = Math.floor(Math.random() * (HASH_SPAN - width));
    this.#sweep.run(room, start, start + width, oldest);
  }
}
