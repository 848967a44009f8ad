import { expect } from "@std/expect";
import { Harness } from "../harness/mod.ts";

/** Anna and Ben in a room with three messages of Ben. */
async function room(options = {}) {
  const relay = new Harness(options);
  const anna = await relay.member("anna", "tea");
  const ben = await relay.member("ben", "tea");
  for (let n = 1; n <= 3; n++) await ben.ask("send_message", { roomId: "tea", content: String(n) });
  const { epoch } = await anna.join("tea");
  anna.news();
  ben.news();
  const read = (upTo: number) => anna.ask("read_messages", { roomId: "tea", epoch, upTo });
  return { relay, anna, ben, epoch, read };
}

Deno.test("[A4] a mark is stored and told to the room, the reader's own devices too", async () => {
  const { relay, anna, ben, epoch, read } = await room();
  using _ = relay;
  expect(await read(2)).toEqual({ success: true, roomId: "tea", epoch, upTo: 2 });
  const told = { roomId: "tea", epoch, userId: "anna", upTo: 2 };
  expect(ben.of("messages_read")).toEqual([told]);
  expect(anna.of("messages_read")).toEqual([told]);
});

Deno.test("[A4] marks only move forward", async () => {
  const { relay, ben, epoch, read } = await room();
  using _ = relay;
  await read(2);
  for (const upTo of [2, 1, 0]) {
    expect(await read(upTo)).toEqual({ success: true, roomId: "tea", epoch, upTo: 2 });
  }
  expect(ben.of("messages_read").length).toBe(1);
});

Deno.test("[A4] a mark beyond the top, or of another epoch, is bad_request", async () => {
  const { relay, anna, ben, epoch, read } = await room();
  using _ = relay;
  const refused = { success: false, error: { code: "bad_request" } };
  expect(await read(4)).toMatchObject(refused);
  expect(await anna.ask("read_messages", { roomId: "tea", epoch: `${epoch}x`, upTo: 1 })).toMatchObject(
    refused,
  );
  expect(ben.of("messages_read")).toEqual([]);
});

Deno.test("[A4] joined_room lists the marks of the listed users; they outlive the room's last member", async () => {
  const { relay, anna, ben, read } = await room();
  using _ = relay;
  await read(2);
  anna.cut();
  ben.cut();
  await relay.advance(5000);
  expect(relay.hub.roomCount).toBe(0);
  const back = relay.connect("anna");
  expect(await back.join("tea")).toMatchObject({ read: [{ userId: "anna", upTo: 2 }], unread: 1 });
});

Deno.test("[A4] marks that other nodes may have moved are read side by side, of fifty rooms at a time", async () => {
  using relay = new Harness();
  const other = relay.node("node-2");
  await relay.settle();
  for (const hub of [relay.hub, other]) {
    const client = relay.connect("anna", { hub });
    for (let n = 0; n < 60; n++) client.send("join_room", { roomId: `room-${n}` });
    await relay.advance(60 * 100);
  }
  relay.store.calls.length = 0;
  const release = relay.store.hold("list");
  // both nodes sweep, and look who may be where
  await relay.advance(relay.hub.limits.sweepMs);
  expect(relay.store.calls.filter((call) => call === "list").length).toBeGreaterThanOrEqual(2 * 50);
  release();
  await relay.settle();
  expect(relay.store.calls.filter((call) => call === "list").length).toBeGreaterThanOrEqual(2 * 60);
});

Deno.test("[A4] the mark of who joins follows the user_joined, where there is one", async () => {
  const { relay, anna, ben, epoch, read } = await room();
  using _ = relay;
  await read(2);
  anna.cut();
  await relay.advance(5000);
  const carl = await relay.member("carl", "tea");
  for (const one of [ben, carl]) one.news();
  await relay.member("anna", "tea");
  await relay.member("dora", "tea");
  for (const one of [ben, carl]) {
    expect(one.news()).toMatchObject([
      { type: "user_joined", payload: { userId: "anna" } },
      { type: "messages_read", payload: { epoch, userId: "anna", upTo: 2 } },
      { type: "user_joined", payload: { userId: "dora" } },
    ]);
  }
});

Deno.test("[A4] a mark whose store failed is store_unavailable and not told", async () => {
  const { relay, ben, read } = await room();
  using _ = relay;
  relay.store.failing = "before";
  expect(await read(2)).toMatchObject({ success: false, error: { code: "store_unavailable" } });
  relay.store.failing = undefined;
  expect(ben.of("messages_read")).toEqual([]);
  expect(await read(2)).toMatchObject({ success: true, upTo: 2 });
});

Deno.test("[A4] a mark is told on other nodes, and a later one of theirs wins", async () => {
  const { relay, epoch, read } = await room();
  using _ = relay;
  const other = relay.node("node-2");
  await relay.settle();
  const tablet = relay.connect("anna", { hub: other });
  const carl = relay.connect("carl", { hub: other });
  tablet.send("join_room", { roomId: "tea" });
  carl.send("join_room", { roomId: "tea" });
  await relay.advance(200);
  await read(1);
  await relay.settle();
  expect(carl.of("messages_read")).toMatchObject([{ userId: "anna", upTo: 1 }]);
  await tablet.ask("read_messages", { roomId: "tea", epoch, upTo: 3 });
  expect(await read(2)).toMatchObject({ success: true, upTo: 3 });
});

Deno.test("[A4] a room that ends while the marks of its new epoch are read leaves no timer behind", async () => {
  const { relay } = await room();
  const release = relay.store.hold("list", "before");
  relay.store.inner = relay.emptyStore();
  await relay.advance(relay.hub.limits.sweepMs);
  relay[Symbol.dispose]();
  relay.store.failing = "before";
  release();
  await relay.settle();
  expect(relay.clock.timers).toBe(0);
});

Deno.test("[A4b] unread counts from the mark, or from the oldest message kept", async () => {
  const { relay, anna, read } = await room();
  using _ = relay;
  const unread = async () => (await anna.join("tea")).unread;
  expect(await unread()).toBe(3);
  await read(1);
  expect(await unread()).toBe(2);
  await read(3);
  expect(await unread()).toBe(0);
});

Deno.test("[A4b] messages that retention dropped are not unread", async () => {
  const { relay } = await room({ retention: { retentionMessages: 2, retentionHours: 0 } });
  using _ = relay;
  await relay.advance(relay.hub.limits.sweepMs);
  const carl = relay.connect("carl");
  expect(await carl.join("tea")).toMatchObject({ offset: 3, unread: 2 });
});

Deno.test("[A4] marks end with their epoch", async () => {
  const { relay, anna, ben, read } = await room();
  using _ = relay;
  await read(3);
  relay.store.inner = relay.emptyStore();
  await relay.store.put("read:tea:old", "anna", "3");
  await relay.advance(relay.hub.limits.sweepMs);
  await ben.ask("send_message", { roomId: "tea", content: "new life" });
  expect(await anna.join("tea")).toMatchObject({ offset: 1, read: [], unread: 1 });
});
