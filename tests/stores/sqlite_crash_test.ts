import { DatabaseSync } from "node:sqlite";
import { expect } from "@std/expect";
import { connectStore } from "../../src/stores/remote.ts";
import { sqlite } from "../../src/stores/sqlite.ts";
import { draft } from "../contract/store_contract.ts";
import { Appender, expectKept, type Told } from "./support/child.ts";
import { Folder } from "./support/folder.ts";

Deno.test("[A1] sqlite: what was acknowledged survives kill -9, wherever it strikes", async () => {
  await using folder = await Folder.make();
  const path = folder.file("store.db");
  const acks: Told[] = [];
  for (let life = 1; life <= 5; life++) {
    // small rounds, so that it strikes while messages are moved, too
    const appender = new Appender({ path, callers: 16, settleAfter: 64 * life });
    await appender.until("ack", 400);
    await appender.kill();
    acks.push(...appender.acks);
    const store = sqlite(path);
    await expectKept(store, acks);
    await store.close();
  }
  expect(acks.length).toBeGreaterThanOrEqual(2_000);
  const db = new DatabaseSync(path);
  expect(db.prepare("PRAGMA integrity_check").get()).toEqual({ integrity_check: "ok" });
  db.close();
});

Deno.test("[A2] sqlite: the keys of messages survive kill -9, settled or not", async () => {
  await using folder = await Folder.make();
  const path = folder.file("store.db");
  const appender = new Appender({ path, callers: 4, settleAfter: 50 });
  await appender.until("ack", 330);
  await appender.kill();
  const store = sqlite(path);
  const { entries } = await store.read("room", { after: 0, limit: 10_000 });
  const again = await Promise.all(entries.map((entry) => store.append({ ...entry, id: "again" })));
  expect(again.map(({ outcome, offset, id }) => [outcome, offset, id])).toEqual(
    entries.map(({ offset, id }) => ["duplicate", offset, id]),
  );
  await store.close();
});

Deno.test("sqlite: a second process is refused while the first lives, and not after kill -9", async () => {
  await using folder = await Folder.make();
  const path = folder.file("store.db");
  const appender = new Appender({ path, callers: 1 });
  await appender.until("ack", 1);
  expect(() => sqlite(path)).toThrow(/Cannot open ".*store\.db": process \d+ has it open/);
  await appender.kill();
  const store = sqlite(path);
  await expectKept(store, appender.acks);
  expect(() => sqlite(path)).toThrow(/this process has it open/);
  await store.close();
  await sqlite(path).close();
});

Deno.test("[A3] sqlite: a dead Worker is replaced, and what it had not answered is unavailable", async () => {
  await using folder = await Folder.make();
  using workers = spyOnWorkers();
  const store = sqlite(folder.file("store.db"));
  const other = connectStore(store.port());
  const first = await store.append(draft("room"));

  const drafts = Array.from({ length: 200 }, () => draft("room"));
  const appends = drafts.map((one) => store.append(one));
  const others = other.heads(["room"]);
  await new Promise((resolve) => setImmediate(resolve));
  workers.started[0]!.postMessage(null); // no message it knows: it throws
  const results = await Promise.allSettled(appends);
  await others.catch(() => {});
  for (const result of results) {
    if (result.status === "rejected") expect(result.reason).toMatchObject({ code: "store_unavailable" });
  }

  // nobody has to do anything for it to come back
  const again = await untilAvailable(() => Promise.all(drafts.map((one) => store.append(one))));
  expect(workers.started).toHaveLength(2);
  for (const [n, result] of results.entries()) {
    if (result.status === "fulfilled") {
      expect(again[n]).toEqual({ ...result.value, outcome: "duplicate" });
    }
  }
  expect(again.map(({ offset }) => offset).sort((a, b) => a - b)).toEqual(drafts.map((_, n) => n + 2));
  expect(new Set(again.map(({ epoch }) => epoch))).toEqual(new Set([first.epoch]));
  expect(await other.heads(["room"])).toMatchObject([{ offset: 201 }]);
  await other.close();
  await store.close();
});

async function untilAvailable<T>(attempt: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if ((error as { code?: string }).code !== "store_unavailable") throw error;
    }
  }
}

/** Lets a test lay hands on the Workers that are started. */
function spyOnWorkers(): Disposable & { readonly started: Worker[] } {
  const original = globalThis.Worker;
  const started: Worker[] = [];
  globalThis.Worker = class extends original {
    constructor(...args: ConstructorParameters<typeof original>) {
      super(...args);
      started.push(this);
    }
  };
  return { started, [Symbol.dispose]: () => void (globalThis.Worker = original) };
}
