import type { PutOptions, PutResult, Row } from "../../hub/ports.ts";

interface Cell {
  readonly row: Row;
  readonly expiresMs: number;
}

/** Rows looked at for expiry with every put, so that rows nobody asks for again go too. */
const PATROL = 2;

/** Small rows in memory. */
export class MemoryTable {
  readonly #now: () => number;
  readonly #tables = new Map<string, Map<string, Cell>>();
  #patrol: Iterator<[Map<string, Cell>, string, Cell]> | undefined;

  constructor(now: () => number) {
    this.#now = now;
  }

  get(table: string, key: string): Row | undefined {
    const cell = this.#tables.get(table)?.get(key);
    return cell && cell.expiresMs > this.#now() ? cell.row : undefined;
  }

  list(table: string): Row[] {
    const nowMs = this.#now();
    const rows: Row[] = [];
    for (const { row, expiresMs } of this.#tables.get(table)?.values() ?? []) {
      if (expiresMs > nowMs) rows.push(row);
    }
    return rows.sort((a, b) => a.key < b.key ? -1 : 1);
  }

  put(table: string, key: string, value: string, options: PutOptions = {}): PutResult {
    const { ifVersion, ttlMs = Infinity } = options;
    const before = this.get(table, key)?.version ?? 0;
    if (ifVersion !== undefined && ifVersion !== before) return { ok: false, version: before };
    let rows = this.#tables.get(table);
    if (!rows) this.#tables.set(table, rows = new Map());
    const version = before + 1;
    rows.set(key, { row: { key, value, version }, expiresMs: this.#now() + ttlMs });
    this.#dropSomeExpired();
    return { ok: true, version };
  }

  delete(table: string, key: string): void {
    const rows = this.#tables.get(table);
    rows?.delete(key);
    if (rows?.size === 0) this.#tables.delete(table);
  }

  #dropSomeExpired(): void {
    const nowMs = this.#now();
    for (let n = 0; n < PATROL; n++) {
      this.#patrol ??= this.#cells();
      const next = this.#patrol.next();
      if (next.done) {
        this.#patrol = undefined;
        return;
      }
      const [rows, key, cell] = next.value;
      if (cell.expiresMs <= nowMs && rows.get(key) === cell) rows.delete(key);
    }
  }

  *#cells(): Generator<[Map<string, Cell>, string, Cell]> {
    for (const [name, rows] of this.#tables) {
      for (const [key, cell] of rows) yield [rows, key, cell];
      // emptied and filled anew while the patrol was in it, the table is another one by now
      if (rows.size === 0 && this.#tables.get(name) === rows) this.#tables.delete(name);
    }
  }
}
