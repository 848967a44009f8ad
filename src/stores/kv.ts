import type { Appended, Draft, Head, Page, PutOptions, PutResult, Range, Row, Store } from "../hub/ports.ts";
import { Database } from "./kv/database.ts";
import { keysBelow } from "./kv/keys.ts";
import { Lane } from "./kv/lane.ts";
import { Reader } from "./kv/reader.ts";
import { KvTable } from "./kv/table.ts";
import { retention, type RetentionOptions } from "./retention.ts";

/** What differs from the defaults. */
export interface KvOptions extends RetentionOptions {
  /** Opens the database: the one that is assigned on Deno Deploy, by default. */
  readonly open?: () => Promise<Deno.Kv>;
  /** the first part of all keys: "denbun" */
  readonly prefix?: string;
  /** how long an operation tries to get past others that write the same, in ms: 5,000 */
  readonly contendMs?: number;
  /** Is told of each durable commit. */
  readonly onCommit?: (writes: number, seconds: number) => void;
}

/** Rooms in different lanes are written side by side: to a database far away each commit is a round trip. */
const LANES = 4;

/**
 * A store in Deno KV, which any number of processes and instances may share. It is opened with its first use, and
 * closed with the store.
 */
export function kv(options: KvOptions = {}): Store {
  return new KvStore(options);
}

class KvStore implements Store {
  readonly #database: Database;
  readonly #reader: Reader;
  readonly #table: KvTable;
  readonly #lanes: readonly Lane[];
  #closing: Promise<void> | undefined;

  constructor(options: KvOptions) {
    const { open = () => Deno.openKv(), prefix = "denbun", contendMs = 5000, onCommit = () => {} } = options;
    const database = new Database(open, keysBelow(prefix), contendMs);
    const kept = retention(options);
    this.#database = database;
    this.#reader = new Reader(database, kept);
    this.#table = new KvTable(database);
    const lane = () => new Lane({ database, retention: kept, onCommit });
    this.#lanes = Array.from({ length: LANES }, lane);
  }

  append(draft: Draft): Promise<Appended> {
    return this.#lanes[laneOf(draft.roomId)]!.append(draft);
  }

  read(roomId: string, range: Range): Promise<Page> {
    return this.#reader.read(roomId, range);
  }

  heads(roomIds: readonly string[]): Promise<Head[]> {
    return this.#reader.heads(roomIds);
  }

  retain(roomId: string, offset: number): Promise<void> {
    return this.#reader.retain(roomId, offset);
  }

  get(table: string, key: string): Promise<Row | undefined> {
    return this.#table.get(table, key);
  }

  list(table: string): Promise<Row[]> {
    return this.#table.list(table);
  }

  put(table: string, key: string, value: string, options?: PutOptions): Promise<PutResult> {
    return this.#table.put(table, key, value, options);
  }

  delete(table: string, key: string): Promise<void> {
    return this.#table.delete(table, key);
  }

  ready(): Promise<void> {
    const { keys } = this.#database;
    return this.#database.attempt(async (kv) => {
      await kv.set(keys.probe, 0);
      return { done: undefined };
    });
  }

  close(): Promise<void> {
    return this.#closing ??= this.#close();
  }

  async #close(): Promise<void> {
    await Promise.all(this.#lanes.map((lane) => lane.idle()));
    await this.#database.close();
  }
}

function laneOf(roomId: string): number {
  let hash = 0;
  for (let n = 0; n < roomId.length; n++) hash = Math.imul(hash, 31) + roomId.charCodeAt(n) | 0;
  return Math.abs(hash) % LANES;
}
