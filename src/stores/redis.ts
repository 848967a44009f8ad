import type {
  Appended,
  Draft,
  Entry,
  Head,
  Logger,
  Page,
  PutOptions,
  Range,
  Row,
  Store,
} from "../hub/ports.ts";
import { RedisLine } from "../redis/line.ts";
import { channelOf, postAround } from "../redis/posts.ts";
import type { Command, Conversation, Reply } from "../redis/server.ts";
import { randomEpoch } from "./epoch.ts";
import { Appends, type Places } from "./redis/appends.ts";
import { Keys } from "./redis/keys.ts";
import { endLife, settleLife } from "./redis/life.ts";
import { Scripts } from "./redis/run_scripts.ts";
import type { ScriptName } from "./redis/scripts.ts";
import { STALE } from "./redis/stale.ts";
import { Witness } from "./redis/witness.ts";
import { type Retention, retention, type RetentionOptions } from "./retention.ts";
import { unavailable } from "./unavailable.ts";

/** What differs from the defaults. */
export interface RedisStoreOptions extends RetentionOptions {
  readonly logger: Logger;
  /** tells the other nodes of each commit, in the same step, under the name that this node's backplane has */
  readonly announceAs?: string;
  /** sets this relay's keys apart from those of others on the same Redis: `denbun` */
  readonly prefix?: string;
  /** a call without an answer is given up after this: 2,000 ms */
  readonly timeoutMs?: number;
  /** Is told of each commit. */
  readonly onCommit?: (writes: number, seconds: number) => void;
  /** names the life of the logs */
  readonly newEpoch?: () => string;
}

/**
 * A store in Redis (6.2 or later), which any number of processes and machines share. What "stored" is worth there is
 * for the server to say: with `appendfsync always` it is on disk before it is acknowledged.
 */
export function redis(url: string, options: RedisStoreOptions): Store {
  return new RedisStore(url, options);
}

/** The server went on under another epoch than the one a call was made with. */
class StaleError extends Error {}

/** Calls that may wait for the first connection. */
const MAX_EARLY = 1000;
const COMPLAIN_EVERY_MS = 10_000;
/** With every so many commits another room is looked at, and so many of its messages may go. */
const VISIT_EVERY = 16;
const VISIT_ENTRIES = 256;

class RedisStore implements Store {
  readonly #options: RedisStoreOptions;
  readonly #retention: Retention;
  readonly #keys: Keys;
  readonly #scripts = new Scripts();
  readonly #witness = new Witness();
  readonly #appends: Appends;
  readonly #line: RedisLine;
  #epoch = "";
  #settling: Promise<void> | undefined;
  #calls = 0;
  #complainMs = 0;
  #commits = 0;
  #idle: (() => void) | undefined;
  #closing: Promise<void> | undefined;

  constructor(url: string, options: RedisStoreOptions) {
    const { logger, timeoutMs = 2000, prefix = "denbun" } = options;
    this.#options = options;
    this.#retention = retention(options);
    this.#keys = new Keys(prefix);
    this.#appends = new Appends((roomId, drafts) => this.#commit(roomId, drafts));
    this.#line = new RedisLine({
      url,
      name: "store",
      logger,
      timeoutMs,
      greet: (conversation) => this.#greet(conversation),
    });
  }

  append(draft: Draft): Promise<Appended> {
    return this.#do(() => this.#appends.add(draft));
  }

  read(roomId: string, range: Range): Promise<Page> {
    const { head, log } = this.#keysOf(roomId);
    const [mode, from] = "after" in range ? ["after", range.after + 1] : ["before", range.before - 1];
    const args = [mode as string, String(Math.max(0, from as number)), String(range.limit)];
    return this.#do(() =>
      this.#ask("read", [head, log], args, (reply, epoch) => {
        const [offset, oldest, entries] = reply as [number, number, StreamEntry[]];
        this.#see(roomId, offset);
        const inOrder = mode === "after" ? entries : entries.toReversed();
        return { roomId, epoch, offset, oldest, entries: inOrder.map((one) => entryOf(roomId, one)) };
      })
    );
  }

  heads(roomIds: readonly string[]): Promise<Head[]> {
    if (roomIds.length === 0 && !this.#closing) return Promise.resolve([]);
    return this.#do(() =>
      this.#ask("heads", roomIds.map((roomId) => this.#keys.head(roomId)), [], (reply, epoch) => {
        const numbers = reply as number[];
        return roomIds.map((roomId, n) => {
          const [offset, oldest] = [numbers[2 * n]!, numbers[2 * n + 1]!];
          this.#see(roomId, offset);
          return { roomId, epoch, offset, oldest };
        });
      })
    );
  }

  retain(roomId: string, offset: number): Promise<void> {
    return this.#do(() => this.#ask("retain", [this.#keys.head(roomId)], [String(offset)], () => {}));
  }

  get(table: string, key: string): Promise<Row | undefined> {
    return this.#do(() =>
      this.#ask("get", this.#keys.table(table), [key], (reply) => {
        const [version, value] = reply as [number, string] | [];
        return version === undefined ? undefined : { key, value: value!, version };
      })
    );
  }

  list(table: string): Promise<Row[]> {
    return this.#do(() =>
      this.#ask(
        "list",
        this.#keys.table(table),
        [],
        (reply) =>
          (reply as [string, number, string][]).map(([key, version, value]) => ({ key, value, version })),
      )
    );
  }

  put(
    table: string,
    key: string,
    value: string,
    { ifVersion, ttlMs }: PutOptions = {},
  ): Promise<{ ok: boolean; version: number }> {
    const condition = ifVersion === undefined ? "" : String(ifVersion);
    const life = ttlMs === undefined || ttlMs === Infinity ? "" : String(Math.ceil(ttlMs));
    return this.#do(() =>
      this.#ask("put", this.#keys.table(table), [key, value, condition, life], (reply) => {
        const [ok, version] = reply as [number, number];
        return { ok: ok === 1, version };
      })
    );
  }

  delete(table: string, key: string): Promise<void> {
    return this.#do(() => this.#ask("delete", this.#keys.table(table), [key], () => {}));
  }

  ready(): Promise<void> {
    return this.#do(() => this.#ask("ready", [this.#keys.ready], [], () => {}));
  }

  close(): Promise<void> {
    return this.#closing ??= this.#settled().then(() => this.#line.close());
  }

  /** Makes everything that can go wrong the one error that a store may have. [A3] */
  async #do<T>(call: () => Promise<T>): Promise<T> {
    if (this.#closing) throw unavailable("the store is closed");
    this.#calls++;
    try {
      // what is asked for while the process starts waits for the first attempt to connect
      if (this.#epoch === "" && this.#calls <= MAX_EARLY) await this.#line.begun;
      return await call();
    } catch (error) {
      this.#complain(error as Error);
      throw unavailable((error as Error).message);
    } finally {
      if (--this.#calls === 0) this.#idle?.();
    }
  }

  /** What Redis refuses while it is there, as a full one does, is for the operator to know; now and then is enough. */
  #complain({ message }: Error): void {
    const nowMs = performance.now();
    if (!this.#line.isUp || nowMs < this.#complainMs) return;
    this.#complainMs = nowMs + COMPLAIN_EVERY_MS;
    this.#options.logger.warn("redis_refused", { reason: message });
  }

  /** Runs a script under the epoch that counts; when another one does by now, once more under that one. */
  async #ask<T>(
    name: ScriptName,
    keys: readonly string[],
    args: readonly string[],
    decode: (reply: Reply, epoch: string) => T,
  ): Promise<T> {
    if (this.#settling) await this.#settling;
    try {
      return await this.#askOnce(name, keys, args, decode);
    } catch (error) {
      if (!(error instanceof StaleError)) throw error;
    }
    await this.#settleOnce(() => Promise.resolve());
    return await this.#askOnce(name, keys, args, decode);
  }

  /** Whatever is asked meanwhile waits until it is clear which epoch counts. */
  #settleOnce(before: () => Promise<void>): Promise<void> {
    return this.#settling ??= before().then(() => this.#settle(this.#command)).finally(() =>
      this.#settling = undefined
    );
  }

  /** Replies are decoded in the order they came in: what is noted of a log must not go back by itself. */
  #askOnce<T>(
    name: ScriptName,
    keys: readonly string[],
    args: readonly string[],
    decode: (reply: Reply, epoch: string) => T,
  ): Promise<T> {
    const epoch = this.#epoch;
    return this.#scripts.run(this.#command, name, [this.#keys.life, ...keys], [epoch, ...args]).then(
      (reply) => {
        if (reply === STALE) throw new StaleError("the epoch changed");
        return decode(reply, epoch);
      },
    );
  }

  readonly #command: Command = (...args) => this.#line.command(...args);

  #commit(roomId: string, drafts: readonly Draft[]): Promise<{ epoch: string; places: Places }> {
    const { head, log, sent } = this.#keysOf(roomId);
    const args = [...this.#kept, ...this.#announcement(roomId), roomId];
    for (const { id, type, userId, userName, messageId, timestampMs, body } of drafts) {
      args.push(id, type, userId, userName, messageId, String(timestampMs), body);
    }
    const startMs = performance.now();
    this.#visitSome();
    return this.#ask("append", [head, log, sent, this.#keys.rooms], args, (reply, epoch) => {
      const [top, places] = reply as [number, Places];
      this.#see(roomId, top);
      this.#options.onCommit?.(drafts.length, (performance.now() - startMs) / 1000);
      return { epoch, places };
    });
  }

  /** What retention keeps, as the scripts want it. */
  get #kept(): readonly string[] {
    const { messages, ageMs, max } = this.#retention;
    return [String(messages), String(ageMs), String(max)];
  }

  /** Now and then another room is trimmed, so that those nobody writes to any more get shorter, too. [R5] */
  #visitSome(): void {
    if (++this.#commits % VISIT_EVERY !== 0) return;
    const visit = async () => {
      const roomId = await this.#command("SRANDMEMBER", this.#keys.rooms);
      if (typeof roomId !== "string") return;
      const { head, log, sent } = this.#keysOf(roomId);
      await this.#ask("trim", [head, log, sent], [...this.#kept, String(VISIT_ENTRIES)], () => {});
    };
    // the next one is as good
    this.#do(visit).catch(() => {});
  }

  /** Where a commit is told, and what is said before and after the offset it reached. */
  #announcement(roomId: string): readonly string[] {
    const { announceAs, prefix = "denbun" } = this.#options;
    if (announceAs === undefined) return ["", "", ""];
    return [channelOf(prefix), ...postAround(announceAs, roomId, this.#epoch)];
  }

  async #greet({ command }: Conversation): Promise<void> {
    await Promise.all([this.#scripts.load(command), this.#settle(command)]);
  }

  async #settle(command: Command): Promise<void> {
    const { logger, newEpoch = randomEpoch } = this.#options;
    const epoch = await settleLife(command, this.#scripts, {
      key: this.#keys.life,
      newEpoch,
      shorter: (command) => this.#shorter(command),
      ended: (reason) => logger.warn("epoch_ended", { reason }),
      mayEvict: () => logger.warn("redis_may_evict", { advice: "set maxmemory-policy noeviction" }),
    });
    if (epoch !== this.#epoch) this.#witness.forget();
    this.#epoch = epoch;
  }

  async #shorter(command: Command): Promise<boolean> {
    const roomIds = this.#witness.roomIds();
    const tops = await Promise.all(roomIds.map((roomId) => command("HGET", this.#keys.head(roomId), "top")));
    return this.#witness.contradicts(roomIds, tops.map(Number));
  }

  /** @throws {Error} when the log was longer before: then its epoch ends */
  #see(roomId: string, top: number): void {
    if (this.#witness.saw(roomId, top)) return;
    const { logger, newEpoch = randomEpoch } = this.#options;
    logger.error("log_shortened", new Error("a log is shorter than it was"), { roomId, top });
    this.#witness.forget();
    const end = () => endLife(this.#command, this.#scripts, this.#keys.life, this.#epoch, newEpoch());
    this.#settleOnce(end).catch((error) => this.#line.renew(String(error)));
    throw new Error("the log is shorter than it was");
  }

  #keysOf(roomId: string): { head: string; log: string; sent: string } {
    const keys = this.#keys;
    return { head: keys.head(roomId), log: keys.log(roomId), sent: keys.sent(roomId) };
  }

  #settled(): Promise<void> {
    return this.#calls === 0 ? Promise.resolve() : new Promise((resolve) => this.#idle = resolve);
  }
}

/** What the stream says: id `offset-0`, then names and values in the order they were written. */
type StreamEntry = readonly [id: string, fields: readonly string[]];

function entryOf(roomId: string, [streamId, fields]: StreamEntry): Entry {
  const [, id, , type, , userId, , userName, , messageId, , timestampMs, , body] = fields;
  return {
    roomId,
    offset: parseInt(streamId),
    id: id!,
    type: type!,
    userId: userId!,
    userName: userName!,
    messageId: messageId!,
    timestampMs: Number(timestampMs),
    body: body!,
  };
}
