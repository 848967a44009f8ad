import { expect } from "@std/expect";
import type { User } from "../../src/client/types.ts";
import { setup } from "./harness/mod.ts";

const ann = { userId: "ann", userName: "Ann" };
const bob = { userId: "bob", userName: "Bob" };

/** A relay that is in the lobby with Ann. */
async function inLobby() {
  const all = await setup();
  await all.welcome();
  const { room } = await all.join("lobby", {}, {
    users: [ann],
    count: 1,
    read: [{ userId: "ann", upTo: 3 }],
    offset: 9,
  });
  const says = (type: string, payload: object) =>
    all.socket().says({ type, payload: { roomId: "lobby", ...payload } });
  const names = (users: readonly User[]) => users.map(({ userId }) => userId).sort();
  return { ...all, room, says, names };
}

Deno.test("[J2] presence: who was there at the join, who came, who left", async () => {
  const { relay, room, says } = await inLobby();
  expect(room.presence.snapshot).toEqual({ users: [ann], count: 1 });
  says("user_joined", bob);
  expect(room.presence.snapshot).toEqual({ users: [ann, bob], count: 2 });
  says("user_left", ann);
  expect(room.presence.snapshot).toEqual({ users: [bob], count: 1 });
  relay.close();
});

Deno.test("[J2] presence: one who joins again is counted once, with the newer name; a stranger who leaves, not at all", async () => {
  const { relay, room, says } = await inLobby();
  says("user_joined", { userId: "ann", userName: "Anne" });
  expect(room.presence.snapshot).toEqual({ users: [{ userId: "ann", userName: "Anne" }], count: 1 });
  says("user_left", bob);
  expect(room.presence.snapshot.count).toBe(1);
  relay.close();
});

Deno.test("[J3] presence: the whole replaces everything, and the count may be more than the list", async () => {
  const { relay, room, says } = await inLobby();
  says("room_users", { users: [bob], count: 5000 });
  expect(room.presence.snapshot).toEqual({ users: [bob], count: 5000 });
  relay.close();
});

Deno.test("presence: kept over a cut, replaced by the next join", async () => {
  const { relay, room, socket, reconnect } = await inLobby();
  await reconnect();
  expect(room.presence.snapshot.users).toEqual([ann]);
  socket().joins({ users: [bob], count: 1, from: 9, recovered: true });
  expect(room.presence.snapshot.users).toEqual([bob]);
  relay.close();
});

Deno.test("snapshots are immutable: a change makes a new one", async () => {
  const { relay, room, says } = await inLobby();
  const before = [room.presence.snapshot, room.marks.snapshot, room.typists.snapshot];
  const copies = structuredClone(before);
  says("user_joined", bob);
  says("messages_read", { epoch: "e1", userId: "ann", upTo: 5 });
  says("user_typing", { ...ann, typing: true });
  expect(before).toEqual(copies);
  expect(room.presence.snapshot).not.toBe(before[0]);
  expect(room.marks.snapshot).not.toBe(before[1]);
  expect(room.typists.snapshot).not.toBe(before[2]);
  relay.close();
});

Deno.test("[J4] typists: until they stop, leave, or their message comes", async () => {
  const { relay, room, says, names, socket } = await inLobby();
  const carol = { userId: "carol", userName: "Carol" };
  for (const user of [ann, bob, carol]) says("user_typing", { ...user, typing: true });
  expect(names(room.typists.snapshot)).toEqual(["ann", "bob", "carol"]);
  says("user_typing", { ...ann, typing: false });
  expect(names(room.typists.snapshot)).toEqual(["bob", "carol"]);
  says("user_left", carol);
  expect(names(room.typists.snapshot)).toEqual(["bob"]);
  socket().message(10, { userId: "bob" });
  expect(room.typists.snapshot).toEqual([]);
  relay.close();
});

Deno.test("[J4] typists: expire 6 s after the last word of them", async () => {
  const { clock, relay, room, says, names } = await inLobby();
  says("user_typing", { ...bob, typing: true });
  await clock.advance(4000);
  says("user_typing", { ...bob, typing: true });
  await clock.advance(5999);
  expect(names(room.typists.snapshot)).toEqual(["bob"]);
  await clock.advance(1);
  expect(room.typists.snapshot).toEqual([]);
  relay.close();
});

Deno.test("[J4] typists: never oneself, and nobody once the connection is gone", async () => {
  const { relay, room, says, socket } = await inLobby();
  says("user_typing", { userId: "alice", userName: "Alice", typing: true });
  expect(room.typists.snapshot).toEqual([]);
  says("user_typing", { ...bob, typing: true });
  socket().ends(1006);
  expect(room.typists.snapshot).toEqual([]);
  relay.close();
});

Deno.test("[A4] marks: from the join and from messages_read, only forward", async () => {
  const { relay, room, says } = await inLobby();
  expect([...room.marks.snapshot]).toEqual([["ann", 3]]);
  says("messages_read", { epoch: "e1", userId: "ann", upTo: 5 });
  says("messages_read", { epoch: "e1", userId: "ann", upTo: 4 });
  says("messages_read", { epoch: "e1", userId: "bob", upTo: 2 });
  expect([...room.marks.snapshot]).toEqual([["ann", 5], ["bob", 2]]);
  relay.close();
});

Deno.test("[A4] marks: of those who are away now stay; all end with their epoch", async () => {
  const { relay, room, says, socket, reconnect } = await inLobby();
  await reconnect();
  socket().joins({ from: 9, recovered: true, read: [{ userId: "bob", upTo: 1 }] });
  expect([...room.marks.snapshot]).toEqual([["ann", 3], ["bob", 1]]);
  says("reset", { epoch: "e2", offset: 0, reason: "epoch" });
  expect([...room.marks.snapshot]).toEqual([]);
  relay.close();
});

Deno.test("[A4] read: at once, then the last of many after a rest, only forward", async () => {
  const { clock, relay, room, socket } = await inLobby();
  const marks = () =>
    socket().sent.filter(({ type }) => type === "read_messages").map(({ payload }) => payload);
  for (const offset of [4, 5, 6, 5]) room.read(offset);
  expect(marks()).toEqual([{ roomId: "lobby", epoch: "e1", upTo: 4 }]);
  await clock.advance(300);
  expect(marks().map(({ upTo }) => upTo)).toEqual([4, 6]);
  room.read(6);
  room.read(2);
  await clock.advance(1000);
  expect(marks().map(({ upTo }) => upTo)).toEqual([4, 6]);
  relay.close();
  expect(clock.pending).toBe(0);
});

Deno.test("[A4] read: while offline it waits for the join, after a cut it is said again", async () => {
  const { relay, room, socket, retry, welcome } = await inLobby();
  room.read(4);
  socket().ends(1006);
  room.read(7);
  await retry();
  await welcome();
  expect(socket().count("read_messages")).toBe(0);
  socket().joins({ from: 9, recovered: true });
  expect(socket().take("read_messages").payload).toEqual({ roomId: "lobby", epoch: "e1", upTo: 7 });
  relay.close();
});

Deno.test("[A4] read: a mark of another epoch is not said", async () => {
  const { relay, room, socket, reconnect } = await inLobby();
  room.read(4);
  await reconnect();
  socket().joins({ epoch: "e2", from: 0, offset: 0, recovered: false });
  expect(socket().count("read_messages")).toBe(0);
  socket().message(1, { epoch: "e2" });
  room.read(1);
  expect(socket().take("read_messages").payload).toEqual({ roomId: "lobby", epoch: "e2", upTo: 1 });
  relay.close();
});

Deno.test("[J4] typing: a start at most every 3 s, an end once", async () => {
  const { clock, relay, room, socket } = await inLobby();
  const said = () => socket().sent.splice(0).map(({ type, messageId }) => [type, messageId]);
  said();
  for (let i = 0; i < 10; i++) room.typing();
  await clock.advance(2999);
  room.typing();
  expect(said()).toEqual([["typing_start", undefined]]);
  await clock.advance(1);
  room.typing();
  expect(said()).toEqual([["typing_start", undefined]]);
  room.typing(false);
  room.typing(false);
  expect(said()).toEqual([["typing_end", undefined]]);
  room.typing();
  expect(said()).toEqual([["typing_start", undefined]]);
  relay.close();
});

Deno.test("[J4] typing: ends with a send, and is not said where nobody hears it", async () => {
  const { relay, room, socket } = await inLobby();
  room.typing();
  room.send("done");
  expect(socket().sent.map(({ type }) => type)).toEqual(["typing_start", "typing_end", "send_message"]);
  const elsewhere = relay.room("elsewhere");
  elsewhere.typing();
  expect(socket().count("typing_start")).toBe(1);
  socket().joins();
  elsewhere.typing();
  expect(socket().count("typing_start")).toBe(2);
  relay.close();
});
