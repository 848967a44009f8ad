import { expect } from "@std/expect";
import type { OutboxItem, OutboxStore } from "../../src/client/types.ts";
import { failure, settle, setup } from "./harness/mod.ts";

/** What outlives a page: a map and the order of its calls. */
class MemoryStore implements OutboxStore {
  readonly items = new Map<string, OutboxItem>();
  gate: Promise<void> = Promise.resolve();

  async load(): Promise<OutboxItem[]> {
    await this.gate;
    return [...this.items.values()];
  }
  put(item: OutboxItem): Promise<void> {
    this.items.set(item.messageId, item);
    return Promise.resolve();
  }
  delete(messageId: string): Promise<void> {
    this.items.delete(messageId);
    return Promise.resolve();
  }
}

const item = (messageId: string, roomId = "lobby"): OutboxItem => ({
  messageId,
  roomId,
  type: "send_message",
  payload: { roomId, content: messageId, replyTo: null },
});

Deno.test("a message is in the store from send to ack, and what was not acknowledged outlives the page", async () => {
  const store = new MemoryStore();
  const first = await setup({ outbox: { store } });
  await first.welcome();
  const { room } = await first.join();
  room.send("1", { messageId: "one" });
  room.send("2", { messageId: "two" });
  room.publish("e", 3, { messageId: "three" });
  await settle();
  expect([...store.items.keys()]).toEqual(["one", "two", "three"]);
  first.socket().stores(1);
  await settle();
  expect([...store.items.keys()]).toEqual(["two", "three"]);
  // the page is gone without a word
  const second = await setup({ outbox: { store } });
  await second.welcome();
  const { room: again } = await second.join();
  expect(again.outgoing.snapshot.map(({ content, state }) => [content, state])).toEqual([["2", "pending"]]);
  expect(second.socket().stores(2, { duplicate: true }).messageId).toBe("two");
  second.socket().acks(second.socket().take("publish"), {
    savedId: "s",
    epoch: "e1",
    offset: 3,
    duplicate: false,
  });
  await settle();
  expect(store.items.size).toBe(0);
  first.relay.close();
  second.relay.close();
});

Deno.test("what was left goes first, however late the store answers, and only to its room", async () => {
  const store = new MemoryStore();
  for (const left of [item("old-1"), item("elsewhere", "other"), item("old-2")]) {
    store.items.set(left.messageId, left);
  }
  let open = () => {};
  store.gate = new Promise((resolve) => open = resolve);
  const { relay, socket, join, welcome } = await setup({ outbox: { store } });
  await welcome();
  const { room } = await join();
  room.send("new");
  expect(socket().count("send_message")).toBe(0);
  open();
  await settle();
  expect(room.outgoing.snapshot.map(({ content }) => content)).toEqual(["old-1", "old-2", "new"]);
  expect([1, 2, 3].map((offset) => socket().stores(offset).payload.content)).toEqual([
    "old-1",
    "old-2",
    "new",
  ]);
  relay.close();
});

Deno.test("a closed relay leaves what was not sent to the next visit; a discard and a leave do not", async () => {
  const store = new MemoryStore();
  const { relay, join, welcome } = await setup({ outbox: { store } });
  await welcome();
  const { room } = await join();
  const { room: other } = await join("other");
  room.send("1", { messageId: "one" });
  room.send("2", { messageId: "two" });
  other.send("3", { messageId: "three" });
  room.discard("two");
  other.leave();
  relay.close();
  await settle();
  expect([...store.items.keys()]).toEqual(["one"]);
});

Deno.test("a message that failed is kept until it is discarded", async () => {
  const store = new MemoryStore();
  const { relay, join, socket, welcome } = await setup({ outbox: { store } });
  await welcome();
  const { room } = await join();
  const sending = room.send("1", { messageId: "one" });
  socket().refuses(socket().take("send_message"), { code: "forbidden" });
  await failure(sending);
  await settle();
  expect(store.items.size).toBe(1);
  room.discard("one");
  await settle();
  expect(store.items.size).toBe(0);
  relay.close();
});

Deno.test("a store that fails is reported, and messages are sent without it", async () => {
  const broken = () => Promise.reject(new Error("quota"));
  const store: OutboxStore = { load: broken, put: broken, delete: broken };
  const { relay, problems, join, socket, welcome } = await setup({ outbox: { store } });
  await welcome();
  const { room } = await join();
  const sending = room.send("1");
  socket().stores(1);
  expect((await sending).offset).toBe(1);
  await settle();
  expect(problems.map(({ error }) => [error.code, error.message])).toEqual(
    Array(4).fill(["application", "Error: quota"]),
  );
  relay.close();
});

Deno.test("[A2] what may be stored for one user is not sent for another, not by a later visit either", async () => {
  const store = new MemoryStore();
  const first = await setup({ outbox: { store } });
  await first.welcome({ userId: "guest-1" });
  const { room } = await first.join();
  room.send("on its way", { messageId: "one" });
  room.send("waiting", { messageId: "two" });
  await settle();
  expect([...store.items.values()].map(({ userId }) => userId)).toEqual(["guest-1", undefined]);
  const second = await setup({ outbox: { store } });
  await second.welcome({ userId: "guest-2" });
  const { room: again } = await second.join();
  await settle();
  expect(again.outgoing.snapshot.map(({ content, state, error }) => [content, state, error?.code])).toEqual([
    ["on its way", "failed", "identity_changed"],
    ["waiting", "pending", undefined],
  ]);
  first.relay.close();
  second.relay.close();
});
