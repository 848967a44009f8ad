import type { PutOptions, PutResult, Row } from "../../hub/ports.ts";
import { RelayError } from "../../protocol/errors.ts";
import { ErrorCode } from "../../protocol/wire.ts";
import { MAX_ROW_CHARACTERS, PIECES_PER_COMMIT, piecesOf } from "./budget.ts";
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

  async put(table: string, key: string, value: string, options: PutOptions = {}): Promise<PutResult> {
    if (value.length > MAX_ROW_CHARACTERS) {
      const fact = `a KV store takes ${MAX_ROW_CHARACTERS} characters at most`;
      throw new RelayError(ErrorCode.tooLarge, `Cannot store the row: ${fact}`);
    }
    const pieces = piecesOf(value);
    const write = crypto.randomUUID();
    // they lie there before the row that names them
    await this.#putPieces(table, key, write, pieces, expiryOf(options));
    const inline = pieces.length > 0 ? "" : value;
    const result = await this.#putRow(table, key, [inline, write, pieces.length], options);
    if (!result.ok) await this.#forget(table, key, write, pieces.length);
    return result;
  }

  #putRow(
    table: string,
    key: string,
    [value, write, pieces]: readonly [string, string, number],
    options: PutOptions,
  ): Promise<PutResult> {
    const { keys } = this.#database;
    const { ifVersion, ttlMs = Infinity } = options;
    return this.#database.attempt<PutResult>(async (kv) => {
      const before = await kv.get<RowValue>(keys.row(table, key));
      const current = isAlive(before.value) ? before.value[0] : 0;
      if (ifVersion !== undefined && ifVersion !== current) return { done: { ok: false, version: current } };
      const version = current + 1;
      const row: RowValue = [version, Date.now() + ttlMs, value, write, pieces];
      const commit = kv.atomic().check(before).set(keys.row(table, key), row, expiryOf(options));
      this.#dropPieces(commit, table, key, before.value);
      return (await commit.commit()).ok ? { done: { ok: true, version } } : "again";
    });
  }

  async #putPieces(
    table: string,
    key: string,
    write: string,
    pieces: readonly string[],
    expiry: { expireIn?: number },
  ): Promise<void> {
    const { keys } = this.#database;
    for (let start = 0; start < pieces.length; start += PIECES_PER_COMMIT) {
      const some = pieces.slice(start, start + PIECES_PER_COMMIT);
      // all of them before the row
      await this.#database.attempt<void>(async (kv) => {
        const commit = kv.atomic();
        for (const [n, piece] of some.entries()) {
          commit.set(keys.rowPiece(table, key, write, start + n), piece, expiry);
        }
        return (await commit.commit()).ok ? { done: undefined } : "again";
      });
    }
  }

  /** Takes the pieces of a write away that no row names. */
  async #forget(table: string, key: string, write: string, pieces: number): Promise<void> {
    if (pieces === 0) return;
    await this.#database.attempt<void>(async (kv) => {
      const commit = kv.atomic();
      this.#dropPieces(commit, table, key, [0, 0, "", write, pieces]);
      return (await commit.commit()).ok ? { done: undefined } : "again";
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

function expiryOf({ ttlMs = Infinity }: PutOptions): { expireIn?: number } {
  return ttlMs === Infinity ? {} : { expireIn: Math.max(1, Math.ceil(ttlMs)) };
}

function isAlive(row: RowValue | null): row is RowValue {
  return row !== null && row[1] > Date.now();
}
