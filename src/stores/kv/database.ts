import { RelayError } from "../../protocol/errors.ts";
import { randomEpoch } from "../epoch.ts";
import { unavailable } from "../unavailable.ts";
import { KEYS_PER_READ } from "./budget.ts";
import type { Keys } from "./keys.ts";

const FIRST_WAIT_MS = 5;
const MAX_WAIT_MS = 250;
/** How long after a failed attempt to open the database the next one is made. */
const REOPEN_MS = 1000;

/** The life of a database, and the version its name has there. */
export interface Life {
  readonly epoch: string;
  readonly versionstamp: string;
}

/** What an attempt came to: its result, or that somebody else was faster. */
export type Attempt<T> = { readonly done: T } | "again";

/** A handle on a Deno KV database that is opened with its first use, and errors that mean one thing each. */
export class Database {
  readonly keys: Keys;
  readonly #open: () => Promise<Deno.Kv>;
  readonly #contendMs: number;
  #handle: Promise<Deno.Kv> | undefined;
  /** when a failed opening is tried again */
  #reopenMs = Infinity;
  #closed = false;
  #users = 0;
  #idle: (() => void) | undefined;

  /** `contendMs`: how long an operation tries to get past others that write the same */
  constructor(open: () => Promise<Deno.Kv>, keys: Keys, contendMs: number) {
    this.#open = open;
    this.keys = keys;
    this.#contendMs = contendMs;
  }

  /**
   * Does one operation, again and again with jitter while others are in its way: their commit was faster, or the
   * file is locked by another process. After a while it gives up.
   * @throws {RelayError} `store_unavailable`: what a commit did is then unknown
   */
  async attempt<T>(once: (kv: Deno.Kv) => Promise<Attempt<T>>): Promise<T> {
    if (this.#closed) throw unavailable("the store is closed");
    this.#users++;
    try {
      return await this.#persist(once);
    } catch (error) {
      throw error instanceof RelayError ? error : unavailable(String(error));
    } finally {
      this.#users--;
      if (this.#users === 0) this.#idle?.();
    }
  }

  /** Reads many keys, in their order. */
  async getMany<T>(kv: Deno.Kv, keys: readonly Deno.KvKey[]): Promise<Deno.KvEntryMaybe<T>[]> {
    const reads = [];
    for (let n = 0; n < keys.length; n += KEYS_PER_READ) {
      reads.push(kv.getMany<T[]>(keys.slice(n, n + KEYS_PER_READ)));
    }
    return (await Promise.all(reads)).flat();
  }

  /** The life of the database, which begins with the first look into an empty one. [R1] */
  async life(kv: Deno.Kv, read?: Deno.KvEntryMaybe<string>): Promise<Life> {
    let entry = read ?? await kv.get<string>(this.keys.epoch);
    while (entry.versionstamp === null) {
      const born = kv.atomic().check({ key: this.keys.epoch, versionstamp: null });
      // whoever comes second reads the first one's
      await born.set(this.keys.epoch, randomEpoch()).commit();
      entry = await kv.get<string>(this.keys.epoch);
    }
    return { epoch: entry.value, versionstamp: entry.versionstamp };
  }

  /** Lets what was begun end, then gives the handle back. */
  async close(): Promise<void> {
    this.#closed = true;
    if (this.#users > 0) await new Promise<void>((resolve) => this.#idle = resolve);
    const handle = await this.#handle?.catch(() => undefined);
    handle?.close();
  }

  async #persist<T>(once: (kv: Deno.Kv) => Promise<Attempt<T>>): Promise<T> {
    const untilMs = performance.now() + this.#contendMs;
    for (let waitMs = FIRST_WAIT_MS;; waitMs = Math.min(MAX_WAIT_MS, 2 * waitMs)) {
      const outcome = await this.#once(once);
      if (outcome !== "again") return outcome.done;
      if (performance.now() > untilMs) throw unavailable("others write all the time", 1000);
      await new Promise((resolve) => setTimeout(resolve, Math.random() * waitMs));
    }
  }

  async #once<T>(once: (kv: Deno.Kv) => Promise<Attempt<T>>): Promise<Attempt<T>> {
    try {
      return await once(await this.#opened());
    } catch (error) {
      if (isLocked(error)) return "again";
      throw error;
    }
  }

  #opened(): Promise<Deno.Kv> {
    // not with every call: who asks meanwhile hears why it failed
    if (this.#handle && performance.now() < this.#reopenMs) return this.#handle;
    this.#reopenMs = Infinity;
    const opening = this.#open();
    opening.catch(() => this.#reopenMs = performance.now() + REOPEN_MS);
    return this.#handle = opening;
  }
}

/** SQLite's word for a file that another process writes to; nothing was written. */
function isLocked(error: unknown): boolean {
  return error instanceof Error && /database( table)? is locked|database is busy/i.test(error.message);
}
