import type { DatabaseSync } from "node:sqlite";
import type { PutAnswer, RowTuple } from "../calls.ts";
import { prepare, type Statement } from "./statement.ts";

interface Cell {
  readonly key: string;
  readonly value: string;
  readonly version: number;
}

/** Expired rows dropped with every put. */
const PATROL = 2;

/** Small rows by (table, key). */
export class Cells {
  readonly #get: Statement<Cell>;
  readonly #list: Statement<Cell>;
  readonly #put: Statement<never>;
  readonly #delete: Statement<never>;
  readonly #expire: Statement<never>;

  constructor(db: DatabaseSync) {
    const live = "(expires IS NULL OR expires > ?)";
    this.#get = prepare(db, `SELECT key, value, version FROM cells WHERE name = ? AND key = ? AND ${live}`);
    this.#list = prepare(db, `SELECT key, value, version FROM cells WHERE name = ? AND ${live} ORDER BY key`);
    this.#put = prepare(db, "REPLACE INTO cells (name, key, value, version, expires) VALUES (?, ?, ?, ?, ?)");
    this.#delete = prepare(db, "DELETE FROM cells WHERE name = ? AND key = ?");
    this.#expire = prepare(
      db,
      `DELETE FROM cells WHERE (name, key) IN
         (SELECT name, key FROM cells WHERE expires <= ? ORDER BY expires LIMIT ${PATROL})`,
    );
  }

  get(table: string, key: string): RowTuple | null {
    const cell = this.#get.get(table, key, Date.now());
    return cell ? rowOf(cell) : null;
  }

  list(table: string): RowTuple[] {
    return this.#list.all(table, Date.now()).map(rowOf);
  }

  put(table: string, key: string, value: string, ifVersion?: number, ttlMs?: number): PutAnswer {
    const nowMs = Date.now();
    const before = this.#get.get(table, key, nowMs)?.version ?? 0;
    if (ifVersion !== undefined && ifVersion !== before) return [false, before];
    const expires = ttlMs === undefined || ttlMs === Infinity ? null : Math.ceil(nowMs + ttlMs);
    this.#put.run(table, key, value, before + 1, expires);
    this.#expire.run(nowMs);
    return [true, before + 1];
  }

  delete(table: string, key: string): void {
    this.#delete.run(table, key);
  }
}

function rowOf({ key, value, version }: Cell): RowTuple {
  return [key, value, version];
}
