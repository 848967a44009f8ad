/**
 * What every store has to do, whatever it keeps its rooms in.
 *
 *     storeContract("memory", (options) => Promise.resolve(memory(options)));
 */
import { expect } from "@std/expect";
import { Lease } from "../../src/hub/lease.ts";
import type { Draft, Entry, Page, Store } from "../../src/hub/ports.ts";
import { RelayError } from "../../src/protocol/errors.ts";
import type { RetentionOptions } from "../../src/stores/retention.ts";
import { FakeClock, turn } from "../harness/clock.ts";

export type OpenStore = (options?: RetentionOptions) => Promise<Store>;

const HOUR_MS = 3_600_000;

let drafts = 0;

/** A message nobody sent before. */
export function draft(roomId: string, fields: Partial<Draft> = {}): Draft {
  const n = ++drafts;
  return {
    roomId,
    id: `id-${n}`,
    type: "new_message",
    userId: "yamada",
    userName: "Yamada Tarō",
    messageId: `m-${n}`,
    timestampMs: Date.now(),
    body: JSON.stringify({ content: `message ${n}`, replyTo: null }),
    ...fields,
  };
}

/** What `read` returns of it. */
export function entry(from: Draft, offset: number): Entry {
  return { ...from, offset };
}

/** Asserts that a promise rejects the way a store does that cannot answer. */
export async function expectUnavailable(promise: Promise<unknown>): Promise<RelayError> {
  const error = await promise.then(() => undefined, (error: unknown) => error);
  expect(error).toBeInstanceOf(RelayError);
  expect((error as RelayError).code).toBe("store_unavailable");
  expect((error as RelayError).retryable).toBe(true);
  return error as RelayError;
}

export function offsets(page: Page): number[] {
  return page.entries.map(({ offset }) => offset);
}

function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, n) => first + n);
}

async function appendAll(store: Store, all: readonly Draft[]): Promise<void> {
  for (let n = 0; n < all.length; n += 1_000) {
    await Promise.all(all.slice(n, n + 1_000).map((one) => store.append(one)));
  }
}

/** Registers the suite for one store. */
export function storeContract(name: string, open: OpenStore): void {
  const test = (
    title: string,
    run: (store: Store) => Promise<void>,
    options?: RetentionOptions,
  ) =>
    Deno.test(`store ${name}: ${title}`, async () => {
      const store = await open(options);
      try {
        await run(store);
      } finally {
        await store.close();
      }
    });

  // -------------------------------------------------------------------------------------------- append

  test("[R1] offsets count from 1 without gaps, each room for itself, under one epoch", async (store) => {
    const seen = [];
    for (const roomId of ["a", "b", "a", "a", "b"]) {
      seen.push(await store.append(draft(roomId)));
    }
    expect(seen.map(({ outcome }) => outcome)).toEqual(Array(5).fill("stored"));
    expect(seen.map(({ offset }) => offset)).toEqual([1, 1, 2, 3, 2]);
    const [head] = await store.heads(["a"]);
    expect(new Set(seen.map(({ epoch }) => epoch))).toEqual(new Set([head!.epoch]));
    expect(head!.epoch).toMatch(/^[A-Za-z0-9_-]{1,64}$/);
  });

  test("[R1] concurrent appends get different offsets, in the order they were made", async (store) => {
    const all = range(1, 500).map(() => draft("a"));
    const appended = await Promise.all(all.map((one) => store.append(one)));
    expect(appended.map(({ offset }) => offset)).toEqual(range(1, 500));
    const { entries } = await store.read("a", { after: 0, limit: 500 });
    expect(entries).toEqual(all.map((one, n) => entry(one, n + 1)));
  });

  test("[A1] what was appended is read at its offset, as it was", async (store) => {
    const one = draft("a", { userName: 'O\'Brien "x" \u2028 🙂', timestampMs: 1_790_000_000_123 });
    const { offset, id } = await store.append(one);
    expect(id).toBe(one.id);
    expect((await store.read("a", { after: 0, limit: 1 })).entries).toEqual([entry(one, offset)]);
  });

  test("[A2] a repeated key is a duplicate with the first id and offset", async (store) => {
    const one = draft("a");
    const first = await store.append(one);
    await store.append(draft("a"));
    const again = await store.append({ ...one, id: "another", userName: "renamed", timestampMs: 0 });
    expect(again).toEqual({ ...first, outcome: "duplicate" });
    expect(offsets(await store.read("a", { after: 0, limit: 10 }))).toEqual([1, 2]);
  });

  test("[A2] a repeated key with another body or type is a conflict, and nothing is written", async (store) => {
    const one = draft("a");
    const first = await store.append(one);
    expect(await store.append({ ...one, body: '{"content":"other"}' })).toEqual({
      ...first,
      outcome: "conflict",
    });
    expect(await store.append({ ...one, type: "event" })).toEqual({ ...first, outcome: "conflict" });
    expect((await store.read("a", { after: 0, limit: 10 })).entries).toEqual([entry(one, 1)]);
  });

  test("[A2] one key in the same breath is stored once: duplicates and conflicts see it", async (store) => {
    const one = draft("a");
    const [stored, duplicate, conflict, other] = await Promise.all([
      store.append(one),
      store.append({ ...one, id: "second" }),
      store.append({ ...one, body: "{}" }),
      store.append(draft("a")),
    ]);
    expect(stored).toMatchObject({ outcome: "stored", id: one.id, offset: 1 });
    expect(duplicate).toMatchObject({ outcome: "duplicate", id: one.id, offset: 1 });
    expect(conflict).toMatchObject({ outcome: "conflict", id: one.id, offset: 1 });
    expect(other).toMatchObject({ outcome: "stored", offset: 2 });
  });

  test("[A2] 1,000 concurrent appends of one key are 1 stored and 999 duplicates", async (store) => {
    const one = draft("a");
    const all = await Promise.all(range(1, 1_000).map(() => store.append(one)));
    expect(all.filter(({ outcome }) => outcome === "stored")).toHaveLength(1);
    expect(all.filter(({ outcome }) => outcome === "duplicate")).toHaveLength(999);
    expect(new Set(all.map(({ offset, id, epoch }) => `${offset} ${id} ${epoch}`)).size).toBe(1);
    expect(offsets(await store.read("a", { after: 0, limit: 10 }))).toEqual([1]);
  });

  test("[A2] the key is user, room and message id together", async (store) => {
    const one = draft("a");
    await store.append(one);
    const others = await Promise.all([
      store.append({ ...one, userId: "suzuki" }),
      store.append({ ...one, roomId: "b" }),
      store.append({ ...one, messageId: `${one.messageId}x` }),
    ]);
    expect(others.map(({ outcome, offset }) => [outcome, offset])).toEqual([
      ["stored", 2],
      ["stored", 1],
      ["stored", 3],
    ]);
  });

  test("[A2] a key is found again when thousands came after it", async (store) => {
    const one = draft("a");
    const first = await store.append(one);
    await appendAll(store, range(1, 9_000).map(() => draft("a")));
    expect(await store.append({ ...one, id: "late" })).toEqual({ ...first, outcome: "duplicate" });
    expect(await store.append({ ...one, body: "{}" })).toEqual({ ...first, outcome: "conflict" });
  });

  // -------------------------------------------------------------------------------------------- read

  test("[R2] read goes forward after an offset and backward before one", async (store) => {
    await appendAll(store, range(1, 150).map(() => draft("a")));
    const read = async (where: { after: number } | { before: number }, limit: number) =>
      offsets(await store.read("a", { ...where, limit }));
    expect(await read({ after: 0 }, 3)).toEqual([1, 2, 3]);
    expect(await read({ after: 60 }, 10)).toEqual(range(61, 70));
    expect(await read({ after: 0 }, 1_000)).toEqual(range(1, 150));
    expect(await read({ after: 148 }, 10)).toEqual([149, 150]);
    expect(await read({ after: 150 }, 10)).toEqual([]);
    expect(await read({ after: 9_999 }, 10)).toEqual([]);
    expect(await read({ before: 151 }, 3)).toEqual([148, 149, 150]);
    expect(await read({ before: 70 }, 10)).toEqual(range(60, 69));
    expect(await read({ before: 4 }, 10)).toEqual([1, 2, 3]);
    expect(await read({ before: 1 }, 10)).toEqual([]);
    expect(await read({ before: 0 }, 10)).toEqual([]);
    expect(await read({ before: Number.MAX_SAFE_INTEGER }, 2)).toEqual([149, 150]);
    expect(await read({ after: 10 }, 0)).toEqual([]);
    expect(await read({ before: 10 }, 0)).toEqual([]);
  });

  test("[R1] an unknown room is an empty log, and asking does not make it", async (store) => {
    const page = await store.read("nowhere", { after: 0, limit: 10 });
    expect(page).toEqual({ roomId: "nowhere", epoch: page.epoch, offset: 0, oldest: 1, entries: [] });
    const { epoch } = await store.append(draft("a"));
    expect(page.epoch).toBe(epoch);
    expect(await store.heads(["nowhere"])).toEqual([{ roomId: "nowhere", epoch, offset: 0, oldest: 1 }]);
    expect((await store.append(draft("nowhere"))).offset).toBe(1);
  });

  test("heads come in the order asked for, however often", async (store) => {
    await appendAll(store, ["b", "a", "b", "c", "b"].map((roomId) => draft(roomId)));
    const heads = await store.heads(["c", "b", "none", "a", "b"]);
    expect(heads.map(({ roomId, offset, oldest }) => [roomId, offset, oldest])).toEqual([
      ["c", 1, 1],
      ["b", 3, 1],
      ["none", 0, 1],
      ["a", 1, 1],
      ["b", 3, 1],
    ]);
    expect(await store.heads([])).toEqual([]);
  });

  test("[J1] a page and its head are of one moment while others append", async (store) => {
    const writing = appendAll(store, range(1, 3_000).map(() => draft("a")));
    let done = false;
    writing.finally(() => done = true);
    let pages = 0;
    while (!done) {
      const page = await store.read("a", { before: Number.MAX_SAFE_INTEGER, limit: 20 });
      expect(offsets(page)).toEqual(range(Math.max(1, page.offset - 19), page.offset));
      pages++;
    }
    await writing;
    expect(pages).toBeGreaterThan(0);
  });

  test("[A1] what was acknowledged is read by whoever asks next", async (store) => {
    for (let n = 1; n <= 50; n++) {
      const { offset } = await store.append(draft("a"));
      expect(offsets(await store.read("a", { after: offset - 1, limit: 1 }))).toEqual([n]);
    }
  });

  // -------------------------------------------------------------------------------------------- text

  test("any text a client can send comes back as it was", async (store) => {
    const contents = [
      "\u0000",
      "a\u0000b",
      "\u2028\u2029",
      "🙂👩‍👩‍👧‍👦",
      "\ud800 lone, \udc00 lone",
      "\ufeff\u202e\u200b",
      `'; DROP TABLE rooms; --`,
      "__proto__",
      "日本語".repeat(100),
      "",
    ];
    const all = contents.map((content) => draft("a", { body: JSON.stringify({ content }) }));
    await appendAll(store, all);
    const { entries } = await store.read("a", { after: 0, limit: 100 });
    expect(entries.map(({ body }) => JSON.parse(body).content)).toEqual(contents);
    expect(entries.map(({ body }) => body)).toEqual(all.map(({ body }) => body));
  });

  test("names of JavaScript's own are names like any other", async (store) => {
    const names = ["constructor", "toString", "hasOwnProperty", "valueOf"];
    await appendAll(
      store,
      names.map((name) =>
        draft(name, { userId: name, messageId: name, userName: "__proto__", body: '{"__proto__":1}' })
      ),
    );
    for (const name of names) {
      const { entries } = await store.read(name, { after: 0, limit: 2 });
      expect(entries.map(({ userId, userName, body }) => [userId, userName, body])).toEqual([
        [name, "__proto__", '{"__proto__":1}'],
      ]);
      expect(await store.put("__proto__", name, "1")).toEqual({ ok: true, version: 1 });
    }
    expect((await store.list("__proto__")).map(({ key }) => key).sort()).toEqual([...names].sort());
    expect(await store.get("constructor", "__proto__")).toBeUndefined();
  });

  test("bodies of 64 KiB are stored whole", async (store) => {
    const all = range(1, 40).map((n) => {
      const frame = JSON.stringify({ content: "" }).length;
      return draft("a", { body: JSON.stringify({ content: String(n % 10).repeat(65_536 - frame) }) });
    });
    await appendAll(store, all);
    const { entries } = await store.read("a", { after: 0, limit: 100 });
    expect(entries).toEqual(all.map((one, n) => entry(one, n + 1)));
  });

  // -------------------------------------------------------------------------------------------- retention

  const little: RetentionOptions = { retentionMessages: 10, retentionHours: 1, retentionMax: 100 };

  test("[R5] the newest messages stay, however old they are", async (store) => {
    const old = range(1, 3_000).map(() => draft("a", { timestampMs: Date.now() - 2 * HOUR_MS }));
    await appendAll(store, old);
    const page = await store.read("a", { before: Number.MAX_SAFE_INTEGER, limit: 10 });
    expect(page.entries).toEqual(old.slice(-10).map((one, n) => entry(one, 2_991 + n)));
    expect(page.oldest).toBeLessThanOrEqual(2_991);
  }, little);

  test("[R5] young messages stay, up to the maximum", async (store) => {
    await appendAll(store, range(1, 50).map(() => draft("a", { timestampMs: Date.now() - 2 * HOUR_MS })));
    const young = range(1, 60).map(() => draft("a"));
    await appendAll(store, young);
    const page = await store.read("a", { after: 50, limit: 100 });
    expect(page.oldest).toBeLessThanOrEqual(51);
    expect(page.entries).toEqual(young.map((one, n) => entry(one, 51 + n)));
    await appendAll(store, range(1, 400).map(() => draft("a")));
    const [head] = await store.heads(["a"]);
    expect(head).toMatchObject({ offset: 510, oldest: 411 });
  }, little);

  test("[R5] `oldest` is where reading begins, and what is below it is gone", async (store) => {
    await appendAll(store, range(1, 20_000).map(() => draft("a", { timestampMs: Date.now() - 2 * HOUR_MS })));
    const [{ oldest, offset } = { oldest: 0, offset: 0 }] = await store.heads(["a"]);
    expect(offset).toBe(20_000);
    expect(oldest).toBeGreaterThan(1);
    expect(oldest).toBeLessThanOrEqual(offset - 10 + 1);
    expect(offsets(await store.read("a", { after: 0, limit: 5 }))).toEqual(range(oldest, oldest + 4));
    expect(offsets(await store.read("a", { before: oldest + 2, limit: 5 }))).toEqual([oldest, oldest + 1]);
    expect(offsets(await store.read("a", { before: oldest, limit: 5 }))).toEqual([]);
    expect(offsets(await store.read("a", { after: oldest - 1, limit: 30_000 }))).toEqual(
      range(oldest, offset),
    );
  }, { ...little, retentionMax: 100_000 });

  test("[R5] a key lives at least as long as its message, and the order goes on after it", async (store) => {
    const all = range(1, 500).map(() => draft("a"));
    await appendAll(store, all);
    const [head] = await store.heads(["a"]);
    expect(head).toMatchObject({ offset: 500, oldest: 401 });
    for (const n of [401, 450, 500]) {
      expect(await store.append(all[n - 1]!)).toMatchObject({ outcome: "duplicate", offset: n });
    }
    expect((await store.append(draft("a"))).offset).toBe(501);
  }, little);

  test("[R5] what a room was told to retain stays, however old and however much it is", async (store) => {
    await store.retain("a", 0);
    const old = () => draft("a", { timestampMs: Date.now() - 2 * HOUR_MS });
    await appendAll(store, range(1, 600).map(old));
    // a room that was told nothing goes on losing messages: retention itself is at work
    await appendAll(store, range(1, 600).map(() => draft("b", { timestampMs: Date.now() - 2 * HOUR_MS })));
    const oldest = async (roomId: string) => (await store.heads([roomId]))[0]!.oldest;
    expect([await oldest("a"), await oldest("b") >= 501]).toEqual([1, true]);
    await store.retain("a", 300);
    await store.retain("a", 200);
    await appendAll(store, range(1, 600).map(old));
    expect(await oldest("a")).toBe(301);
    expect(offsets(await store.read("a", { after: 300, limit: 1_000 }))).toEqual(range(301, 1_200));
    await store.retain("a", 1_200);
    await appendAll(store, range(1, 600).map(old));
    expect(await oldest("a")).toBeGreaterThan(1_200);
  }, little);

  // -------------------------------------------------------------------------------------------- table

  test("a row is put, read, changed, listed and deleted", async (store) => {
    expect(await store.get("marks", "a")).toBeUndefined();
    expect(await store.put("marks", "a", '{"upTo":1}')).toEqual({ ok: true, version: 1 });
    expect(await store.put("marks", "a", '{"upTo":2}')).toEqual({ ok: true, version: 2 });
    await store.put("marks", "b", "null");
    await store.put("other", "a", '"\\u0000🙂"');
    expect(await store.get("marks", "a")).toEqual({ key: "a", value: '{"upTo":2}', version: 2 });
    expect(await store.get("other", "a")).toEqual({ key: "a", value: '"\\u0000🙂"', version: 1 });
    const rows = await store.list("marks");
    expect(rows.sort((x, y) => x.key < y.key ? -1 : 1)).toEqual([
      { key: "a", value: '{"upTo":2}', version: 2 },
      { key: "b", value: "null", version: 1 },
    ]);
    await store.delete("marks", "a");
    await store.delete("marks", "a");
    expect(await store.get("marks", "a")).toBeUndefined();
    expect(await store.list("marks")).toHaveLength(1);
    expect(await store.put("marks", "a", "1")).toEqual({ ok: true, version: 1 });
    expect(await store.list("none")).toEqual([]);
  });

  test("`ifVersion` writes only over the version it knows, 0 only where there is none", async (store) => {
    expect(await store.put("t", "k", "1", { ifVersion: 1 })).toEqual({ ok: false, version: 0 });
    expect(await store.put("t", "k", "1", { ifVersion: 0 })).toEqual({ ok: true, version: 1 });
    expect(await store.put("t", "k", "2", { ifVersion: 0 })).toEqual({ ok: false, version: 1 });
    expect(await store.put("t", "k", "2", { ifVersion: 1 })).toEqual({ ok: true, version: 2 });
    expect(await store.put("t", "k", "3", { ifVersion: 1 })).toEqual({ ok: false, version: 2 });
    expect((await store.get("t", "k"))?.value).toBe("2");
  });

  test("[C2] of 100 concurrent puts with `ifVersion: 0` one wins", async (store) => {
    const puts = await Promise.all(
      range(1, 100).map((n) => store.put("tickets", "one", String(n), { ifVersion: 0 })),
    );
    expect(puts.filter(({ ok }) => ok)).toHaveLength(1);
    expect(puts.every(({ version }) => version === 1)).toBe(true);
    const winner = puts.findIndex(({ ok }) => ok) + 1;
    expect(await store.get("tickets", "one")).toEqual({ key: "one", value: String(winner), version: 1 });
  });

  test("[F4c] a lease on it has one owner at a time, under terms that only grow", async (store) => {
    // no timer of theirs ever comes: they look when they are told to
    const clock = new FakeClock();
    const won: { owner: number; term: number }[] = [];
    const candidates = range(0, 7).map((owner) =>
      new Lease(
        { table: store, clock, name: "game:tea", ownerId: `owner-${owner}`, note: () => `${owner}` },
        {
          won: (term, note) => {
            // what the owner before wrote comes with it
            expect(note).toBe(won.length === 0 ? undefined : `${won.at(-1)!.owner}`);
            won.push({ owner, term });
          },
          lost: () => won.push({ owner, term: -1 }),
          failed: (error) => {
            throw error;
          },
        },
      )
    );
    for (let round = 1; round <= 4; round++) {
      while (won.length < round) {
        for (const candidate of candidates) candidate.look();
        await turn();
      }
      await candidates[won.at(-1)!.owner]!.close();
    }
    await Promise.all(candidates.map((candidate) => candidate.close()));
    const terms = won.map(({ term }) => term);
    expect(terms).toEqual([...new Set(terms)].toSorted((a, b) => a - b));
    expect(new Set(won.map(({ owner }) => owner)).size).toBe(won.length);
  });

  test("an expired row is as good as gone", async (store) => {
    await store.put("t", "gone", "1", { ttlMs: 0 });
    await store.put("t", "stays", "1", { ttlMs: HOUR_MS });
    expect(await store.get("t", "gone")).toBeUndefined();
    expect((await store.list("t")).map(({ key }) => key)).toEqual(["stays"]);
    expect(await store.put("t", "gone", "2", { ifVersion: 1 })).toEqual({ ok: false, version: 0 });
    expect(await store.put("t", "gone", "2", { ifVersion: 0 })).toEqual({ ok: true, version: 1 });
    expect((await store.get("t", "gone"))?.value).toBe("2");
  });

  test("a row expires after its time, and a put without one keeps it for good", async (store) => {
    await store.put("t", "short", "1", { ttlMs: 5 });
    await store.put("t", "kept", "1", { ttlMs: 5 });
    await store.put("t", "kept", "2");
    while (await store.get("t", "short"));
    expect(await store.get("t", "kept")).toMatchObject({ value: "2" });
  });

  test("a table that is emptied and filled anew while expired rows are looked for keeps what is new", async (store) => {
    const keys = Array.from({ length: 5 }, (_, n) => `key-${n}`);
    const touch = (count: number) =>
      Promise.all(Array.from({ length: count }, (_, n) => store.put("other", `key-${n}`, "1")));
    // wherever the search is in the table when it is emptied
    for (let steps = 0; steps < 10; steps++) {
      await Promise.all(
        keys.map((key, n) => store.put("t", key, "old", { ttlMs: n === 2 ? 0 : HOUR_MS })),
      );
      await touch(steps);
      await Promise.all(keys.map((key) => store.delete("t", key)));
      await Promise.all(keys.map((key) => store.put("t", key, "new")));
      await touch(20);
      expect((await store.list("t")).map(({ key, value }) => [key, value]))
        .toEqual(keys.map((key) => [key, "new"]));
    }
  });

  // -------------------------------------------------------------------------------------------- life

  test("ready while it works", async (store) => {
    await store.ready();
  });

  test("closing waits for what was asked, and may be done twice", async (store) => {
    const appends = range(1, 20).map(() => store.append(draft("a")));
    const closing = store.close();
    const again = store.close();
    expect((await Promise.all(appends)).map(({ offset }) => offset)).toEqual(range(1, 20));
    await closing;
    await again;
    await store.close();
  });

  test("[A3] after closing everything rejects", async (store) => {
    await store.append(draft("a"));
    await store.close();
    await expectUnavailable(store.append(draft("a")));
    await expectUnavailable(store.read("a", { after: 0, limit: 1 }));
    await expectUnavailable(store.heads(["a"]));
    await expectUnavailable(store.retain("a", 0));
    await expectUnavailable(store.get("t", "k"));
    await expectUnavailable(store.list("t"));
    await expectUnavailable(store.put("t", "k", "1"));
    await expectUnavailable(store.delete("t", "k"));
    await expectUnavailable(store.ready());
  });
}
