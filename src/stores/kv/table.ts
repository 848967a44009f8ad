import type { PutOptions, Row } from "../../hub/ports.ts";
import { RelayError } from "../../protocol/errors.ts";
import { ErrorCode } from "../../protocol/wire.ts";
import { MAX_TEXT_CHARACTERS, piecesOf } from "./budget.ts";
import type { Attempt, Database } from "./database.ts";

/** version, expiresMs, value, write, pieces: a value in pieces is empty here, and lies below the write's name */
type RowValue = readonly [number, number, string, string, number];

/** Small rows. The database forgets expired ones in its own time; until then they are hidden here. */
export class KvTable {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  get(table: string, key: string): Promise<Row | undefined> {
    const { keys } = this.#database;
    return this.#database.attempt<Row | undefined>(async (kv) => {
      const { value } = await kv.get<RowValue>(keys.row(table, key));
      if (!isAlive(value)) return { done: undefined };
      return await this.#row(kv, table, key, value);
    });
  }

  list(table: string): Promise<Row[]> {
    const { keys } = this.#database;
    return this.#database.attempt(async (kv) => {
      const reading: Promise<Attempt<Row>>[] = [];
      for await (const { key, value } of kv.list<RowValue>({ prefix: keys.rows(table) })) {
        if (isAlive(value)) reading.push(this.#row(kv, table, String(key.at(-1)), value));
      }
      const rows: Row[] = [];
      for (const row of await Promise.all(reading)) {
        if (row === "again") return "again";
        rows.push(row.done);
      }
      return { done: rows };
    });
  }

  put(
    table: string,
    key: string,
    value: string,
    { ifVersion, ttlMs = Infinity }: PutOptions = {},
  ): Promise<{ ok: boolean; version: number }> {
    if (value.length > MAX_TEXT_CHARACTERS) {
      const fact = `a KV store takes ${MAX_TEXT_CHARACTERS} characters at most`;
      return Promise.reject(new RelayError(ErrorCode.tooLarge, `Cannot store the row: ${fact}`));
    }
    const { keys } = this.#database;
    return this.#database.attempt<{ ok: boolean; version: number }>(async (kv) => {
      const before = await kv.get<RowValue>(keys.row(table, key));
      const current = isAlive(before.value) ? before.value[0] : 0;
      if (ifVersion !== undefined && ifVersion !== current) return { done: { ok: false, version: current } };
      const version = current + 1;
      const pieces = piecesOf(value);
      const write = crypto.randomUUID();
      const inline = pieces.length > 0 ? "" : value;
      const row: RowValue = [version, Date.now() + ttlMs, inline, write, pieces.length];
      const expiry = ttlMs === Infinity ? {} : { expireIn: Math.max(1, Math.ceil(ttlMs)) };
      const commit = kv.atomic().check(before).set(keys.row(table, key), row, expiry);
      for (const [n, piece] of pieces.entries()) {
        commit.set(keys.rowPiece(table, key, write, n), piece, expiry);
      }
      this.#dropPieces(commit, table, key, before.value);
      return (await commit.commit()).ok ? { done: { ok: true, version } } : "again";
    });
  }

  delete(table: string, key: string): Promise<void> {
    const { keys } = this.#database;
    return this.#database.attempt(async (kv) => {
      const before = await kv.get<RowValue>(keys.row(table, key));
      const commit = kv.atomic().check(before).delete(keys.row(table, key));
      this.#dropPieces(commit, table, key, before.value);
      return (await commit.commit()).ok ? { done: undefined } : "again";
    });
  }

  /** A row whole; "again" when it was written anew while it was read. */
  async #row(kv: Deno.Kv, table: string, key: string, row: RowValue): Promise<Attempt<Row>> {
    const [version, , value, write, count] = row;
    if (count === 0) return { done: { key, value, version } };
    const { keys } = this.#database;
    const names = Array.from({ length: count }, (_, n) => keys.rowPiece(table, key, write, n));
    const pieces = await this.#database.getMany<string>(kv, names);
    if (pieces.some(({ value }) => value === null)) return "again";
    return { done: { key, value: pieces.map(({ value }) => value).join(""), version } };
  }

  #dropPieces(commit: Deno.AtomicOperation, table: string, key: string, row: RowValue | null): void {
    if (!row) return;
    const [, , , write, count] = row;
    for (let n = 0; n < count; n++) commit.delete(this.#database.keys.rowPiece(table, key, write, n));
  }
}

function isAlive(row: RowValue | null): row is RowValue {
  return row !== null && row[1] > Date.now();
}
