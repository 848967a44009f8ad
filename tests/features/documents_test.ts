import { expect } from "@std/expect";
import * as Y from "yjs";
import { documents, type DocumentsOptions, type Merger } from "../../src/features/documents.ts";
import { contentOf } from "../../src/features/documents/merge.ts";
import { mergeHere } from "../../src/features/documents/merger.ts";
import { fromBase64, toBase64 } from "../../src/protocol/base64.ts";
import { msgpack } from "../../src/protocol/codecs/mod.ts";
import { DocumentChange } from "../../src/protocol/schemas.ts";
import { Sealed } from "../../src/protocol/sealed.ts";
import { Harness, type HarnessOptions, unhurried } from "../harness/mod.ts";
import { Random } from "../simulation/random.ts";
import { Editor, updateOf } from "./editor.ts";

const ROOM = "document:plan";

function relay(options: DocumentsOptions = {}, more: HarnessOptions = {}): Harness {
  const features = () => [documents({ merger: mergeHere, ...options })];
  return new Harness({ limits: unhurried, features, ...more });
}

async function editor(relay: Harness, userId: string, options: object = {}): Promise<Editor> {
  const editor = new Editor(relay.connect(userId, options), "plan");
  await editor.join();
  return editor;
}

/** Retention that keeps next to nothing by itself. */
const little = { retentionMessages: 5, retentionHours: 0, retentionMax: 10 };

Deno.test("[F3] a change is stored, acknowledged and delivered to all who edit, who end up with the same", async () => {
  using hub = relay();
  const anna = await editor(hub, "anna");
  const ben = await editor(hub, "ben");
  const ack = await anna.edit((text) => text.insert(0, "Hello"), "m1");
  expect(ack).toMatchObject({ success: true, roomId: ROOM, offset: 1, duplicate: false });
  await ben.edit((text) => text.insert(0, "Moin. "));
  await hub.settle();
  anna.take();
  ben.take();
  expect(anna.text.toString()).toBe(ben.text.toString());
  expect([...anna.text.toString()].sort()).toEqual([..."Hello" + "Moin. "].sort());
  expect(ben.client.of("remote_change")[0]).toMatchObject({
    roomId: ROOM,
    documentId: "plan",
    userId: "anna",
    messageId: "m1",
    offset: 1,
    version: 1,
  });
  // repeated, it is stored once
  const again = updateOf(anna.doc, () => anna.text.insert(0, "!"));
  expect(await anna.send(again, "m2")).toMatchObject({ offset: 3, duplicate: false });
  expect(await anna.send(again, "m2")).toMatchObject({ offset: 3, duplicate: true });
});

Deno.test("[C1] [F3] a change is base64 in JSON and bytes in MessagePack, both ways", () => {
  const bytes = new Uint8Array([1, 2, 253]);
  const payload = { documentId: "plan", changes: toBase64(bytes), version: 1 };
  const [frame] = msgpack.encode([Sealed.of({ type: "remote_change", payload })]);
  expect(msgpack.decode(frame!)).toEqual([{
    type: "remote_change",
    payload: { ...payload, changes: bytes },
  }]);
  // other types keep their text
  const [other] = msgpack.encode([Sealed.of({ type: "event", payload })]);
  expect(msgpack.decode(other!)).toEqual([{ type: "event", payload }]);
  for (const changes of [bytes, toBase64(bytes)]) {
    expect(DocumentChange.parse({ ...payload, changes })).toMatchObject({ roomId: ROOM, changes: bytes });
  }
});

Deno.test("[F3a] a join begins with the snapshot, also an empty one, and goes on with the log after it", async () => {
  using hub = relay({ snapshotEvery: 10 });
  const anna = await editor(hub, "anna");
  expect(anna.client.of("document_snapshot")).toMatchObject([{
    documentId: "plan",
    offset: 0,
    part: 0,
    parts: 1,
  }]);
  for (let n = 0; n < 13; n++) await anna.edit((text) => text.insert(text.length, `${n} `));
  await hub.settle();
  const ben = new Editor(hub.connect("ben"), "plan");
  const joined = await ben.client.join(ROOM);
  await hub.settle();
  ben.take();
  expect(joined).toMatchObject({ from: 10, offset: 13 });
  expect(ben.client.of("document_snapshot")).toMatchObject([{ offset: 10, part: 0, parts: 1 }]);
  expect(ben.client.of("remote_change").map(({ offset }) => offset)).toEqual([11, 12, 13]);
  expect(ben.text.toString()).toBe(anna.text.toString());
  const order = ben.client.all().map(({ type }) => type);
  expect(order.indexOf("ack")).toBeLessThan(order.indexOf("document_snapshot"));
  expect(order.indexOf("document_snapshot")).toBeLessThan(order.indexOf("remote_change"));
});

Deno.test("[F3a] whoever can go on from where it was is sent no snapshot, others are", async () => {
  using hub = relay({ snapshotEvery: 10 }, { retention: little });
  const anna = await editor(hub, "anna");
  const epoch = (await hub.store.heads([ROOM]))[0]!.epoch;
  for (let n = 0; n < 45; n++) await anna.edit((text) => text.insert(0, "x"));
  await hub.settle();
  const ben = hub.connect("ben");
  const since = { epoch, offset: 42 };
  expect(await ben.join(ROOM, { since })).toMatchObject({ from: 42, offset: 45, recovered: true });
  await hub.settle();
  expect(ben.of("document_snapshot")).toEqual([]);
  expect(ben.of("remote_change")).toHaveLength(3);
  for (const since of [{ epoch, offset: 3 }, { epoch: "of another life", offset: 44 }]) {
    // a node that has nothing of it in memory
    const carl = new Editor(hub.connect("carl", { hub: hub.node(`node-${since.offset}`) }), "plan");
    expect(await carl.client.join(ROOM, { since })).toMatchObject({ from: 40, recovered: false });
    await hub.settle();
    carl.take();
    expect(carl.text.toString()).toBe(anna.text.toString());
  }
});

Deno.test("[F3a] a snapshot is sent at the reader's pace, whole and before the log", async () => {
  using hub = relay({ snapshotBytes: 1_000 });
  const anna = await editor(hub, "anna");
  for (let n = 0; n < 20; n++) await anna.edit((text) => text.insert(0, `${n}`.repeat(15_000)));
  await hub.settle();
  const ben = new Editor(hub.connect("ben"), "plan");
  ben.client.connection.stall();
  ben.client.send("join_room", { roomId: ROOM });
  await hub.settle();
  await anna.edit((text) => text.insert(0, "meanwhile"));
  for (let n = 0; n < 40; n++) {
    ben.client.connection.take(50_000);
    await hub.advance(1_000);
  }
  ben.client.connection.resume();
  await hub.settle();
  ben.take();
  expect(ben.text.toString() === anna.text.toString()).toBe(true);
  expect(ben.client.of("document_snapshot").length).toBeGreaterThan(10);
  // the socket's share and one write beyond it [R4]
  expect(ben.client.connection.peakUnsentBytes).toBeLessThan(200_000);
  expect(ben.client.closed).toBeUndefined();
});

Deno.test("[F3a] a snapshot can be asked for part by part, by whoever may read, in the room or not", async () => {
  using hub = relay({ snapshotBytes: 1_000 });
  const anna = await editor(hub, "anna");
  await anna.edit((text) => text.insert(0, "0123456789".repeat(4_000)));
  await hub.settle();
  const ben = hub.connect("ben");
  const parts = [];
  for (const part of [0, 1]) parts.push(await ben.ask("get_document", { documentId: "plan", part }));
  const { epoch } = (await hub.store.heads([ROOM]))[0]!;
  expect(parts).toMatchObject([
    { success: true, roomId: ROOM, epoch, offset: 1, part: 0, parts: 2 },
    { success: true, roomId: ROOM, epoch, offset: 1, part: 1, parts: 2 },
  ]);
  expect(new Set(parts.map((part) => "snapshotId" in part && part.snapshotId)).size).toBe(1);
  const beyond = await ben.ask("get_document", { documentId: "plan", part: 2 });
  expect(beyond).toMatchObject({ success: false, error: { code: "bad_request" } });
});

Deno.test("[F3b] the log of a document is trimmed below its snapshot, and never above it", async () => {
  using hub = relay({ snapshotEvery: 50 }, { retention: little });
  const anna = await editor(hub, "anna");
  const oldest = async () => (await hub.store.heads([ROOM]))[0]!.oldest;
  for (let n = 0; n < 49; n++) await anna.edit((text) => text.insert(0, "x"));
  await hub.settle();
  expect(await oldest()).toBe(1);
  for (let n = 0; n < 30; n++) await anna.edit((text) => text.insert(0, "x"));
  await hub.settle();
  expect(await oldest()).toBe(51);
  const ben = await editor(hub, "ben");
  await hub.settle();
  ben.take();
  expect(ben.text.length).toBe(79);
});

Deno.test("[F3b] a log that begins a new life is kept whole as well", async () => {
  using hub = relay({}, { retention: little });
  const anna = await editor(hub, "anna");
  await anna.edit((text) => text.insert(0, "x"));
  hub.store.inner = hub.emptyStore();
  await hub.advance(5_000);
  expect(anna.client.of("reset")).toMatchObject([{ reason: "epoch", offset: 0 }]);
  for (let n = 0; n < 30; n++) await anna.edit((text) => text.insert(0, "x"));
  expect(await hub.store.heads([ROOM])).toMatchObject([{ oldest: 1, offset: 30 }]);
});

Deno.test("[F3] what is no Yjs update is refused before it is stored", async () => {
  using hub = relay();
  const anna = await editor(hub, "anna");
  const update = updateOf(anna.doc, () => anna.text.insert(0, "x".repeat(9_000)));
  const bad: unknown[] = [
    "not base64!",
    toBase64(new Uint8Array()),
    toBase64(crypto.getRandomValues(new Uint8Array(64))),
    toBase64(update.subarray(0, update.length - 3)),
    7,
    null,
  ];
  for (const changes of bad) {
    const ack = await anna.client.ask("document_change", { documentId: "plan", changes });
    expect(ack).toMatchObject({ success: false, error: { code: "bad_request" } });
  }
  expect((await hub.store.heads([ROOM]))[0]!.offset).toBe(0);
  // negative control: the whole of it is taken
  expect(await anna.send(update)).toMatchObject({ success: true, offset: 1 });
});

Deno.test("[F3] a change that can be read and not integrated is left out of the snapshot", async () => {
  using hub = relay({ snapshotEvery: 10 }, { retention: little });
  const anna = await editor(hub, "anna");
  await anna.edit((text) => text.insert(0, "hello"));
  await anna.edit(() => anna.doc.getMap("lists").set("one", new Y.Array()));
  const bad = notToBeIntegrated(Y.encodeStateAsUpdate(anna.doc));
  expect(await new Editor(hub.connect("eve"), "plan").send(bad)).toMatchObject({ success: true });
  for (let n = 0; n < 7; n++) await anna.edit((text) => text.insert(0, "x"));
  await hub.settle();
  expect(hub.logged).toContainEqual({
    level: "warn",
    event: "document_changes_dropped",
    fields: { roomId: ROOM, count: 1 },
  });
  const ben = await editor(hub, "ben");
  await hub.settle();
  ben.take();
  anna.take();
  expect(anna.passedOver).toBe(1);
  expect([ben.passedOver, ben.text.toString()]).toEqual([0, "xxxxxxxhello"]);
});

Deno.test("[F3] a change that waits, and proves bad when what it waits for comes, takes nothing else with it", async () => {
  // the bad one waits in the log, or in the snapshot already
  for (const waitsFor of [1, 12]) {
    using hub = relay({ snapshotEvery: 10 }, { retention: little });
    const anna = await editor(hub, "anna");
    await anna.edit((text) => text.insert(0, "hello"));
    await anna.edit(() => anna.doc.getMap("lists").set("one", new Y.Array()));
    const before = Y.encodeStateAsUpdate(anna.doc);
    const next = updateOf(anna.doc, () => anna.text.insert(2, "LL"));
    const bad = badOnceHere(before, next);
    const eve = new Editor(hub.connect("eve"), "plan", 3);
    expect(await eve.send(bad)).toMatchObject({ success: true });
    for (let n = 0; n < waitsFor; n++) await eve.edit((text) => text.insert(0, "-"));
    await hub.settle();
    await anna.send(next);
    for (let n = 0; n < 20; n++) await anna.edit((text) => text.insert(text.length, "x"));
    await hub.settle();
    const ben = await editor(hub, "ben");
    await hub.settle();
    ben.take();
    expect(ben.passedOver).toBe(0);
    expect(ben.text.toString().replaceAll("-", "")).toBe(`heLLllo${"x".repeat(20)}`);
    expect(hub.logged.filter(({ event }) => event === "document_changes_dropped")).toHaveLength(1);
  }
});

Deno.test("[F3b] however many changes are bad, the others come into snapshots", async () => {
  using hub = relay({ snapshotEvery: 100 }, { retention: little });
  const anna = await editor(hub, "anna");
  await anna.edit((text) => text.insert(0, "hello"));
  await anna.edit(() => anna.doc.getMap("lists").set("one", new Y.Array()));
  const bad = notToBeIntegrated(Y.encodeStateAsUpdate(anna.doc));
  const eve = new Editor(hub.connect("eve"), "plan");
  for (let n = 0; n < 250; n++) await eve.send(bad);
  for (let n = 0; n < 200; n++) await anna.edit((text) => text.insert(0, "x"));
  await hub.advance(10_000);
  const ben = await editor(hub, "ben");
  await hub.settle();
  ben.take();
  expect(ben.text.length).toBe(205);
  expect(ben.passedOver).toBe(0);
});

/** An update that is one, of a place there cannot be: found by breaking good ones. */
function notToBeIntegrated(before: Uint8Array): Uint8Array {
  return findBroken(before, (reader, update) => {
    Y.applyUpdate(reader, before);
    return !isTaken(reader, update);
  });
}

/** One that waits for the next change, and cannot be integrated when that has come. */
function badOnceHere(before: Uint8Array, next: Uint8Array): Uint8Array {
  return findBroken(Y.mergeUpdates([before, next]), (reader, update) => {
    Y.applyUpdate(reader, before);
    return isTaken(reader, update) && reader.store.pendingStructs !== null && !isTaken(reader, next);
  });
}

function findBroken(before: Uint8Array, fits: (reader: Y.Doc, update: Uint8Array) => boolean): Uint8Array {
  const random = new Random(1);
  for (let tries = 0; tries < 50_000; tries++) {
    const update = broken(before, random);
    try {
      if (contentOf(update).inserts && fits(new Y.Doc(), update)) return update;
    } catch {
      continue;
    }
  }
  throw new Error("Yjs integrates everything it can read");
}

function isTaken(reader: Y.Doc, update: Uint8Array): boolean {
  try {
    Y.applyUpdate(reader, update);
    return true;
  } catch {
    return false;
  }
}

function broken(before: Uint8Array, random: Random): Uint8Array {
  const doc = new Y.Doc();
  doc.clientID = 2;
  Y.applyUpdate(doc, before);
  const update = updateOf(doc, () => {
    doc.getText("content").insert(3, "bad");
    doc.getText("content").format(0, 2, { bold: true });
    (doc.getMap("lists").get("one") as Y.Array<unknown>).insert(0, [1, new Y.Map()]);
  });
  for (let n = 0; n < 2; n++) update[random.below(update.length)] = random.below(256);
  return update;
}

Deno.test("[F3] a change that is too large is refused", async () => {
  using hub = relay({ maxChangeBytes: 1_000 });
  const anna = await editor(hub, "anna");
  expect(await anna.edit((text) => text.insert(0, "x".repeat(900)))).toMatchObject({ success: true });
  const ack = await anna.edit((text) => text.insert(0, "x".repeat(1_000)));
  expect(ack).toMatchObject({ success: false, error: { code: "too_large", retryable: false } });
});

Deno.test("[F3b] a document that is full takes no more, except what makes it smaller", async () => {
  using hub = relay({ maxDocumentBytes: 5_000 });
  const anna = await editor(hub, "anna");
  const add = () => anna.send(updateOf(anna.doc, () => anna.text.insert(0, "x".repeat(1_000))));
  const acks = [];
  for (let n = 0; n < 7; n++) acks.push(await add());
  expect(acks.map(({ success }) => success)).toEqual([true, true, true, true, false, false, false]);
  expect(acks[4]).toMatchObject({ error: { code: "limit_exceeded", retryable: false } });
  const ben = await editor(hub, "ben");
  await hub.settle();
  ben.take();
  expect(ben.text.length).toBe(4_000);
  expect(await ben.edit((text) => text.delete(0, 3_000))).toMatchObject({ success: true });
  expect(await ben.edit((text) => text.insert(0, "y".repeat(1_000)))).toMatchObject({ success: true });
});

Deno.test("[F3] who may only read gets the document and cannot change it, nor show a cursor", async () => {
  using hub = relay({}, { policy: { allows: ({ userId }, right) => right === "read" || userId === "anna" } });
  const anna = await editor(hub, "anna");
  await anna.edit((text) => text.insert(0, "Hello"));
  const ben = await editor(hub, "ben");
  await hub.settle();
  ben.take();
  expect(ben.text.toString()).toBe("Hello");
  expect(await ben.edit((text) => text.insert(0, "x"))).toMatchObject({
    success: false,
    error: { code: "forbidden" },
  });
  const moved = await ben.client.ask("cursor_move", { documentId: "plan", position: 1 });
  expect(moved).toMatchObject({ success: false, error: { code: "forbidden" } });
  expect((await hub.store.heads([ROOM]))[0]!.offset).toBe(1);
});

Deno.test("[F3c] a cursor is told to the others in the room, on every node, and is not stored", async () => {
  using hub = relay();
  const anna = await editor(hub, "anna");
  const ben = await editor(hub, "ben", { hub: hub.node("node-2") });
  await hub.settle();
  const ack = await anna.client.ask("cursor_move", { documentId: "plan", position: { anchor: 3, head: 5 } });
  expect(ack).toMatchObject({ success: true });
  await hub.settle();
  const cursor = { roomId: ROOM, documentId: "plan", userId: "anna", userName: "ANNA" };
  expect(ben.client.of("remote_cursor")).toEqual([{ ...cursor, position: { anchor: 3, head: 5 } }]);
  expect((await hub.store.heads([ROOM]))[0]!.offset).toBe(0);
  const long = await anna.client.ask("cursor_move", { documentId: "plan", position: "x".repeat(3_000) });
  expect(long).toMatchObject({ success: false, error: { code: "bad_request" } });
  const away = await hub.connect("carl").ask("cursor_move", { documentId: "plan", position: 1 });
  expect(away).toMatchObject({ success: false, error: { code: "not_joined" } });
});

Deno.test("[F3b] two nodes that make snapshots at once do no harm", async () => {
  using hub = relay({ snapshotEvery: 20 }, { retention: little });
  const anna = await editor(hub, "anna");
  const ben = await editor(hub, "ben", { hub: hub.node("node-2") });
  for (let n = 0; n < 100; n++) {
    await Promise.all([
      anna.edit((text) => text.insert(0, "a")),
      ben.edit((text) => text.insert(0, "b")),
    ]);
    // the lease that keeps them apart is only there to save work
    await hub.store.delete("document:merging", "plan");
  }
  await hub.advance(10_000);
  anna.take();
  const carl = await editor(hub, "carl", { hub: hub.node("node-3") });
  await hub.settle();
  carl.take();
  expect(carl.text.toString()).toBe(anna.text.toString());
  expect(carl.text.length).toBe(200);
  // of all the parts that were written only the last snapshot's are left
  const [head] = await hub.store.list("document:head");
  const { name, parts } = JSON.parse(head!.value);
  const kept = await hub.store.list("document:part");
  expect(kept.map(({ key }) => key)).toEqual(Array.from({ length: parts }, (_, n) => `plan ${name} ${n}`));
});

Deno.test("[F3b] a store that fails while a snapshot is made leaves the one before, and it is made later", async () => {
  using hub = relay({ snapshotEvery: 10 }, { retention: little });
  const anna = await editor(hub, "anna");
  for (let n = 0; n < 10; n++) await anna.edit((text) => text.insert(0, "x"));
  await hub.settle();
  const release = hub.store.hold("put", "before");
  for (let n = 0; n < 9; n++) await anna.edit((text) => text.insert(0, "x"));
  await anna.edit((text) => text.insert(0, "x"));
  hub.store.failing = "after";
  release();
  await hub.settle();
  hub.store.failing = undefined;
  const offset = async () => JSON.parse((await hub.store.get("document:head", "plan"))!.value).offset;
  expect(await offset()).toBe(10);
  await hub.advance(40_000);
  expect(await offset()).toBe(20);
  const ben = await editor(hub, "ben");
  await hub.settle();
  ben.take();
  expect(ben.text.length).toBe(20);
});

Deno.test("[F3] changes sent by somebody who is not in the room are merged as well", async () => {
  using hub = relay({ snapshotEvery: 10 });
  const bot = new Editor(hub.connect("bot"), "plan");
  for (let n = 0; n < 12; n++) await bot.edit((text) => text.insert(0, "x"));
  await hub.settle();
  expect(JSON.parse((await hub.store.get("document:head", "plan"))!.value).offset).toBe(10);
});

/** What comes of letters of which the first one is sent last, for who was there and for who comes after all. */
async function lateFirst(merger: Merger): Promise<string[]> {
  using hub = relay({ snapshotEvery: 3, merger }, { retention: little });
  const source = new Y.Doc();
  const text = source.getText("content");
  const updates = [..."abcdefgh"].map((letter) => updateOf(source, () => text.insert(text.length, letter)));
  const bot = new Editor(hub.connect("bot"), "plan");
  for (const update of updates.slice(1)) await bot.send(update);
  await hub.settle();
  const early = await editor(hub, "early");
  await hub.settle();
  early.take();
  expect(early.text.toString()).toBe("");
  await bot.send(updates[0]!);
  await hub.settle();
  early.take();
  const late = await editor(hub, "late");
  await hub.settle();
  late.take();
  return [early, late].map((one) => one.text.toString());
}

Deno.test("[F3] changes waiting for one that has not come are kept through snapshots", async () => {
  expect(await lateFirst(mergeHere)).toEqual(["abcdefgh", "abcdefgh"]);
});

Deno.test("[F3] a merger that forgets what waits is found out", async () => {
  const forgetful: Merger = {
    ...mergeHere,
    async merge(document, changes) {
      const { parts } = await mergeHere.merge(document, changes);
      const doc = new Y.Doc();
      for (const part of parts) Y.applyUpdate(doc, fromBase64(part));
      doc.store.pendingStructs = null;
      const update = Y.encodeStateAsUpdate(doc);
      return { parts: [toBase64(update)], bytes: update.length, taken: changes.length, dropped: 0 };
    },
  };
  expect(await lateFirst(forgetful)).not.toEqual(["abcdefgh", "abcdefgh"]);
});
