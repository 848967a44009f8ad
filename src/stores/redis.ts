import type {
  Appended,
  Draft,
  Entry,
  Head,
  Logger,
  Page,
  PutOptions,
  PutResult,
  Range,
  Row,
  Store,
} from "../hub/ports.ts";
import { channelOf, postAround } from "../redis/posts.ts";
import { Appends, type Places } from "./redis/appends.ts";
import { Calls } from "./redis/calls.ts";
import { Keys } from "./redis/keys.ts";
import { type Retention, retention, type RetentionOptions } from "./retention.ts";

/** What differs from the defaults. */
export interface RedisStoreOptions extends RetentionOptions {
  /** is told of a server that is away */
  readonly logger: Logger;
  /** tells the other nodes of each commit, in the same step, under the name that this node's backplane has */
  readonly announceAs?: string;
  /** sets this relay's keys apart from those of others on the same Redis: `denbun` */
  readonly prefix?: string;
  /** Is told of each commit. */
  readonly onCommit?: (writes: number, seconds: number) => void;
}

/**
 * A store in Redis (6.2 or later), which any number of processes and machines share. What "stored" is worth there is
 * for the server to say: with `appendfsync always` it is on disk before it is acknowledged.
 */
export function redis(url: string, options: RedisStoreOptions): Store {
  return new RedisStore(url, options);
}

/** With every so many commits another room is looked at, and so many of its messages may go. */
const VISIT_EVERY = 16;
const VISIT_ENTRIES = 256;

class RedisStore implements Store {
  readonly #options: RedisStoreOptions;
  readonly #retention: Retention;
  readonly #keys: Keys;
  readonly #appends: Appends;
  readonly #calls: Calls;
  #commits = 0;

  constructor(url: string, options: RedisStoreOptions) {
    const { logger, prefix = "denbun" } = options;
    this.#options = options;
    this.#retention = retention(options);
    this.#keys = new Keys(prefix);
    this.#appends = new Appends((roomId, drafts) => this.#commit(roomId, drafts));
    this.#calls = new Calls({ url, logger, keys: this.#keys });
  }

  append(draft: Draft): Promise<Appended> {
    return this.#calls.run(() => this.#appends.add(draft));
  }

  read(roomId: string, range: Range): Promise<Page> {
    const { head, log } = this.#keysOf(roomId);
    const [mode, from] = "after" in range ? ["after", range.after + 1] : ["before", range.before - 1];
    const args = [mode as string, String(Math.max(0, from as number)), String(range.limit)];
    return this.#calls.call("read", [head, log], args, (reply, epoch) => {
      const [offset, oldest, entries] = reply as [number, number, StreamEntry[]];
      this.#calls.saw(roomId, offset);
      const inOrder = mode === "after" ? entries : entries.toReversed();
      return { roomId, epoch, offset, oldest, entries: inOrder.map((one) => entryOf(roomId, one)) };
    });
  }

  heads(roomIds: readonly string[]): Promise<Head[]> {
    const keys = roomIds.flatMap((roomId) => [this.#keys.head(roomId), this.#keys.log(roomId)]);
    return this.#calls.call("heads", keys, [], (reply, epoch) => {
      const numbers = reply as number[];
      return roomIds.map((roomId, n) => {
        const [offset, oldest] = [numbers[2 * n]!, numbers[2 * n + 1]!];
        this.#calls.saw(roomId, offset);
        return { roomId, epoch, offset, oldest };
      });
    });
  }

  retain(roomId: string, offset: number): Promise<void> {
    return this.#calls.call("retain", [this.#keys.head(roomId)], [String(offset)], () => {});
  }

  get(table: string, key: string): Promise<Row | undefined> {
    return this.#calls.call("get", this.#keys.table(table), [key], (reply) => {
      const [version, value] = reply as [number, string] | [];
      return version === undefined ? undefined : { key, value: value!, version };
    });
  }

  list(table: string): Promise<Row[]> {
    return this.#calls.call(
      "list",
      this.#keys.table(table),
      [],
      (reply) =>
        (reply as [string, number, string][]).map(([key, version, value]) => ({ key, value, version })),
    );
  }

  put(
    table: string,
    key: string,
    value: string,
    { ifVersion, ttlMs }: PutOptions = {},
  ): Promise<PutResult> {
    const condition = ifVersion === undefined ? "" : String(ifVersion);
    const life = ttlMs === undefined || ttlMs === Infinity ? "" : String(Math.ceil(ttlMs));
    return this.#calls.call("put", this.#keys.table(table), [key, value, condition, life], (reply) => {
      const [ok, version] = reply as [number, number];
      return { ok: ok === 1, version };
    });
  }

  delete(table: string, key: string): Promise<void> {
    return this.#calls.call("delete", this.#keys.table(table), [key], () => {});
  }

  ready(): Promise<void> {
    return this.#calls.call("ready", [this.#keys.ready], [], () => {});
  }

  close(): Promise<void> {
    return this.#calls.close();
  }

  #commit(roomId: string, drafts: readonly Draft[]): Promise<{ epoch: string; places: Places }> {
    const { head, log, sent } = this.#keysOf(roomId);
    const args = [...this.#kept, ...this.#announcement(roomId), roomId];
    for (const { id, type, userId, userName, messageId, timestampMs, body } of drafts) {
      args.push(id, type, userId, userName, messageId, String(timestampMs), body);
    }
    const startMs = performance.now();
    this.#visitSome();
    return this.#calls.ask("append", [head, log, sent, this.#keys.rooms], args, (reply, epoch) => {
      const [top, places] = reply as [number, Places];
      this.#calls.saw(roomId, top);
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
      const roomId = await this.#calls.command("SRANDMEMBER", this.#keys.rooms);
      if (typeof roomId !== "string") return;
      const { head, log, sent } = this.#keysOf(roomId);
      await this.#calls.ask("trim", [head, log, sent], [...this.#kept, String(VISIT_ENTRIES)], () => {});
    };
    // the next one is as good
    this.#calls.run(visit).catch(() => {});
  }

  /** Where a commit is told, and what is said before and after the offset it reached. */
  #announcement(roomId: string): readonly string[] {
    const { announceAs, prefix = "denbun" } = this.#options;
    if (announceAs === undefined) return ["", "", ""];
    return [channelOf(prefix), ...postAround(announceAs, roomId, this.#calls.epoch)];
  }

  #keysOf(roomId: string): { head: string; log: string; sent: string } {
    const keys = this.#keys;
    return { head: keys.head(roomId), log: keys.log(roomId), sent: keys.sent(roomId) };
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
