import { DatabaseSync } from "node:sqlite";
import { randomEpoch } from "../epoch.ts";
import { DamagedFile, damageOr } from "./errors.ts";
import { readMark } from "./mark.ts";
import { APPLICATION_ID, SCHEMA, SCHEMA_VERSION } from "./schema.ts";
import { prepare } from "./statement.ts";

export interface OpenDatabase {
  readonly db: DatabaseSync;
  /** names the life of the file [R1] */
  readonly epoch: string;
  /** makes the file's key hashes its own */
  readonly seed: number;
}

export interface OpenOptions {
  /** Go on with a file that has less than was acknowledged; its epoch has to be renewed then. */
  readonly evenIfShorter?: boolean;
}

/** What a statement may wait for a lock. The rest of the waiting is done without holding the thread. */
const BUSY_MS = 10;
/** Up to this size the whole structure is checked at the start: that takes about a second. */
const MAX_CHECKED_BYTES = 256 * 2 ** 20;

/**
 * Opens the file, makes it if there is none, and makes sure that everything it shows is on the disk.
 * @throws {DamagedFile} when it must not be used; any other error may pass
 */
export function openDatabase(path: string, options: OpenOptions = {}): OpenDatabase {
  const db = new DatabaseSync(path);
  try {
    configure(db);
    migrate(db, path);
    settleWriteAheadLog(db);
    const epoch = meta(db, "epoch");
    if (!options.evenIfShorter) refuseShorter(db, path, epoch);
    return { db, epoch, seed: Number(meta(db, "seed")) };
  } catch (error) {
    db.close();
    throw damageOr(error, path);
  }
}

/** @throws {DamagedFile} when the file is cut short or its structure is broken */
export function checkStructure(db: DatabaseSync, path: string): void {
  const { bytes } = prepare<{ bytes: number }>(
    db,
    "SELECT page_count * page_size AS bytes FROM pragma_page_count, pragma_page_size",
  ).get()!;
  const { size } = Deno.statSync(path);
  // SQLite reads a cut page as one that ends in zeros
  if (size < bytes) {
    throw new DamagedFile(path, `it is damaged (${bytes - size} bytes are missing at its end)`);
  }
  if (size > MAX_CHECKED_BYTES) return;
  const found = prepare<{ quick_check: string }>(db, "PRAGMA quick_check(1)").get()?.quick_check;
  if (found !== "ok") throw new DamagedFile(path, `it is damaged (${found})`);
}

export function meta(db: DatabaseSync, name: string): string {
  return prepare<{ value: string }>(db, "SELECT value FROM meta WHERE name = ?").get(name)!.value;
}

function configure(db: DatabaseSync): void {
  // first of all: every other pragma may meet a lock
  pragma(db, `busy_timeout = ${BUSY_MS}`);
  pragma(db, "journal_mode = WAL");
  // FULL syncs every commit: an ack is a promise
  pragma(db, "synchronous = FULL");
  // checkpoints are ours to time: they must not delay an answer
  pragma(db, "wal_autocheckpoint = 0");
  pragma(db, "journal_size_limit = 67108864");
  pragma(db, "cache_size = -32768");
}

function pragma(db: DatabaseSync, text: string): void {
  prepare(db, `PRAGMA ${text}`).get();
}

function migrate(db: DatabaseSync, path: string): void {
  const { user_version: version } = prepare<{ user_version: number }>(db, "PRAGMA user_version").get()!;
  const { application_id: owner } = prepare<{ application_id: number }>(db, "PRAGMA application_id").get()!;
  if (owner === APPLICATION_ID && version === SCHEMA_VERSION) return;
  if (owner === APPLICATION_ID) {
    throw new DamagedFile(path, `it has schema ${version}, this version reads ${SCHEMA_VERSION}`);
  }
  if (owner !== 0 || prepare(db, "SELECT 1 FROM sqlite_schema").get()) {
    throw new DamagedFile(path, "it is a database of another application");
  }
  prepare(db, "BEGIN IMMEDIATE").run();
  db.exec(SCHEMA);
  const insert = prepare(db, "INSERT INTO meta (name, value) VALUES (?, ?)");
  insert.run("epoch", randomEpoch());
  insert.run("seed", String(crypto.getRandomValues(new Uint32Array(1))[0]));
  pragma(db, `application_id = ${APPLICATION_ID}`);
  pragma(db, `user_version = ${SCHEMA_VERSION}`);
  prepare(db, "COMMIT").run();
}

/**
 * Copies the write-ahead log into the database and empties it. A commit that was cut off, or whose sync failed, may
 * be in the log without being on the disk, and syncing again would not say so: pages of a failed sync count as
 * clean. Written anew they are on the disk, or this fails. What is shown once is never taken back.
 */
function settleWriteAheadLog(db: DatabaseSync): void {
  const result = prepare<{ busy: number }>(db, "PRAGMA wal_checkpoint(TRUNCATE)").get();
  if (result?.busy) throw Object.assign(new Error("database is locked"), { errcode: 5 });
}

function refuseShorter(db: DatabaseSync, path: string, epoch: string): void {
  const mark = readMark(path);
  if (!mark || mark.epoch !== epoch) return;
  const { last } = prepare<{ last: number }>(db, "SELECT coalesce(max(seq), 0) AS last FROM journal").get()!;
  if (last >= mark.commit) return;
  throw new DamagedFile(
    path,
    `it ends at commit ${last}, but commit ${mark.commit} was acknowledged. ` +
      `Restore it together with "${path}-wal", or begin a new epoch`,
  );
}
