import { expect } from "@std/expect";
import type { StoredMessage } from "../../static/chat/model/message.ts";
import { type Page, Timeline } from "../../static/chat/model/timeline.ts";

function message(offset: number, epoch = "e1"): StoredMessage {
  return {
    key: `ben/${epoch}-${offset}`,
    messageId: `${epoch}-${offset}`,
    userId: "ben",
    userName: "Ben",
    content: `${offset}`,
    replyTo: null,
    timeMs: offset,
    delivery: { kind: "stored", id: `${epoch}-${offset}`, epoch, offset },
  };
}

const page = (offsets: number[], hasMore: boolean, epoch = "e1"): Page => ({
  epoch,
  hasMore,
  lowest: offsets[0],
  messages: offsets.map((offset) => message(offset, epoch)),
});
const contents = (timeline: Timeline) => timeline.messages.map((each) => each.delivery.id);
const states = (timeline: Timeline) => timeline.holes.map(({ from, to, state }) => ({ from, to, state }));

Deno.test("[R1] messages stand in the order of the log, whatever order they come in, each once", () => {
  const timeline = new Timeline();
  timeline.joined("e1", 0);
  for (const offset of [2, 1, 3, 2, 1]) timeline.put(message(offset));
  expect(contents(timeline)).toEqual(["e1-1", "e1-2", "e1-3"]);
  expect(timeline.top).toBe(3);
});

Deno.test("older pages are read from the oldest message on, to the beginning of the log", () => {
  const timeline = new Timeline();
  timeline.joined("e1", 10);
  for (const offset of [11, 12]) timeline.put(message(offset));
  expect(timeline.olderBefore).toBe(11);
  timeline.addOlder(page([6, 7, 8, 9, 10], true));
  expect(timeline.olderBefore).toBe(6);
  timeline.addOlder(page([3, 4, 5], false));
  expect(timeline.olderBefore).toBe(undefined);
  expect(timeline.messages).toHaveLength(10);
});

Deno.test("a page whose oldest entries are no messages moves on beyond them", () => {
  const timeline = new Timeline();
  timeline.joined("e1", 10);
  timeline.addOlder({ epoch: "e1", lowest: 4, hasMore: true, messages: [message(9)] });
  expect(timeline.olderBefore).toBe(4);
});

Deno.test("history that is replayed from below the place of joining counts as read", () => {
  const timeline = new Timeline();
  timeline.joined("e1", 12);
  for (const offset of [10, 11, 12]) timeline.put(message(offset));
  expect(timeline.olderBefore).toBe(10);
});

Deno.test("a gap is a hole, a page that reaches over it closes it", () => {
  const timeline = new Timeline();
  timeline.joined("e1", 0);
  timeline.put(message(1));
  timeline.missing(2, 4);
  timeline.put(message(5));
  expect(states(timeline)).toEqual([{ from: 2, to: 4, state: "open" }]);
  const [hole] = timeline.holes;
  expect(timeline.fillBefore(hole!)).toBe(5);
  timeline.fill(hole!.id, page([1, 2, 3, 4], false));
  expect(timeline.holes).toEqual([]);
  expect(contents(timeline)).toEqual(["e1-1", "e1-2", "e1-3", "e1-4", "e1-5"]);
});

Deno.test("a page that does not reach over a hole makes it smaller", () => {
  const timeline = new Timeline();
  timeline.joined("e1", 0);
  timeline.missing(2, 9);
  timeline.fill(timeline.holes[0]!.id, page([7, 8, 9], true));
  expect(states(timeline)).toEqual([{ from: 2, to: 6, state: "open" }]);
});

Deno.test("[R5] what the server no longer keeps stays marked as lost", () => {
  const timeline = new Timeline();
  timeline.joined("e1", 0);
  timeline.missing(2, 9);
  timeline.fill(timeline.holes[0]!.id, page([7, 8, 9], false));
  expect(states(timeline)).toEqual([{ from: 2, to: 6, state: "lost" }]);
});

Deno.test("a gap whose end is not told reaches to the next message", () => {
  const timeline = new Timeline();
  timeline.joined("e1", 0);
  timeline.put(message(3));
  timeline.missing(4, undefined);
  expect(timeline.fillBefore(timeline.holes[0]!)).toBe(undefined);
  timeline.put(message(9));
  expect(timeline.fillBefore(timeline.holes[0]!)).toBe(9);
});

Deno.test("the same gap told twice is one hole, an empty one is none", () => {
  const timeline = new Timeline();
  timeline.joined("e1", 0);
  timeline.missing(2, 4);
  timeline.missing(2, 4);
  timeline.missing(6, 5);
  expect(timeline.holes).toHaveLength(1);
});

Deno.test("[R2] a new epoch follows the old one, with a seam that says so", () => {
  const timeline = new Timeline();
  timeline.joined("e1", 0);
  for (const offset of [1, 2]) timeline.put(message(offset));
  timeline.joined("e2", 0);
  timeline.put(message(1, "e2"));
  expect(contents(timeline)).toEqual(["e1-1", "e1-2", "e2-1"]);
  expect(states(timeline)).toEqual([{ from: 1, to: 0, state: "restart" }]);
  expect(timeline.olderBefore).toBe(undefined);
});

Deno.test("[R2] what a new epoch holds already can be loaded at the seam, which stays", () => {
  const timeline = new Timeline();
  timeline.joined("e1", 0);
  timeline.put(message(1));
  timeline.joined("e2", 2);
  timeline.put(message(3, "e2"));
  expect(states(timeline)).toEqual([{ from: 1, to: 2, state: "open" }]);
  timeline.fill(timeline.holes[0]!.id, page([1, 2], false, "e2"));
  expect(contents(timeline)).toEqual(["e1-1", "e2-1", "e2-2", "e2-3"]);
  expect(states(timeline)).toEqual([{ from: 1, to: 0, state: "restart" }]);
});

Deno.test("trimming forgets the oldest messages and their holes; they can be read again", () => {
  const timeline = new Timeline();
  timeline.joined("e1", 0);
  timeline.put(message(1));
  timeline.missing(2, 3);
  for (let offset = 4; offset <= 20; offset++) timeline.put(message(offset));
  expect(timeline.trim(100)).toBe(false);
  expect(timeline.trim(5)).toBe(true);
  expect(timeline.messages).toHaveLength(5);
  expect(timeline.holes).toEqual([]);
  expect(timeline.olderBefore).toBe(16);
  timeline.addOlder(page([14, 15], true));
  expect(timeline.messages).toHaveLength(7);
});

Deno.test("trimming across epochs leaves the newer ones whole", () => {
  const timeline = new Timeline();
  timeline.joined("e1", 0);
  for (const offset of [1, 2, 3]) timeline.put(message(offset));
  timeline.joined("e2", 0);
  for (const offset of [1, 2]) timeline.put(message(offset, "e2"));
  timeline.trim(2);
  expect(contents(timeline)).toEqual(["e2-1", "e2-2"]);
  expect(timeline.epochs).toEqual(["e2"]);
  expect(timeline.olderBefore).toBe(undefined);
});
