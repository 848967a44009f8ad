import type { Head, Page, Range } from "../../hub/ports.ts";
import { lowestKept, type Retention } from "../retention.ts";
import { windowOf } from "../window.ts";
import type { Attempt, Database } from "./database.ts";
import { entryOf, type EntryValue } from "./entries.ts";
import { type HeadValue, NO_HEAD } from "./head_value.ts";

/** Messages one request brings. */
const BATCH = 200;

/**
 * Reads logs, and remembers what of them is to stay. What is below a head is written before it and never changes, so
 * a page is of the moment of its head; only trimming can take some of it away meanwhile, and then it is read again.
 */
export class Reader {
  readonly #database: Database;
  readonly #retention: Retention;

  constructor(database: Database, retention: Retention) {
    this.#database = database;
    this.#retention = retention;
  }

  read(roomId: string, range: Range): Promise<Page> {
    return this.#database.attempt((kv) => this.#page(kv, roomId, range));
  }

  heads(roomIds: readonly string[]): Promise<Head[]> {
    const { keys } = this.#database;
    return this.#database.attempt(async (kv) => {
      const [life, ...heads] = await this.#database.getMany<string | HeadValue>(kv, [
        keys.epoch,
        ...roomIds.map((roomId) => keys.head(roomId)),
      ]);
      const { epoch } = await this.#database.life(kv, life as Deno.KvEntryMaybe<string>);
      return {
        done: heads.map(({ value }, n) => this.#head(roomIds[n]!, epoch, value as HeadValue | null)),
      };
    });
  }

  retain(roomId: string, offset: number): Promise<void> {
    const key = this.#database.keys.head(roomId);
    return this.#database.attempt<void>(async (kv) => {
      const before = await kv.get<HeadValue>(key);
      const [top, oldest, retained] = before.value ?? NO_HEAD;
      const further = retained === Infinity ? offset : Math.max(retained, offset);
      if (further === retained) return { done: undefined };
      const head: HeadValue = [top, oldest, further];
      const { ok } = await kv.atomic().check(before).set(key, head).commit();
      return ok ? { done: undefined } : "again";
    });
  }

  async #page(kv: Deno.Kv, roomId: string, range: Range): Promise<Attempt<Page>> {
    const { keys } = this.#database;
    const [life, found] = await kv.getMany<[string, HeadValue]>([keys.epoch, keys.head(roomId)]);
    const { epoch } = await this.#database.life(kv, life);
    const head = this.#head(roomId, epoch, found.value);
    const { first, last } = windowOf(range, head.oldest, head.offset);
    if (first > last) return { done: { ...head, entries: [] } };
    const entries = [];
    const selected = { start: keys.entry(roomId, first), end: keys.entry(roomId, last + 1) };
    for await (const { key, value } of kv.list<EntryValue>(selected, { batchSize: BATCH })) {
      entries.push(entryOf(kv, this.#database, roomId, key.at(-1) as number, value));
    }
    const whole = (await Promise.all(entries)).filter((entry) => entry !== undefined);
    return whole.length === last - first + 1 ? { done: { ...head, entries: whole } } : "again";
  }

  #head(roomId: string, epoch: string, value: HeadValue | null): Head {
    const [top, oldest, retained] = value ?? NO_HEAD;
    return { roomId, epoch, offset: top, oldest: lowestKept(top, oldest, this.#retention, retained) };
  }
}
