import { expect } from "@std/expect";
import type { Store } from "../../src/hub/ports.ts";
import { RelayError } from "../../src/protocol/errors.ts";
import { kv } from "../../src/stores/kv.ts";
import { draft, expectUnavailable, offsets, storeContract } from "../contract/store_contract.ts";
import { Appender, expectKept } from "./support/child.ts";
import { Folder } from "./support/folder.ts";

storeContract("kv", (options) => Promise.resolve(kv({ ...options, open: inMemory })));

const inMemory = () => Deno.openKv(":memory:");

/** A store on a database a test also has a hand on. */
class Opened implements AsyncDisposable {
  readonly store: Store;
  readonly database: Deno.Kv;
  /** what the next commits do instead of theirs */
  readonly trouble: ((commit: () => Promise<unknown>) => Promise<unknown>)[] = [];

  constructor(database: Deno.Kv, options: Parameters<typeof kv>[0] = {}) {
    this.database = database;
    this.store = kv({ ...options, open: () => Promise.resolve(this.#troubled()) });
  }

  static async make(options: Parameters<typeof kv>[0] = {}): Promise<Opened> {
    return new Opened(await inMemory(), options);
  }

  async keys(prefix: Deno.KvKey = []): Promise<Deno.KvKey[]> {
    return (await Array.fromAsync(this.database.list({ prefix }))).map(({ key }) => key);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.store.close();
  }

  #troubled(): Deno.Kv {
    const atomic = () => {
      const operation = this.database.atomic();
      const commit = operation.commit.bind(operation);
      operation.commit = (() => {
        const trouble = this.trouble.shift();
        return trouble ? trouble(commit) : commit();
      }) as typeof commit;
      return operation;
    };
    return new Proxy(this.database, {
      get: (target, name) => {
        if (name === "atomic") return atomic;
        const value = Reflect.get(target, name);
        return typeof value === "function" ? value.bind(target) : value;
      },
    });
  }
}

const locked = () => Promise.reject(new TypeError("database is locked"));

Deno.test("[R1] kv: stores that share a database allot one offset once, and one key once", async () => {
  await using folder = await Folder.make();
  const open = () => Deno.openKv(folder.file("shared.kv"));
  const stores = [kv({ open }), kv({ open }), kv({ open })];
  const shared = Array.from({ length: 20 }, () => draft("hot"));
  const all = await Promise.all(stores.flatMap((store) => [
    ...Array.from({ length: 40 }, () => store.append(draft("hot"))),
    ...shared.map((one) => store.append(one)),
  ]));
  const stored = all.filter(({ outcome }) => outcome === "stored");
  expect(stored.map(({ offset }) => offset).toSorted((a, b) => a - b)).toEqual(
    Array.from({ length: 140 }, (_, n) => n + 1),
  );
  expect(all.filter(({ outcome }) => outcome === "duplicate")).toHaveLength(40);
  expect(new Set(all.map(({ epoch }) => epoch)).size).toBe(1);
  const page = await stores[0]!.read("hot", { after: 0, limit: 1_000 });
  expect(page.entries.map(({ messageId }) => messageId).toSorted()).toHaveLength(140);
  expect(new Set(page.entries.map(({ messageId }) => messageId)).size).toBe(140);
  await Promise.all(stores.map((store) => store.close()));
});

Deno.test("[A1] kv: two processes append to one file; nothing acknowledged is lost or doubled", async () => {
  await using folder = await Folder.make();
  const path = folder.file("shared.kv");
  const appenders = [1, 2].map(() => new Appender({ path, callers: 8, count: 25 }));
  expect((await Promise.all(appenders.map((appender) => appender.end()))).every(({ success }) => success))
    .toBe(true);
  const acks = appenders.flatMap((appender) => appender.acks);
  expect(acks).toHaveLength(400);
  const store = kv({ open: () => Deno.openKv(path) });
  await expectKept(store, acks);
  await store.close();
});

Deno.test("kv: a file that is locked, and a commit that lost a race, are tried again", async () => {
  await using opened = await Opened.make();
  await opened.store.append(draft("a"));
  const late = () => Promise.resolve({ ok: false });
  opened.trouble.push(locked, late, locked);
  expect(await opened.store.append(draft("a"))).toMatchObject({ outcome: "stored", offset: 2 });
  opened.trouble.push(locked, late);
  expect(await opened.store.put("t", "k", "1")).toEqual({ ok: true, version: 1 });
  expect(opened.trouble).toEqual([]);
});

Deno.test("[A3] kv: a file that stays locked is unavailable, and what waited goes on when it ends", async () => {
  await using opened = await Opened.make({ contendMs: 30 });
  await opened.store.append(draft("a"));
  opened.trouble.push(...Array.from({ length: 200 }, () => locked));
  await expectUnavailable(opened.store.append(draft("a")));
  opened.trouble.length = 0;
  expect((await opened.store.append(draft("a"))).offset).toBe(2);
});

Deno.test("[A2] kv: a commit whose answer is lost is unknown; repeated, it is a duplicate", async () => {
  await using opened = await Opened.make();
  await opened.store.append(draft("a"));
  const one = draft("a");
  opened.trouble.push(async (commit) => {
    await commit();
    throw new Error("connection reset");
  });
  await expectUnavailable(opened.store.append(one));
  expect(await opened.store.append(one)).toMatchObject({ outcome: "duplicate", id: one.id, offset: 2 });
  expect(offsets(await opened.store.read("a", { after: 0, limit: 10 }))).toEqual([1, 2]);
});

Deno.test("[A3] kv: a database that cannot be opened is unavailable, and tried again", async () => {
  let attempts = 0;
  const store = kv({
    open: () => ++attempts === 1 ? Promise.reject(new Error("no database is attached")) : inMemory(),
  });
  expect((await expectUnavailable(store.ready())).cause).toMatchObject({
    message: "Error: no database is attached",
  });
  await expectUnavailable(store.append(draft("a")));
  expect(attempts).toBe(1);
  while (!await store.ready().then(() => true, () => false));
  expect((await store.append(draft("a"))).offset).toBe(1);
  expect(attempts).toBe(2);
  await store.close();
});

Deno.test("kv: what is longer than a value lies in pieces, and goes with them", async () => {
  await using opened = await Opened.make({ retentionMessages: 1, retentionHours: 0 });
  const { store } = opened;
  const long = draft("a", { body: JSON.stringify({ content: "電文".repeat(65_000) }) });
  const { offset } = await store.append(long);
  expect((await store.read("a", { after: 0, limit: 1 })).entries).toEqual([{ ...long, offset }]);
  expect(await store.append(long)).toMatchObject({ outcome: "duplicate" });
  expect(await store.append({ ...long, body: `${long.body} ` })).toMatchObject({ outcome: "conflict" });
  for (let n = 0; n < 200; n += 100) {
    // trimming comes with the next commit
    await Promise.all(Array.from({ length: 100 }, () => store.append(draft("a"))));
  }
  expect(await opened.keys(["denbun", "piece"])).toEqual([]);
  const value = JSON.stringify("🙂".repeat(60_000));
  await store.put("snapshots", "a", value);
  await store.put("snapshots", "b", value);
  expect(await store.get("snapshots", "a")).toEqual({ key: "a", value, version: 1 });
  expect((await store.list("snapshots")).map((row) => row.value === value)).toEqual([true, true]);
  // more than a commit takes, and not written: nothing of it stays
  const larger = JSON.stringify("電文".repeat(1_000_000));
  expect(await store.put("snapshots", "b", larger, { ifVersion: 1 })).toEqual({ ok: true, version: 2 });
  expect(await store.put("snapshots", "b", larger, { ifVersion: 1 })).toEqual({ ok: false, version: 2 });
  expect((await store.get("snapshots", "b"))?.value === larger).toBe(true);
  await store.put("snapshots", "a", "1");
  await store.delete("snapshots", "b");
  expect(await store.list("snapshots")).toEqual([{ key: "a", value: "1", version: 2 }]);
  expect(await opened.keys(["denbun", "row_piece"])).toEqual([]);
});

Deno.test("kv: what is too long for a commit is refused as too large, and nothing else with it", async () => {
  await using opened = await Opened.make();
  const body = JSON.stringify("x".repeat(262_144));
  const [refused, stored] = await Promise.allSettled([
    opened.store.append(draft("a", { body })),
    opened.store.append(draft("a")),
  ]);
  expect(refused).toMatchObject({ reason: { code: "too_large", retryable: false } });
  expect(stored).toMatchObject({ value: { offset: 1 } });
  const tooLong = "x".repeat(8_388_609);
  const error = await opened.store.put("t", "k", tooLong).catch((error: unknown) => error);
  expect(error).toBeInstanceOf(RelayError);
  expect(error).toMatchObject({ code: "too_large" });
});

Deno.test("kv: a group that is more than a commit takes is stored by several", async () => {
  const commits: number[] = [];
  await using opened = await Opened.make({ onCommit: (writes) => void commits.push(writes) });
  const body = JSON.stringify("x".repeat(60_000));
  const long = Array.from({ length: 30 }, () => draft("long", { body }));
  const rooms = Array.from({ length: 50 }, (_, n) => draft(`room-${n}`));
  const many = Array.from({ length: 2_000 }, () => draft("many"));
  const all = await Promise.all([...long, ...rooms, ...many].map((one) => opened.store.append(one)));
  expect(all.slice(0, 30).map(({ offset }) => offset)).toEqual(long.map((_, n) => n + 1));
  expect(all.slice(30, 80).every(({ offset }) => offset === 1)).toBe(true);
  expect(all.slice(80).map(({ offset }) => offset)).toEqual(many.map((_, n) => n + 1));
  expect(commits.reduce((sum, writes) => sum + writes, 0)).toBe(2_080);
  expect(commits.length).toBeLessThan(100);
});

Deno.test("[R1] kv: the epoch outlives the store, and a lost database begins another one", async () => {
  await using folder = await Folder.make();
  const path = folder.file("epoch.kv");
  const open = () => Deno.openKv(path);
  const first = kv({ open });
  const { epoch } = await first.append(draft("a"));
  await first.close();
  const second = kv({ open });
  expect(await second.append(draft("a"))).toMatchObject({ epoch, offset: 2 });
  // everything goes away under a store that remembers the head of the room
  const database = await open();
  const keys = (await Array.fromAsync(database.list({ prefix: [] }))).map(({ key }) => key);
  await Promise.all(keys.map((key) => database.delete(key)));
  database.close();
  const after = await second.append(draft("a"));
  expect(after.offset).toBe(1);
  expect(after.epoch).not.toBe(epoch);
  expect(await second.heads(["a"])).toEqual([{ roomId: "a", epoch: after.epoch, offset: 1, oldest: 1 }]);
  await second.close();
});

Deno.test("[R5] kv: what goes takes its key along, and nothing is left of it", async () => {
  await using opened = await Opened.make({ retentionMessages: 10, retentionHours: 1 });
  const old = { timestampMs: Date.now() - 2 * 3_600_000 };
  for (let n = 0; n < 10; n++) {
    // trimming comes with the next commit
    await Promise.all(Array.from({ length: 100 }, () => opened.store.append(draft("a", old))));
  }
  const [head] = await opened.store.heads(["a"]);
  const kept = head!.offset - head!.oldest + 1;
  expect(kept).toBeLessThan(300);
  expect(await opened.keys(["denbun", "log", "a"])).toHaveLength(kept);
  expect(await opened.keys(["denbun", "twin", "a"])).toHaveLength(kept);
});
