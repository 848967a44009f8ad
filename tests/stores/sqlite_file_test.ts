import { DatabaseSync } from "node:sqlite";
import { expect } from "@std/expect";
import type { Store } from "../../src/hub/ports.ts";
import { renewEpoch, sqlite } from "../../src/stores/sqlite.ts";
import { draft } from "../contract/store_contract.ts";
import { Folder } from "./support/folder.ts";

const HOUR_MS = 3_600_000;

/** A closed file with messages in blocks. */
async function written(folder: Folder): Promise<string> {
  const path = folder.file("store.db");
  const store = sqlite(path, { settleAfter: 100 });
  await Promise.all(Array.from({ length: 2_000 }, () => store.append(draft("room"))));
  await store.close();
  return path;
}

/** What a crash leaves of a file with 200 messages: its last commits are in the write-ahead log alone. */
async function crashed(folder: Folder): Promise<string> {
  const path = folder.file("running.db");
  const store = sqlite(path);
  for (let n = 0; n < 50; n++) await Promise.all([1, 2, 3, 4].map(() => store.append(draft("room"))));
  // its answer says that the note of the last commit is written
  await store.heads([]);
  const image = folder.file("store.db");
  for (const part of ["", "-wal", ".mark"]) await Deno.copyFile(path + part, image + part);
  await store.close();
  return image;
}

function change(path: string, change: (bytes: Uint8Array<ArrayBuffer>) => Uint8Array<ArrayBuffer>): void {
  Deno.writeFileSync(path, change(Deno.readFileSync(path)));
}

function flipped(bytes: Uint8Array<ArrayBuffer>, at: number): Uint8Array<ArrayBuffer> {
  bytes[at]! ^= 0xff;
  return bytes;
}

// ---------------------------------------------------------------------------------------------- a good file

Deno.test("[R5] sqlite: what a room was told to retain stays over a restart, before its first message too", async () => {
  await using folder = await Folder.make();
  const options = { retentionMessages: 1, retentionHours: 0, retentionMax: 10, settleAfter: 10 };
  const first = sqlite(folder.file("a.db"), options);
  await first.retain("room", 0);
  await first.close();
  const again = sqlite(folder.file("a.db"), options);
  for (let n = 0; n < 10; n++) {
    await Promise.all(Array.from({ length: 100 }, () => again.append(draft("room"))));
  }
  await Promise.all(Array.from({ length: 100 }, () => again.append(draft("other"))));
  expect(await again.heads(["room", "other"])).toMatchObject([{ oldest: 1 }, { oldest: 91 }]);
  await again.close();
});

Deno.test("[R1] sqlite: the epoch belongs to the file, an empty room's too", async () => {
  await using folder = await Folder.make();
  const first = sqlite(folder.file("a.db"));
  const [before] = await first.heads(["room"]);
  expect((await first.append(draft("room"))).epoch).toBe(before!.epoch);
  await first.close();
  const again = sqlite(folder.file("a.db"));
  expect(await again.heads(["room", "empty"])).toMatchObject([
    { epoch: before!.epoch, offset: 1 },
    { epoch: before!.epoch, offset: 0 },
  ]);
  await again.close();
  const other = sqlite(folder.file("b.db"));
  expect((await other.heads(["room"]))[0]!.epoch).not.toBe(before!.epoch);
  await other.close();
});

Deno.test("[R1] sqlite: a renewed epoch is another one over the same messages", async () => {
  await using folder = await Folder.make();
  const path = await written(folder);
  const before = sqlite(path);
  const [head] = await before.heads(["room"]);
  expect(() => renewEpoch(path)).toThrow(/this process has it open/);
  await before.close();
  const epoch = renewEpoch(path);
  expect(epoch).not.toBe(head!.epoch);
  const after = sqlite(path);
  expect(await after.heads(["room"])).toEqual([{ ...head, epoch }]);
  await after.close();
});

Deno.test("sqlite: people with a SQL prompt see messages as rows, settled or not", async () => {
  await using folder = await Folder.make();
  const path = folder.file("store.db");
  const store = sqlite(path, { settleAfter: 70 });
  const all = Array.from({ length: 100 }, (_, n) => draft(n % 2 ? "odd" : "even"));
  for (const one of all) await store.append(one);
  await store.close();
  const db = new DatabaseSync(path, { readOnly: true });
  expect(db.prepare("SELECT count(*) AS blocks FROM blocks").get()!.blocks).toBeGreaterThan(0);
  const rows = db.prepare("SELECT * FROM messages ORDER BY room, offset").all();
  db.close();
  const expected = ["even", "odd"].flatMap((room) =>
    all.filter(({ roomId }) => roomId === room).map((one, n) => ({
      room,
      offset: n + 1,
      id: one.id,
      type: one.type,
      user_id: one.userId,
      user_name: one.userName,
      message_id: one.messageId,
      timestamp_ms: one.timestampMs,
      body: one.body,
    }))
  );
  expect(rows.map((row) => ({ ...row }))).toEqual(expected);
});

Deno.test("[R5] sqlite: what is trimmed leaves the file", async () => {
  await using folder = await Folder.make();
  const path = folder.file("store.db");
  const store = sqlite(path, { settleAfter: 200, retentionMessages: 100, retentionHours: 1 });
  await appendOld(store, "room", 500, 20);
  const [head] = await store.heads(["room"]);
  expect(head!.offset - head!.oldest).toBeLessThan(1_000);
  await store.close();

  const db = new DatabaseSync(path, { readOnly: true });
  const count = (table: string) => db.prepare(`SELECT count(*) AS n FROM ${table}`).get()!.n as number;
  expect(count("keys")).toBeLessThan(2_500);
  expect(count("blocks")).toBeLessThan(100);
  expect(count("journal")).toBeLessThan(100);
  db.close();
});

Deno.test("[R5] sqlite: rooms nobody writes to are trimmed by writes to others", async () => {
  await using folder = await Folder.make();
  const path = folder.file("store.db");
  const first = sqlite(path, { settleAfter: 100 });
  await appendOld(first, "quiet", 5, 600);
  await first.close();
  const store = sqlite(path, { settleAfter: 100, retentionMessages: 100, retentionHours: 1 });
  expect(await store.heads(["quiet"])).toMatchObject([{ offset: 3_000, oldest: 1 }]);
  await appendOld(store, "busy", 30, 100);
  const [quiet] = await store.heads(["quiet"]);
  expect(quiet!.offset).toBe(3_000);
  expect(quiet!.oldest).toBeGreaterThan(2_700);
  await store.close();
});

/** Appends messages of two hours ago in so many commits of so many. */
async function appendOld(store: Store, roomId: string, commits: number, messages: number): Promise<void> {
  const timestampMs = Date.now() - 2 * HOUR_MS;
  for (let n = 0; n < commits; n++) {
    await Promise.all(Array.from({ length: messages }, () => store.append(draft(roomId, { timestampMs }))));
  }
}

Deno.test("sqlite: expired rows leave the file with later puts", async () => {
  await using folder = await Folder.make();
  const store = sqlite(folder.file("store.db"));
  await Promise.all(Array.from({ length: 100 }, (_, n) => store.put("tickets", `t${n}`, "1", { ttlMs: 0 })));
  await Promise.all(Array.from({ length: 100 }, () => store.put("other", "k", "1")));
  await store.close();
  const db = new DatabaseSync(folder.file("store.db"), { readOnly: true });
  expect(db.prepare("SELECT name, key FROM cells").all().map((row) => ({ ...row }))).toEqual([
    { name: "other", key: "k" },
  ]);
  db.close();
});

// ---------------------------------------------------------------------------------------------- a wrong place

Deno.test("sqlite: missing folders are made, and an empty file is a new store", async () => {
  await using folder = await Folder.make();
  await sqlite(folder.file("a/b/store.db")).close();
  await Deno.writeTextFile(folder.file("empty.db"), "");
  await sqlite(folder.file("empty.db")).close();
});

Deno.test("sqlite: a link to a file is that file", async () => {
  await using folder = await Folder.make();
  await Deno.mkdir(folder.file("data"));
  const store = sqlite(folder.file("data/store.db"));
  const { epoch } = await store.append(draft("room"));
  await Deno.symlink(folder.file("data"), folder.file("link"));
  await Deno.symlink(folder.file("data/store.db"), folder.file("link.db"));
  expect(() => sqlite(folder.file("link/store.db"))).toThrow(/has it open/);
  expect(() => sqlite(folder.file("link.db"))).toThrow(/has it open/);
  await store.close();
  const linked = sqlite(folder.file("link.db"));
  expect(await linked.heads(["room"])).toMatchObject([{ epoch, offset: 1 }]);
  await linked.close();
});

Deno.test("sqlite: a path that is no file, or another's database, is refused by name", async () => {
  await using folder = await Folder.make();
  await Deno.mkdir(folder.file("folder.db"));
  expect(() => sqlite(folder.file("folder.db"))).toThrow(/Cannot open ".*folder\.db"/);

  const other = new DatabaseSync(folder.file("other.db"));
  other.exec("CREATE TABLE invoices (id INTEGER PRIMARY KEY)");
  other.close();
  expect(() => sqlite(folder.file("other.db"))).toThrow(
    /other\.db": it is a database of another application/,
  );

  await sqlite(folder.file("newer.db")).close();
  const newer = new DatabaseSync(folder.file("newer.db"));
  newer.exec("PRAGMA user_version = 2");
  newer.close();
  expect(() => sqlite(folder.file("newer.db"))).toThrow(/newer\.db": it has schema 2, this version reads 1/);
});

Deno.test("sqlite: wrong options fail at once and leave nothing behind", async () => {
  await using folder = await Folder.make();
  const path = folder.file("store.db");
  expect(() => sqlite(path, { retentionMessages: 0 })).toThrow(RangeError);
  expect(() => sqlite(path, { retentionHours: NaN })).toThrow(RangeError);
  expect(() => sqlite(path, { retentionMax: 10 })).toThrow(/it has to be 1000 or more/);
  await sqlite(path).close();
});

// ---------------------------------------------------------------------------------------------- a damaged file

Deno.test("sqlite: a damaged or cut file is refused by name, and the refusal leaves it free", async () => {
  await using folder = await Folder.make();
  const path = await written(folder);
  const good = Deno.readFileSync(path);
  const damages: Record<string, (bytes: Uint8Array<ArrayBuffer>) => Uint8Array<ArrayBuffer>> = {
    "no database at all": () => new TextEncoder().encode("not a database, not at all. ".repeat(400)),
    "cut in half": (bytes) => bytes.slice(0, Math.floor(bytes.length / 8_192) * 4_096),
    "cut inside a page": (bytes) => bytes.slice(0, bytes.length - 100),
    "a damaged header": (bytes) => flipped(bytes, 3),
    "pages of zeros": (bytes) => bytes.fill(0, 4_096, 6 * 4_096),
    "pages of noise": (bytes) => {
      crypto.getRandomValues(bytes.subarray(bytes.length - 5 * 4_096, bytes.length - 4_096));
      return bytes;
    },
  };
  for (const [name, damage] of Object.entries(damages)) {
    Deno.writeFileSync(path, damage(good.slice()));
    let message = "it was opened";
    try {
      await sqlite(path).close();
    } catch (error) {
      message = (error as Error).message;
    }
    expect(`${name}: ${message}`).toMatch(/Cannot open ".*store\.db": it is damaged/);
  }
  Deno.writeFileSync(path, good);
  const store = sqlite(path);
  expect(await store.heads(["room"])).toMatchObject([{ offset: 2_000 }]);
  await store.close();
});

/** Ways to lose what is in the write-ahead log, each of which SQLite takes without a word. */
const losses: Record<string, (path: string) => void> = {
  "a flipped byte in the middle of the log": (path) =>
    change(`${path}-wal`, (bytes) => flipped(bytes, Math.floor(bytes.length / 2))),
  "a flipped byte in the log's first page": (path) => change(`${path}-wal`, (bytes) => flipped(bytes, 100)),
  "a log cut in half": (path) =>
    change(`${path}-wal`, (bytes) => bytes.slice(0, Math.floor(bytes.length / 2))),
  "a log cut by one byte": (path) => change(`${path}-wal`, (bytes) => bytes.slice(0, -1)),
  "a log that is gone": (path) => Deno.removeSync(`${path}-wal`),
};

for (const [loss, lose] of Object.entries(losses)) {
  Deno.test(`[R1] sqlite: ${loss} is no shorter log under the same epoch`, async () => {
    await using folder = await Folder.make();
    const path = await crashed(folder);
    lose(path);
    expect(() => sqlite(path)).toThrow(
      /Cannot open ".*store\.db": it ends at commit \d+, but commit \d+ was acknowledged/,
    );
    // once more: being refused changes nothing
    expect(() => sqlite(path)).toThrow(/was acknowledged/);
    const epoch = renewEpoch(path);
    const store = sqlite(path);
    const [head] = await store.heads(["room"]);
    expect(head!.offset).toBeLessThan(200);
    expect(await store.append(draft("room"))).toMatchObject({ outcome: "stored", epoch });
    await store.close();
  });
}

Deno.test("[R1] sqlite: an older backup in the file's place is refused", async () => {
  await using folder = await Folder.make();
  const path = await written(folder);
  const backup = Deno.readFileSync(path);
  const store = sqlite(path);
  await store.append(draft("room"));
  await store.close();
  Deno.writeFileSync(path, backup);
  expect(() => sqlite(path)).toThrow(/was acknowledged/);
});

Deno.test("[R1] sqlite: without its note of the last commit it would not know", async () => {
  await using folder = await Folder.make();
  const path = await crashed(folder);
  losses["a log cut in half"]!(path);
  await Deno.remove(`${path}.mark`);
  const store = sqlite(path);
  expect((await store.heads(["room"]))[0]!.offset).toBeLessThan(200);
  await store.close();
});

Deno.test("sqlite: what a crash leaves is whole if nothing damaged it", async () => {
  await using folder = await Folder.make();
  const path = await crashed(folder);
  const store = sqlite(path);
  expect(await store.heads(["room"])).toMatchObject([{ offset: 200, oldest: 1 }]);
  await store.close();
});
