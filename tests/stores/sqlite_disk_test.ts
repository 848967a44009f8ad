import { DatabaseSync } from "node:sqlite";
import { expect } from "@std/expect";
import type { Draft, Store } from "../../src/hub/ports.ts";
import { RelayError } from "../../src/protocol/errors.ts";
import { sqlite } from "../../src/stores/sqlite.ts";
import { draft, expectUnavailable } from "../contract/store_contract.ts";
import { has } from "../e2e/needs.ts";
import { Appender, expectKept, type Told } from "./support/child.ts";
import { Folder } from "./support/folder.ts";

const noDisk = !await has("unshare", "--mount", "mount", "-t", "tmpfs", "denbun-test", "/mnt");
const noTrace = !await has("strace", "-f", "-e", "trace=fsync", "true");

// ---------------------------------------------------------------------------------------------- full disk

Deno.test({
  name: "[A3] sqlite: a full disk refuses, goes on reading, and is forgotten when there is room",
  ignore: noDisk,
  async fn() {
    await using folder = await Folder.mount("6m");
    const store = sqlite(folder.file("store.db"), { settleAfter: 50 });
    const acks: Told[] = [];
    await appendUntil(store, acks, 200);
    const release = fill(folder.file("ballast"));

    const refused = await appendUntil(store, acks, Infinity);
    await expectUnavailable(store.ready());
    await expectKept(store, acks);

    release();
    let again: { outcome: string; offset: number } | undefined;
    while (!again) again = await store.append(refused!).catch(onlyUnavailable);
    // a commit that failed is unknown: it may have been stored all the same
    expect(["stored", "duplicate"]).toContain(again.outcome);
    acks.push({ kind: "ack", offset: again.offset, id: refused!.id });
    await appendUntil(store, acks, 50);
    await store.ready();
    await expectKept(store, acks);
    await store.close();

    const reopened = sqlite(folder.file("store.db"));
    await expectKept(reopened, acks);
    await reopened.close();
  },
});

/** Appends so many messages of 4 kB, or until one is refused: that one is returned. */
async function appendUntil(store: Store, acks: Told[], count: number): Promise<Draft | undefined> {
  for (let n = 0; n < count; n++) {
    const one = draft("room", { body: JSON.stringify({ content: "x".repeat(4_000) }) });
    const appended = await store.append(one).catch(onlyUnavailable);
    if (!appended) return one;
    acks.push({ kind: "ack", offset: appended.offset, id: one.id });
  }
  return undefined;
}

function onlyUnavailable(error: unknown): undefined {
  if (!(error instanceof RelayError) || error.code !== "store_unavailable") throw error;
}

/** Takes all the room there is on the disk. Returns what gives it back. */
function fill(path: string): () => void {
  using file = Deno.openSync(path, { write: true, create: true });
  const bytes = new Uint8Array(4_096);
  try {
    for (;;) file.writeSync(bytes);
  } catch {
    return () => Deno.removeSync(path);
  }
}

// ---------------------------------------------------------------------------------------------- locked file

Deno.test("[A3] sqlite: a short lock by someone else delays writes, not reads", async () => {
  await using folder = await Folder.make();
  const store = sqlite(folder.file("store.db"));
  await store.append(draft("room"));
  const unlock = lock(folder.file("store.db"));
  let answered = false;
  const append = store.append(draft("room")).finally(() => answered = true);
  for (let n = 0; n < 20; n++) expect(await store.heads(["room"])).toMatchObject([{ offset: 1 }]);
  expect(answered).toBe(false);
  unlock();
  expect(await append).toMatchObject({ outcome: "stored", offset: 2 });
  await store.close();
});

Deno.test("[A3] sqlite: a long lock refuses writes, serves reads, and is forgotten when it ends", async () => {
  await using folder = await Folder.make();
  const store = sqlite(folder.file("store.db"));
  await store.append(draft("room"));
  const unlock = lock(folder.file("store.db"));
  const one = draft("room");
  const refused = expectUnavailable(store.append(one));
  await expectUnavailable(store.ready());
  const error = await refused;
  expect((error.cause as Error).message).toContain("locked");
  expect(await store.heads(["room"])).toMatchObject([{ offset: 1 }]);
  unlock();
  expect(await store.append(one)).toMatchObject({ outcome: "stored", offset: 2 });
  await store.close();
});

Deno.test("[A3] sqlite: a file that is locked at the start is served when the lock ends", async () => {
  await using folder = await Folder.make();
  const path = folder.file("store.db");
  await sqlite(path).close();
  const unlock = lock(path);
  const store = sqlite(path);
  const append = store.append(draft("room"));
  const heads = await store.heads(["room"]).catch(onlyUnavailable);
  if (heads) expect(heads).toMatchObject([{ offset: 0 }]);
  unlock();
  expect(await append).toMatchObject({ outcome: "stored", offset: 1 });
  await store.close();
});

function lock(path: string): () => void {
  const db = new DatabaseSync(path);
  db.exec("BEGIN EXCLUSIVE");
  return () => {
    db.exec("ROLLBACK");
    db.close();
  };
}

// ---------------------------------------------------------------------------------------------- failed sync

const SYNC = "trace=fsync,fdatasync";
const failing = (
  when: string,
) => ["-o", "/dev/null", "-e", SYNC, "-e", `inject=fsync,fdatasync:error=EIO:when=${when}`];

Deno.test({
  name: "[A3] sqlite: failing syncs are never an ack, and are forgotten when they end",
  ignore: noTrace,
  async fn() {
    await using folder = await Folder.make();
    const path = folder.file("store.db");
    const appender = new Appender({
      path,
      callers: 4,
      count: 100,
      settleAfter: 20,
      strace: failing("30..45"),
    });
    expect(await appender.end()).toMatchObject({ success: true });
    expect(appender.acks).toHaveLength(400);
    const nacks = appender.told.filter(({ kind }) => kind === "nack");
    expect(nacks.length).toBeGreaterThan(0);
    expectNothingTakenBack(appender.told);
    const store = sqlite(path);
    await expectKept(store, appender.acks);
    await store.close();
  },
});

Deno.test({
  name: "[A3] sqlite: what was acknowledged before syncs failed for good survives kill -9",
  ignore: noTrace,
  async fn() {
    await using folder = await Folder.make();
    const path = folder.file("store.db");
    const appender = new Appender({ path, callers: 4, settleAfter: 20, strace: failing("40+") });
    await appender.until("nack", 8);
    const before = appender.acks.length;
    await appender.until("nack", 8);
    expect(appender.acks.length).toBe(before);
    expectNothingTakenBack(appender.told);
    await appender.kill();
    const store = sqlite(path);
    await expectKept(store, appender.acks);
    await store.close();
  },
});

/** Offsets that were answered, by an ack or to a reader, only grow; no two messages got the same one. */
function expectNothingTakenBack(told: readonly Told[]): void {
  const acks = told.filter(({ kind }) => kind === "ack");
  expect(new Set(acks.map(({ offset }) => offset)).size).toBe(acks.length);
  let acked = 0;
  let seen = 0;
  for (const { kind, offset } of told) {
    if (kind === "ack") acked = Math.max(acked, offset);
    if (kind !== "top") continue;
    expect(offset).toBeGreaterThanOrEqual(seen);
    seen = offset;
  }
  expect(acked).toBeGreaterThan(0);
}

// ---------------------------------------------------------------------------------------------- sync before ack

Deno.test({
  name: "[A1] sqlite: every ack comes after a sync of its commit",
  ignore: noTrace,
  async fn() {
    await using folder = await Folder.make();
    expect(await acksWithoutSync(folder)).toEqual({ acks: 199, early: 0 });
  },
});

Deno.test({
  name: "[A1] sqlite: the check above sees acks that did not wait for a sync",
  ignore: noTrace,
  async fn() {
    await using folder = await Folder.make();
    const program = await withoutSyncs(folder.file("copy"));
    expect(await acksWithoutSync(folder, program)).toEqual({ acks: 199, early: 199 });
  },
});

/** Counts acks with no successful sync between them and the ack before: the first one has only the opening's. */
async function acksWithoutSync(folder: Folder, program?: string): Promise<{ acks: number; early: number }> {
  const trace = folder.file("trace");
  const appender = new Appender({
    path: folder.file("store.db"),
    callers: 1,
    count: 200,
    strace: ["-o", trace, "-e", "trace=fsync,fdatasync,write"],
    ...(program === undefined ? {} : { program }),
  });
  expect(await appender.end()).toMatchObject({ success: true });
  let acks = -1;
  let early = 0;
  let synced = true;
  for (const line of (await Deno.readTextFile(trace)).split("\n")) {
    if (/fsync|fdatasync/.test(line) && /= 0$/.test(line)) synced = true;
    if (!/write\(1, "ack /.test(line)) continue;
    acks++;
    if (!synced) early++;
    synced = false;
  }
  return { acks, early };
}

/** A copy of the program whose commits are not synced. Returns its path. */
async function withoutSyncs(folder: string): Promise<string> {
  const root = new URL("../../", import.meta.url);
  let changed = 0;
  for (const file of ["tests/stores/support/appender.ts", ...await filesBelow(root, "src")]) {
    const text = await Deno.readTextFile(new URL(file, root));
    const mutant = text.replaceAll(/synchronous = (?:FULL|NORMAL)/g, () => {
      changed++;
      return "synchronous = OFF";
    });
    await Deno.mkdir(`${folder}/${file}`.replace(/\/[^/]*$/, ""), { recursive: true });
    await Deno.writeTextFile(`${folder}/${file}`, mutant);
  }
  expect(changed).toBeGreaterThan(0);
  return `${folder}/tests/stores/support/appender.ts`;
}

async function filesBelow(root: URL, folder: string): Promise<string[]> {
  const files: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(new URL(folder, root))) {
    if (isDirectory) files.push(...await filesBelow(root, `${folder}/${name}`));
    else if (name.endsWith(".ts")) files.push(`${folder}/${name}`);
  }
  return files;
}
