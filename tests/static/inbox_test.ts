import { expect } from "@std/expect";
import { Inbox } from "../../static/notify/model/inbox.ts";

const notice = (offset: number, epoch = "e1") => ({
  id: `n${offset}`,
  epoch,
  offset,
  type: "info",
  title: `note ${offset}`,
  body: "",
  url: null,
  timestamp: "2026-11-21T10:30:00.000Z",
});
const page = (offsets: number[], more: object = {}) => ({
  epoch: "e1",
  offset: 5,
  unread: 3,
  hasMore: false,
  notifications: offsets.map((offset) => notice(offset)),
  ...more,
});

Deno.test("[A4b] what is unread follows from the read mark, whatever way notifications came", () => {
  const inbox = new Inbox();
  inbox.take(notice(5));
  inbox.takePage(page([4, 5]));
  expect([inbox.unread, inbox.upTo, inbox.oldest]).toEqual([3, 2, 4]);
  expect(inbox.take(notice(5))).toBe(false);
  expect(inbox.take(notice(6))).toBe(true);
  expect(inbox.unread).toBe(4);
  inbox.read("e1", 6);
  expect(inbox.unread).toBe(0);
  inbox.read("e1", 3);
  expect([inbox.unread, inbox.upTo]).toEqual([0, 6]);
  expect(inbox.notices.map(({ offset }) => offset)).toEqual([6, 5, 4]);
});

Deno.test("[A4b] what retention dropped is not unread", () => {
  const inbox = new Inbox();
  inbox.takePage(page([90, 91], { offset: 91, unread: 50 }));
  expect(inbox.unread).toBe(50);
  inbox.take(notice(92));
  expect(inbox.unread).toBe(51);
});

Deno.test("[A4b] after a cut the server says how much is unread by now", () => {
  const inbox = new Inbox();
  inbox.takePage(page([4, 5]));
  inbox.stands({ epoch: "e1", offset: 6, unread: 1 });
  expect([inbox.unread, inbox.upTo]).toEqual([0, 5]);
  inbox.take(notice(6));
  expect(inbox.unread).toBe(1);
});

Deno.test("[R2] a log that begins anew is another inbox", () => {
  const inbox = new Inbox();
  inbox.takePage(page([4, 5]));
  inbox.take(notice(1, "e2"));
  expect([inbox.unread, inbox.upTo, inbox.notices.length]).toEqual([1, 0, 1]);
});
