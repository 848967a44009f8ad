import type { DatabaseSync } from "node:sqlite";
import { unreachable } from "../../hub/unreachable.ts";
import { ErrorCode } from "../../protocol/wire.ts";
import type { Answer, ReadCall, WriteCall } from "../calls.ts";
import type { Retention } from "../retention.ts";
import { Blocks } from "./blocks.ts";
import { Cells } from "./cells.ts";
import { isRefused, reasonOf } from "./errors.ts";
import { Journal } from "./journal.ts";
import { Keys } from "./keys.ts";
import { Log } from "./log.ts";
import { openDatabase } from "./open.ts";
import { weightOfText } from "./room_tail.ts";
import { Retained } from "./retained.ts";
import { Rooms } from "./rooms.ts";
import { Settler } from "./settler.ts";
import { prepare } from "./statement.ts";
import { Trimmer } from "./trimmer.ts";

export interface FileSettings {
  readonly path: string;
  readonly retention: Retention;
  /** A round of settling begins when this much is waiting, 1 for a small message. */
  readonly settleAfter: number;
}

/** It begins later when what waits is spread over more rooms than this, since each costs a page or two… */
const MANY_ROOMS = 512;
/** …but at so many times `settleAfter` at the latest. */
const MAX_DELAY = 4;
/** What a put or delete counts as: about the page it changes. */
const CELL_WEIGHT = 2;

/** An open store file: synchronous, one transaction at a time. */
export class StoreFile {
  readonly epoch: string;
  readonly #db: DatabaseSync;
  readonly #settings: FileSettings;
  readonly #seed: number;
  readonly #run: Record<
    "begin" | "commit" | "rollback" | "checkpoint" | "syncNormal" | "syncFull",
    () => void
  >;
  #parts: Parts;
  /** what came since the last round began, and since `tidy` last looked */
  #unsettled = 0;
  #came = 0;

  /** Opens the file, see `openDatabase`. */
  constructor(settings: FileSettings) {
    const { db, epoch, seed } = openDatabase(settings.path);
    this.#db = db;
    this.epoch = epoch;
    this.#seed = seed;
    this.#settings = settings;
    const command = (sql: string) => {
      const statement = prepare(db, sql);
      return () => void statement.get();
    };
    this.#run = {
      begin: command("BEGIN IMMEDIATE"),
      commit: command("COMMIT"),
      rollback: command("ROLLBACK"),
      checkpoint: command("PRAGMA wal_checkpoint(PASSIVE)"),
      syncNormal: command("PRAGMA synchronous = NORMAL"),
      syncFull: command("PRAGMA synchronous = FULL"),
    };
    this.#parts = this.#load();
  }

  /** The number of the last commit. */
  get commits(): number {
    return this.#parts.journal.last;
  }

  /** Begins a transaction whose commit is a promise. Whoever else holds the file is met here. */
  begin(): void {
    this.#run.syncFull();
    this.#run.begin();
  }

  /** Carries out the calls and commits them. When it throws, what became of them is unknown. */
  commit(calls: readonly WriteCall[]): Answer[] {
    const answers = calls.map((call) => this.#write(call));
    this.#parts.journal.write();
    this.#run.commit();
    return answers;
  }

  read(call: ReadCall): Answer {
    const { log, cells } = this.#parts;
    switch (call[0]) {
      case "read":
        return log.read(call[1], call[2]);
      case "heads":
        return log.heads(call[1]);
      case "get":
        return cells.get(call[1], call[2]);
      case "list":
        return cells.list(call[1]);
      default:
        return unreachable(call);
    }
  }

  /**
   * Gives a little time to what can wait: settling, trimming, checkpoints. Its commits need no sync of their own,
   * since they promise nothing: the log keeps their order, and the next commit's sync covers them.
   */
  tidy(): void {
    const { settler } = this.#parts;
    const came = this.#came;
    this.#unsettled += came;
    this.#came = 0;
    if (!settler.active) {
      if (this.#unsettled < this.#roundWeight) return;
      this.#unsettled = 0;
      settler.begin();
    }
    this.#run.syncNormal();
    this.#run.begin();
    settler.step(came);
    this.#run.commit();
    if (!settler.active) this.#run.checkpoint();
  }

  /** After a failure: forgets everything that was not committed. Reading goes on, writing needs a new handle. */
  rollback(): void {
    if (this.#db.isTransaction) this.#run.rollback();
    this.#parts = this.#load();
  }

  close(): void {
    this.#db.close();
  }

  #write(call: WriteCall): Answer {
    try {
      switch (call[0]) {
        case "append": {
          const [, ...draft] = call;
          this.#came += weightOfText(call[8]);
          return this.#parts.log.append(draft);
        }
        case "put": {
          const [, table, key, value, ifVersion, ttlMs] = call;
          this.#came += CELL_WEIGHT;
          return this.#parts.cells.put(table, key, value, ifVersion, ttlMs);
        }
        case "delete":
          this.#came += CELL_WEIGHT;
          this.#parts.cells.delete(call[1], call[2]);
          return null;
        case "retain":
          this.#came += CELL_WEIGHT;
          this.#parts.retained.set(call[1], call[2]);
          return null;
        case "ready":
          return null;
        default:
          return unreachable(call);
      }
    } catch (error) {
      // one bad call must not spoil the commit for all others in it
      if (isRefused(error)) return { failed: ErrorCode.internal, reason: reasonOf(error) };
      throw error;
    }
  }

  get #roundWeight(): number {
    const spread = this.#parts.rooms.tails.size / MANY_ROOMS;
    return this.#settings.settleAfter * Math.min(MAX_DELAY, Math.max(1, spread));
  }

  #load(): Parts {
    const db = this.#db;
    const { retention } = this.#settings;
    const rooms = new Rooms(db);
    const journal = new Journal(db);
    const blocks = new Blocks(db);
    const keys = new Keys(db, this.#seed);
    const cells = new Cells(db);
    const retained = new Retained(cells);
    const trimmer = new Trimmer({ rooms, blocks, keys, retained }, retention);
    journal.load(rooms);
    this.#unsettled = this.#came = 0;
    for (const room of rooms.tails.values()) this.#unsettled += room.weight;
    return {
      rooms,
      journal,
      log: new Log({ rooms, journal, blocks, keys, retained }, retention),
      cells,
      retained,
      settler: new Settler({ rooms, journal, blocks, keys, trimmer }),
    };
  }
}

interface Parts {
  readonly rooms: Rooms;
  readonly journal: Journal;
  readonly log: Log;
  readonly cells: Cells;
  readonly retained: Retained;
  readonly settler: Settler;
}
