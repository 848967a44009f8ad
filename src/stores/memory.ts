import type { Appended, Draft, Head, Page, PutOptions, PutResult, Range, Row, Store } from "../hub/ports.ts";
import { randomEpoch } from "./epoch.ts";
import { RoomLog } from "./memory/room_log.ts";
import { MemoryTable } from "./memory/table.ts";
import { type Retention, retention, type RetentionOptions } from "./retention.ts";
import { unavailable } from "./unavailable.ts";

/** What differs from the defaults. */
export interface MemoryOptions extends RetentionOptions {
  /** wall time in ms: for the age of messages and the life of rows */
  readonly now?: () => number;
  /** names the life of the whole store */
  readonly newEpoch?: () => string;
}

/** Messages that may leave a room with each append to it, and to any other. */
const TRIM_OWN = 4;
const TRIM_OTHER = 16;

/** A store that lives as long as the process: for tests, simulations and rooms that may be forgotten. */
export function memory(options: MemoryOptions = {}): Store {
  return new MemoryStore(options);
}

/** Synchronous inside, so that every operation is one step; promises outside, because stores are. */
class MemoryStore implements Store {
  readonly #now: () => number;
  readonly #epoch: string;
  readonly #retention: Retention;
  readonly #rooms = new Map<string, RoomLog>();
  readonly #table: MemoryTable;
  #patrol: Iterator<RoomLog> | undefined;
  #closed = false;

  constructor(options: MemoryOptions) {
    this.#now = options.now ?? Date.now;
    this.#epoch = (options.newEpoch ?? randomEpoch)();
    this.#retention = retention(options);
    this.#table = new MemoryTable(this.#now);
  }

  append(draft: Draft): Promise<Appended> {
    return this.#do(() => {
      const log = this.#room(draft.roomId);
      const twin = log.twin(draft);
      if (twin) {
        const same = twin.type === draft.type && twin.body === draft.body;
        const outcome = same ? "duplicate" : "conflict";
        return { outcome, id: twin.id, epoch: this.#epoch, offset: twin.offset };
      }
      const { id, offset } = log.append(draft);
      this.#trim(log);
      return { outcome: "stored", id, epoch: this.#epoch, offset };
    });
  }

  read(roomId: string, range: Range): Promise<Page> {
    return this.#do(() => ({ ...this.#head(roomId), entries: this.#rooms.get(roomId)?.slice(range) ?? [] }));
  }

  heads(roomIds: readonly string[]): Promise<Head[]> {
    return this.#do(() => roomIds.map((roomId) => this.#head(roomId)));
  }

  retain(roomId: string, offset: number): Promise<void> {
    return this.#do(() => this.#room(roomId).retain(offset));
  }

  get(table: string, key: string): Promise<Row | undefined> {
    return this.#do(() => this.#table.get(table, key));
  }

  list(table: string): Promise<Row[]> {
    return this.#do(() => this.#table.list(table));
  }

  put(table: string, key: string, value: string, options?: PutOptions): Promise<PutResult> {
    return this.#do(() => this.#table.put(table, key, value, options));
  }

  delete(table: string, key: string): Promise<void> {
    return this.#do(() => this.#table.delete(table, key));
  }

  ready(): Promise<void> {
    return this.#do(() => {});
  }

  close(): Promise<void> {
    this.#closed = true;
    return Promise.resolve();
  }

  #do<T>(operation: () => T): Promise<T> {
    if (this.#closed) return Promise.reject(unavailable("the store is closed"));
    return new Promise((resolve) => resolve(operation()));
  }

  #room(roomId: string): RoomLog {
    let log = this.#rooms.get(roomId);
    if (!log) this.#rooms.set(roomId, log = new RoomLog(this.#retention));
    return log;
  }

  #head(roomId: string): Head {
    const log = this.#rooms.get(roomId);
    return { roomId, epoch: this.#epoch, offset: log?.top ?? 0, oldest: log?.oldest ?? 1 };
  }

  /** Trims the room that grew and, in turn, one of those that are quiet. [R5] */
  #trim(log: RoomLog): void {
    const nowMs = this.#now();
    log.trim(nowMs, TRIM_OWN);
    this.#patrol ??= this.#rooms.values();
    const next = this.#patrol.next();
    if (next.done) this.#patrol = undefined;
    else next.value.trim(nowMs, TRIM_OTHER);
  }
}
