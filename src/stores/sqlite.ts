import type { Logger, Store } from "../hub/ports.ts";
import { randomEpoch } from "./epoch.ts";
import { connectStore } from "./remote.ts";
import { retention, type RetentionOptions } from "./retention.ts";
import { DamagedFile, damageOr, mayPass, reasonOf } from "./sqlite/errors.ts";
import { type FileLock, lockFile } from "./sqlite/lock.ts";
import { checkStructure, openDatabase } from "./sqlite/open.ts";
import { isPlainFile, realPath } from "./sqlite/paths.ts";
import { prepare } from "./sqlite/statement.ts";
import { WorkerHost } from "./sqlite/worker_host.ts";

/** What differs from the defaults. */
export interface SqliteOptions extends RetentionOptions {
  /** told when writing stops working, when it works again, and when the store's Worker was replaced */
  readonly logger?: Logger;
  /** messages that gather in the journal before they are moved to their rooms: 8,192 */
  readonly settleAfter?: number;
  /** Is told of each durable commit, up to 250 ms late. */
  readonly onCommit?: (writes: number, seconds: number) => void;
}

/** A store in a SQLite file. */
export interface SqliteStore extends Store {
  /** A port to the same store, for `connectStore` in another Worker of this process. */
  port(): MessagePort;
}

/**
 * Opens a store in a file, which is made if there is none. Everything runs in a Worker of its own, so that no
 * serving loop waits for the disk; what arrives during one commit is stored by the next.
 * @throws {Error} when another process has the file, or when it is damaged or has lost messages
 */
export function sqlite(path: string, options: SqliteOptions = {}): SqliteStore {
  const { settleAfter = 8_192, logger, onCommit } = options;
  const settings = { path: realPath(path), retention: retention(options), settleAfter };
  const lock = lockFile(settings.path);
  try {
    inspect(settings.path);
  } catch (error) {
    lock.release();
    throw error;
  }
  const host = new WorkerHost({ settings, logger, onCommit });
  return withHost(connectStore(host.port()), host, lock);
}

/**
 * Gives a file a new epoch and returns it: for one that was restored from a backup, or has lost messages. Clients
 * then load rooms anew instead of taking a shorter log for the one they knew. [R1]
 * @throws {Error} when a process has the file, or when it is damaged
 */
export function renewEpoch(path: string): string {
  const file = realPath(path);
  const lock = lockFile(file);
  try {
    const { db } = openDatabase(file, { evenIfShorter: true });
    try {
      const epoch = randomEpoch();
      prepare(db, "UPDATE meta SET value = ? WHERE name = 'epoch'").run(epoch);
      return epoch;
    } finally {
      db.close();
    }
  } finally {
    lock.release();
  }
}

/** Refuses a file that must not be used. What may pass, like a full disk, is left to the Worker. */
function inspect(path: string): void {
  if (!isPlainFile(path)) return;
  try {
    const { db } = openDatabase(path);
    try {
      checkStructure(db, path);
    } finally {
      db.close();
    }
  } catch (error) {
    const fault = damageOr(error, path);
    if (fault instanceof DamagedFile) throw fault;
    if (!mayPass(fault)) throw new Error(`Cannot open "${path}": ${reasonOf(fault)}`, { cause: fault });
  }
}

function withHost(store: Store, host: WorkerHost, lock: FileLock): SqliteStore {
  let closing: Promise<void> | undefined;
  const close = async () => {
    await store.close();
    await host.close();
    lock.release();
  };
  return {
    append: (draft) => store.append(draft),
    read: (roomId, range) => store.read(roomId, range),
    heads: (roomIds) => store.heads(roomIds),
    retain: (roomId, offset) => store.retain(roomId, offset),
    get: (table, key) => store.get(table, key),
    list: (table) => store.list(table),
    put: (table, key, value, options) => store.put(table, key, value, options),
    delete: (table, key) => store.delete(table, key),
    ready: () => store.ready(),
    port: () => host.port(),
    close: () => closing ??= close(),
  };
}
