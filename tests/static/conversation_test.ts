import { signal } from "@preact/signals";
import { expect } from "@std/expect";
import { RelayError } from "../../src/client/mod.ts";
import { Conversation } from "../../static/chat/model/conversation.ts";
import type { Message } from "../../static/chat/model/message.ts";
import { FakeRoom } from "./fake_relay.ts";

/** A conversation on a fake room; `draw` is the page's next drawing. */
function setUp({ attentive = true } = {}) {
  const room = new FakeRoom("lobby");
  const tasks: (() => void)[] = [];
  const around = {
    me: signal("me"),
    attentive: signal(attentive),
    now: () => Date.UTC(2026, 10, 21, 12),
    soon,
  };
  function soon(task: () => void): void {
    tasks.push(task);
  }
  const conversation = new Conversation(room, around);
  return {
    room,
    conversation,
    around,
    tasks,
    draw() {
      for (const task of tasks.splice(0)) task();
    },
    messages(): Message[] {
      return conversation.rows.value.flatMap((row) => row.kind === "message" ? [row.message] : []);
    },
    contents(): string[] {
      return this.messages().map((message) => message.content);
    },
    receipts(): string[] {
      return this.messages().map((message) => conversation.receipt(message).kind);
    },
    see(offset: number, epoch = room.epoch): void {
      conversation.seen([{ kind: "stored", id: "", epoch, offset }]);
    },
    kinds(): string[] {
      return conversation.rows.value.map((row) => row.kind);
    },
  };
}

/** Lets what was answered already be taken in. */
function settle(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve));
}

Deno.test("an own message shows at once, is sent, then read by others, under one key", () => {
  const page = setUp();
  page.room.enter();
  page.conversation.send("hello");
  expect(page.receipts()).toEqual(["pending"]);
  const { key, messageId } = page.messages()[0]!;

  page.room.settle(messageId, "sent");
  page.draw();
  expect(page.receipts()).toEqual(["sent"]);

  page.room.say("me", "hello", { messageId });
  page.room.discard(messageId);
  page.draw();
  expect(page.messages().map((message) => message.key)).toEqual([key]);
  expect(page.receipts()).toEqual(["sent"]);

  page.room.marks.set(new Map([["ben", 1], ["chie", 0], ["me", 1]]));
  page.draw();
  expect(page.conversation.receipt(page.messages()[0]!)).toEqual({ kind: "read", by: ["ben"] });
});

Deno.test("[A1b] an own message that comes back before its ack is not shown twice", () => {
  const page = setUp();
  page.room.enter();
  page.conversation.send("hello");
  page.room.say("me", "hello", { messageId: page.messages()[0]!.messageId });
  page.draw();
  expect(page.contents()).toEqual(["hello"]);
});

Deno.test("[M14] a failed message says why, can be tried again and discarded", () => {
  const page = setUp();
  page.room.enter();
  page.conversation.send("one");
  page.conversation.send("two");
  const [one, two] = page.messages();
  const error = new RelayError("timeout", "Send: no answer", { retryable: true });
  page.room.settle(one!.messageId, "failed", error);
  page.room.settle(two!.messageId, "failed", error);
  page.draw();
  expect(page.conversation.receipt(page.messages()[0]!)).toEqual({ kind: "failed", error });
  page.conversation.retry(one!.messageId);
  expect(page.receipts()).toEqual(["pending", "failed"]);
  page.conversation.discard(two!.messageId);
  expect(page.contents()).toEqual(["one"]);
});

Deno.test("blank text is not sent", () => {
  const page = setUp();
  expect(page.conversation.send(" \n")).toBe(false);
  expect(page.room.asked).toEqual([]);
});

Deno.test("text that finds the outbox full is given back", async () => {
  const page = setUp();
  page.room.failure = new RelayError("outbox_full", "Send: too many are waiting");
  page.conversation.send("keep me");
  await settle();
  expect(page.conversation.refused.value?.content).toBe("keep me");
});

Deno.test("a reply names the original and is then done", () => {
  const page = setUp();
  page.room.enter();
  page.room.say("ben", "question?");
  page.draw();
  page.conversation.replyTo.value = page.conversation.original("e1-1");
  page.conversation.send("answer");
  expect(page.messages().at(-1)?.replyTo).toBe("e1-1");
  expect(page.conversation.replyTo.value).toBe(undefined);
});

Deno.test("many messages between two drawings are one change", () => {
  const page = setUp();
  page.room.enter();
  for (let n = 0; n < 100; n++) page.room.say("ben", `${n}`);
  expect(page.tasks).toHaveLength(1);
  page.draw();
  expect(page.contents()).toHaveLength(100);
});

Deno.test("older pages are read one after the other, up to the beginning", async () => {
  const page = setUp();
  for (let n = 0; n < 120; n++) page.room.store("ben", `${n}`);
  page.room.enter({ from: 100 });
  page.draw();
  expect(page.conversation.hasOlder.value).toBe(true);
  await Promise.all([page.conversation.history.loadOlder(), page.conversation.history.loadOlder()]);
  expect(page.contents()).toHaveLength(70);
  await page.conversation.history.loadOlder();
  expect(page.contents()).toHaveLength(120);
  expect(page.conversation.hasOlder.value).toBe(false);
  expect(page.room.asked).toEqual(["history 101", "history 51"]);
});

Deno.test("a page that cannot be read can be asked for again", async () => {
  const page = setUp();
  for (let n = 0; n < 10; n++) page.room.store("ben", `${n}`);
  page.room.enter({ from: 5 });
  page.room.failure = new RelayError("store_unavailable", "History: no");
  await page.conversation.history.loadOlder();
  expect(page.conversation.history.older.value).toBe("failed");
  page.room.failure = undefined;
  await page.conversation.history.loadOlder();
  expect(page.contents()).toHaveLength(10);
});

Deno.test("a gap shows where it is and closes when it is filled", async () => {
  const page = setUp();
  page.room.enter();
  page.room.say("ben", "1");
  for (let n = 2; n <= 250; n++) page.room.store("ben", `${n}`);
  page.conversation.missing(2, 250);
  page.room.say("ben", "251");
  page.draw();
  expect(page.kinds()).toEqual(["day", "message", "hole", "message"]);
  const row = page.conversation.rows.value.find((each) => each.kind === "hole");
  await page.conversation.history.fill(row?.kind === "hole" ? row.hole.id : -1);
  expect(page.contents()).toHaveLength(251);
  expect(page.kinds()).not.toContain("hole");
});

Deno.test("a gap that could not be filled says so and can be tried again", async () => {
  const page = setUp();
  page.room.enter();
  page.conversation.missing(1, 2);
  const state = () =>
    page.conversation.rows.value.flatMap((row) => row.kind === "hole" ? [row.hole.state] : []);
  page.room.failure = new RelayError("closed", "History: closed");
  await page.conversation.history.fill(1);
  expect(state()).toEqual(["failed"]);
  page.room.failure = undefined;
  for (let n = 1; n <= 2; n++) page.room.store("ben", `${n}`);
  await page.conversation.history.fill(1);
  expect(state()).toEqual([]);
  expect(page.contents()).toEqual(["1", "2"]);
});

Deno.test("an original that is not here is looked for in the log", async () => {
  const page = setUp();
  for (let n = 1; n <= 200; n++) page.room.store("ben", `${n}`);
  page.room.enter({ from: 195 });
  expect(await page.conversation.history.find("e1-60")).toBe("ben/m-e1-60");
  expect(await page.conversation.history.find("nowhere")).toBe(undefined);
});

Deno.test("[A4] a message is marked as read only while the page has the reader's attention", () => {
  const page = setUp({ attentive: false });
  page.room.enter();
  page.room.say("ben", "psst");
  page.draw();
  page.see(1);
  expect(page.room.asked).toEqual([]);
  expect(page.conversation.unread.value).toBe(1);
  page.around.attentive.value = true;
  page.see(1);
  page.see(1);
  expect(page.room.asked).toEqual(["read 1"]);
  expect(page.conversation.unread.value).toBe(0);
});

Deno.test("what came while the reader was away stands below a line, which goes once it is answered", () => {
  const page = setUp();
  page.room.enter();
  page.room.say("ben", "1");
  page.draw();
  page.see(1);
  page.around.attentive.value = false;
  page.conversation.rest();
  page.room.say("ben", "2");
  page.draw();
  expect(page.kinds()).toEqual(["day", "message", "unread", "message"]);
  page.around.attentive.value = true;
  page.see(2);
  expect(page.kinds()).toContain("unread");
  page.conversation.send("here I am");
  expect(page.kinds()).not.toContain("unread");
});

Deno.test("own messages are never unread", () => {
  const page = setUp({ attentive: false });
  page.room.enter();
  page.room.say("me", "from my other window");
  page.draw();
  expect(page.conversation.unread.value).toBe(0);
});

Deno.test("a list at its end keeps a bounded number of messages, the newest", () => {
  const page = setUp();
  page.room.enter();
  for (let n = 0; n < 4000; n++) page.room.say("ben", `${n}`);
  page.draw();
  expect(page.contents().length).toBeLessThanOrEqual(600);
  expect(page.contents().at(-1)).toBe("3999");
  expect(page.conversation.hasOlder.value).toBe(true);
});

Deno.test("a new log begins below the old one, and its messages can be read", () => {
  const page = setUp();
  page.room.enter();
  page.room.say("ben", "old");
  page.room.epoch = "e2";
  page.room.log = [];
  page.room.enter();
  page.room.say("ben", "new");
  page.draw();
  expect(page.contents()).toEqual(["old", "new"]);
  expect(page.kinds()).toContain("hole");
  page.see(7, "e1");
  expect(page.room.asked).toEqual([]);
  page.see(1);
  expect(page.room.asked).toEqual(["read 1"]);
});

Deno.test("[R6] a log that is reset while we are in it begins anew with its next message", () => {
  const page = setUp({ attentive: false });
  page.room.enter();
  page.room.say("ben", "old");
  page.room.epoch = "e2";
  page.room.log = [];
  page.room.say("ben", "new");
  page.draw();
  expect(page.contents()).toEqual(["old", "new"]);
  expect(page.kinds()).toContain("hole");
  expect(page.conversation.unread.value).toBe(1);
});

Deno.test("a closed conversation hears nothing more", () => {
  const page = setUp();
  page.room.enter();
  page.conversation.close();
  page.room.say("ben", "anyone?");
  expect(page.tasks).toHaveLength(1);
  page.draw();
  expect(page.contents()).toEqual([]);
});
