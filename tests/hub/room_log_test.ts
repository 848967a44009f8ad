import { expect } from "@std/expect";
import type { Draft } from "../../src/hub/ports.ts";
import { RoomLog, type Stretch } from "../../src/hub/room_log.ts";
import { silent } from "../../src/observability/log.ts";
import { memory } from "../../src/stores/memory.ts";
import { ControlledStore, turn } from "../harness/mod.ts";

function draft(n: number, content = "x"): Draft {
  const body = JSON.stringify({ content, replyTo: null });
  const messageId = `m${n}`;
  return {
    roomId: "tea",
    id: `id${n}`,
    type: "new_message",
    userId: "anna",
    userName: "Anna",
    messageId,
    timestampMs: 0,
    body,
  };
}

/** A log over a store that holds `entries` entries already. */
async function log(entries: number, options: Parameters<typeof memory>[0] = {}, content?: string) {
  const store = new ControlledStore(memory(options));
  const handed: number[] = [];
  let broken = 0;
  const events = {
    entry: ({ offset }: { offset: number }) => void handed.push(offset),
    broken: () => void broken++,
  };
  const room = new RoomLog("tea", store, events, silent);
  let n = 0;
  const append = async (content?: string) => {
    const one = draft(++n, content);
    const { epoch, offset } = await store.append(one);
    return { position: { epoch, offset }, entry: { ...one, offset } };
  };
  for (let k = 0; k < entries; k++) await append(content);
  await room.open();
  return { store, room, handed, append, broken: () => broken };
}

const offsets = (stretch: Stretch) =>
  "broken" in stretch ? "broken" : stretch.items.map(({ offset }) => offset);
const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, n) => from + n);

Deno.test("[R1] the next entry is taken, an older one dropped, a further one fetched", async () => {
  const { room, handed, append, store } = await log(2);
  const [third, fourth, fifth] = [await append(), await append(), await append()];
  room.heard(third.position, [third.entry], "append");
  room.heard(third.position, [third.entry], "append");
  expect(handed).toEqual([3]);
  expect(store.calls).not.toContain("read");
  room.heard(fifth.position, [fifth.entry], "append");
  room.heard(fourth.position, [fourth.entry], "append");
  await turn();
  expect(handed).toEqual([3, 4, 5]);
});

Deno.test("[R1] news that came before the log was open is not lost", async () => {
  const { store, append } = await log(0);
  const handed: number[] = [];
  const room = new RoomLog(
    "tea",
    store,
    { entry: ({ offset }) => void handed.push(offset), broken() {} },
    silent,
  );
  const release = store.hold("heads");
  const opening = room.open();
  await turn();
  const { position, entry } = await append();
  room.heard(position, [entry], "append");
  release();
  await opening;
  expect(room.cursor).toBe(1);
  expect(handed).toEqual([1]);
});

Deno.test("[R1] however many hear of an offset, one walk fetches it", async () => {
  const { room, handed, append, store } = await log(0);
  const positions = [];
  for (let n = 0; n < 300; n++) positions.push((await append()).position);
  store.calls.length = 0;
  for (const position of positions.toReversed()) room.heard(position, [], "hint");
  await turn();
  expect(handed).toEqual(range(1, 300));
  expect(store.calls.length).toBeLessThan(8);
});

Deno.test("[R4] readers at different places of one page share its read", async () => {
  const { room, store } = await log(100);
  store.calls.length = 0;
  const stretches = await Promise.all([10, 20, 30].map((offset) => room.after(offset, 5)));
  expect(stretches.map(offsets)).toEqual([range(11, 15), range(21, 25), range(31, 35)]);
  expect(store.calls).toEqual(["read"]);
});

Deno.test("[R2] a reader is not given a page that was read before its next entry was there", async () => {
  // large enough that memory holds only the last of them, however far back it reaches
  const large = "x".repeat(60_000);
  const { room, store, append } = await log(40, {}, large);
  await room.after(0, 1);
  const release = store.hold("read");
  const early = room.after(5, 100);
  await turn();
  for (let n = 41; n <= 80; n++) {
    const { position, entry } = await append(large);
    room.heard(position, [entry], "append");
  }
  const late = room.after(40, 100);
  release();
  expect(offsets(await early)).toEqual(range(6, 40));
  expect(offsets(await late)).toEqual(range(41, 80));
});

Deno.test("[R2] who comes back from before the room was open here brings the log into memory for all after", async () => {
  const { room, store } = await log(1000);
  store.calls.length = 0;
  const comeBack = (offset: number) => Promise.resolve(room.after(offset, 5));
  expect(offsets(await comeBack(300))).toEqual(range(301, 305));
  expect(store.calls.length).toBe(6);
  for (let offset = 300; offset < 995; offset++) {
    expect(offsets(await comeBack(offset))).toEqual(range(offset + 1, offset + 5));
  }
  expect(store.calls.length).toBe(6);
  // who comes from further ago adds only what is missing
  const many = await Promise.all(Array.from({ length: 200 }, (_, n) => comeBack(n)));
  expect(many.map(offsets)).toEqual(Array.from({ length: 200 }, (_, n) => range(n + 1, n + 5)));
  expect(store.calls.length).toBe(8);
});

Deno.test("[R2] of many who come back at once the last is served as soon as the first", async () => {
  const { room } = await log(1000);
  let turns = 0;
  let served = false;
  // promises that settle one after the other, and no time: what each has to wait for adds up
  const count = () => served || ++turns === 10_000 || queueMicrotask(count);
  count();
  await Promise.all(Array.from({ length: 1000 }, () => room.after(5, 5)));
  served = true;
  expect(turns).toBeLessThan(1000);
});

Deno.test("[R2] what was brought into memory for those who came back goes when nobody comes any more", async () => {
  const { room, store } = await log(1000);
  await room.after(0, 1);
  const [head] = await store.heads(["tea"]);
  for (let n = 0; n < 2; n++) room.swept(head!);
  store.calls.length = 0;
  expect(offsets(await room.after(488, 2))).toEqual([489, 490]);
  expect(store.calls).toEqual([]);
  expect(offsets(await room.after(0, 2))).toEqual([1, 2]);
  expect(store.calls.length).toBeGreaterThan(0);
});

Deno.test("[R1] entries that come while the log is brought into memory leave no gap in it", async () => {
  const { room, store, append } = await log(200);
  const release = store.hold("read");
  const early = room.after(10, 1000);
  await turn();
  const { position, entry } = await append();
  room.heard(position, [entry], "append");
  release();
  expect(offsets(await early)).toEqual(range(11, 201));
});

Deno.test("[R2] a stretch whose start was trimmed is broken, never a part", async () => {
  const { room } = await log(10, { retentionMessages: 3, retentionHours: 0 });
  expect(offsets(await room.after(4, 100))).toBe("broken");
  expect(offsets(await room.after(7, 100))).toEqual([8, 9, 10]);
  expect([await room.holds(4), await room.holds(7)]).toEqual([false, true]);
});

Deno.test("[A4b] the sweep tells what the store has dropped", async () => {
  const { room, store, append } = await log(2, { retentionMessages: 3, retentionHours: 0 });
  for (let n = 0; n < 8; n++) {
    const { position, entry } = await append();
    room.heard(position, [entry], "append");
  }
  const [head] = await store.heads(["tea"]);
  room.swept(head!);
  expect([room.cursor, room.oldest]).toEqual([10, 8]);
});

Deno.test("[R6] a log with another epoch is a break, and goes on from its top", async () => {
  const { room, store, broken, handed } = await log(5);
  const before = room.epoch;
  store.inner = memory();
  await store.append(draft(1));
  const [head] = await store.heads(["tea"]);
  room.swept(head!);
  await turn();
  expect(room.epoch).not.toBe(before);
  expect([room.cursor, broken(), handed]).toEqual([1, 1, []]);
});

Deno.test("[R6] entries trimmed before they were fetched are a break, and the rest is handed out", async () => {
  const { room, store, append, broken, handed } = await log(2, { retentionMessages: 3, retentionHours: 0 });
  for (let n = 0; n < 8; n++) await append();
  const [head] = await store.heads(["tea"]);
  room.swept(head!);
  await turn();
  expect([broken(), handed]).toEqual([1, [8, 9, 10]]);
});
