import { expect } from "@std/expect";
import { codecs } from "../../src/protocol/codecs/mod.ts";
import type { User } from "../../src/protocol/messages.ts";
import { Harness, unhurried } from "../harness/mod.ts";

const inTea = (userId: string) => ({ roomId: "tea", userId, userName: userId.toUpperCase() });

Deno.test("[J2] the others are told who comes and, after the grace, who went", async () => {
  using relay = new Harness();
  const anna = await relay.member("anna", "tea");
  const ben = relay.connect("ben");
  await ben.join("tea");
  expect(anna.of("user_joined")).toEqual([inTea("ben")]);
  expect(ben.of("user_joined")).toEqual([]);
  ben.cut();
  await relay.advance(1999);
  expect(anna.of("user_left")).toEqual([]);
  await relay.advance(1);
  expect(anna.of("user_left")).toEqual([inTea("ben")]);
});

Deno.test("[J2] a user with three tabs joins once and leaves once", async () => {
  using relay = new Harness();
  const anna = await relay.member("anna", "tea");
  const tabs = [relay.connect("ben"), relay.connect("ben"), relay.connect("ben")];
  for (const tab of tabs) await tab.join("tea");
  expect(anna.of("user_joined")).toEqual([inTea("ben")]);
  tabs[0]!.cut();
  await tabs[1]!.ask("leave_room", { roomId: "tea" });
  await relay.advance(10_000);
  expect(anna.of("user_left")).toEqual([]);
  tabs[2]!.cut();
  await relay.advance(10_000);
  expect(anna.of("user_left")).toEqual([inTea("ben")]);
});

Deno.test("[J2] who comes back within the grace never left", async () => {
  using relay = new Harness();
  const anna = await relay.member("anna", "tea");
  const ben = await relay.member("ben", "tea");
  anna.news();
  ben.cut();
  await relay.advance(1900);
  await relay.member("ben", "tea");
  await relay.advance(10_000);
  expect(anna.news()).toEqual([]);
});

Deno.test("[J2] the same holds for who leaves by word and joins again", async () => {
  using relay = new Harness();
  const anna = await relay.member("anna", "tea");
  const ben = await relay.member("ben", "tea");
  anna.news();
  await ben.ask("leave_room", { roomId: "tea" });
  await relay.advance(1900);
  await ben.join("tea");
  await relay.advance(10_000);
  expect(anna.news()).toEqual([]);
});

Deno.test("[J2] a close that is reported twice is one leave", async () => {
  using relay = new Harness();
  const anna = await relay.member("anna", "tea");
  const first = await relay.member("ben", "tea");
  await relay.member("ben", "tea");
  first.cut(1001);
  first.cut(1005);
  await relay.advance(10_000);
  expect(anna.of("user_left")).toEqual([]);
  expect(relay.hub.sessionCount).toBe(2);
});

Deno.test("[J2] users on two nodes see each other once, and a move between nodes is silent", async () => {
  using relay = new Harness();
  const other = relay.node("node-2");
  await relay.settle();
  const anna = await relay.member("anna", "tea");
  const ben = relay.connect("ben", { hub: other });
  expect((await askJoin(relay, ben)).count).toBe(2);
  await relay.settle();
  expect(anna.of("user_joined")).toEqual([inTea("ben")]);
  ben.cut();
  await relay.advance(1000);
  await relay.member("ben", "tea");
  await relay.advance(10_000);
  expect(anna.of("user_joined")).toEqual([inTea("ben")]);
  expect(anna.of("user_left")).toEqual([]);
});

/** Two nodes whose beats are so far apart; Ben and Cleo are there through the second one. */
async function aboutToFallSilent(relay: Harness, apartMs: number) {
  await relay.advance(apartMs);
  const other = relay.node("node-2");
  const anna = await relay.member("anna", "tea");
  const there = ["ben", "cleo"].map((userId) => relay.connect(userId, { hub: other }));
  for (const one of there) await askJoin(relay, one);
  await relay.advance(10_000);
  anna.news();
  return { anna, other, ben: there[0]!, cleo: there[1]! };
}

for (const apartMs of [0, 1, 2500, 4999]) {
  Deno.test(`[J2] a node that falls silent takes its users along within 30 s: beats ${apartMs} ms apart`, async () => {
    using relay = new Harness();
    const { anna, ben } = await aboutToFallSilent(relay, apartMs);
    // the control: while it speaks nobody goes
    await relay.advance(60_000);
    expect(anna.of("user_left")).toEqual([]);
    relay.backplane.losing = true;
    // what it said last was said up to 5 s ago: it is silent for 20 s at least
    await relay.advance(15_000);
    expect(anna.of("user_left")).toEqual([]);
    await relay.advance(12_000);
    expect(anna.of("user_left")).toEqual([inTea("ben"), inTea("cleo")]);
    expect(await usersSeenBy(anna)).toEqual(["anna"]);
    // and there it is seen the same way
    expect(ben.of("user_left")).toEqual([inTea("anna")]);
  });
}

Deno.test("[J2] a node that was stopped itself takes nobody for gone before it has read what they said", async () => {
  using relay = new Harness();
  const { anna } = await aboutToFallSilent(relay, 1234);
  relay.backplane.losing = true;
  relay.freeze("node-1");
  await relay.advance(60_000);
  relay.thaw("node-1");
  await relay.settle();
  // what was said to it meanwhile comes now
  relay.backplane.losing = false;
  await relay.advance(4900);
  await relay.advance(60_000);
  expect(anna.of("user_left")).toEqual([]);
});

Deno.test("[J2] after a split everybody sees who is there now, and no ghost of who went meanwhile", async () => {
  using relay = new Harness();
  const { anna, other, ben, cleo } = await aboutToFallSilent(relay, 1234);
  relay.backplane.losing = true;
  await relay.advance(5000);
  ben.cut();
  relay.connect("dora", { hub: other }).send("join_room", { roomId: "tea" });
  await relay.advance(60_000);
  relay.backplane.losing = false;
  // a beat, and the question who is there
  await relay.advance(10_000);
  for (const one of [anna, cleo]) expect(await usersSeenBy(one)).toEqual(["anna", "cleo", "dora"]);
  // the same when the split was too short for anybody to be missed
  relay.backplane.losing = true;
  cleo.cut();
  await relay.advance(15_000);
  relay.backplane.losing = false;
  await relay.advance(12_000);
  expect(await usersSeenBy(anna)).toEqual(["anna", "dora"]);
  expect(relay.errors).toEqual([]);
});

async function usersSeenBy(client: ReturnType<Harness["connect"]>): Promise<string[]> {
  const answer = await client.ask<{ users: User[] }>("get_room_users", { roomId: "tea" });
  return answer.success ? answer.users.map(({ userId }) => userId).toSorted() : [];
}

/** A join on a node that asks the others first takes a moment. */
async function askJoin(relay: Harness, client: ReturnType<Harness["connect"]>) {
  client.send("join_room", { roomId: "tea" });
  await relay.advance(100);
  return client.of("joined_room")[0]!;
}

Deno.test("[H3] a peer whose connection the runtime gave up leaves the room after the grace", async () => {
  using relay = new Harness();
  const anna = await relay.member("anna", "tea");
  const ben = await relay.member("ben", "tea");
  ben.cut(1001);
  await relay.advance(2000);
  expect(anna.of("user_left")).toEqual([inTea("ben")]);
});

Deno.test("[J3] get_room_users is answered by its ack, or by room_users", async () => {
  using relay = new Harness();
  const anna = await relay.member("anna", "tea");
  await relay.member("ben", "tea");
  const users = [{ userId: "anna", userName: "ANNA" }, { userId: "ben", userName: "BEN" }];
  expect(await anna.ask("get_room_users", { roomId: "tea" }))
    .toEqual({ success: true, roomId: "tea", users, count: 2 });
  anna.send("get_room_users", { roomId: "tea" });
  await relay.settle();
  expect(anna.of("room_users")).toEqual([{ roomId: "tea", users, count: 2 }]);
});

/** A room with this many members, and the one who came first. */
async function crowd(relay: Harness, members: number) {
  const first = await relay.member("first", "tea");
  for (let n = 2; n <= members; n++) await relay.connect(`user-${n}`).join("tea");
  await relay.advance(2000);
  first.news();
  return first;
}

Deno.test("[J3] up to 200 members each coming and going is told", async () => {
  using relay = new Harness();
  const first = await crowd(relay, 199);
  const last = await relay.member("last", "tea");
  expect(first.news().map(({ type }) => type)).toEqual(["user_joined"]);
  last.cut();
  await relay.advance(2000);
  expect(first.news().map(({ type }) => type)).toEqual(["user_left"]);
});

Deno.test("[J3] above 200 members a sample and the exact count come, at most once a second", async () => {
  using relay = new Harness();
  const first = await crowd(relay, 250);
  const late = relay.connect("late");
  const joined = await late.join("tea");
  expect([joined.users.length, joined.count]).toEqual([200, 251]);
  for (let n = 0; n < 50; n++) await relay.connect(`more-${n}`).join("tea");
  await relay.advance(999);
  expect(first.news()).toEqual([]);
  await relay.advance(1);
  const [frame, ...rest] = first.news();
  expect(rest).toEqual([]);
  expect(frame).toMatchObject({ type: "room_users", payload: { roomId: "tea", count: 301 } });
  expect((frame!.payload as { users: unknown[] }).users.length).toBe(200);
});

Deno.test("[J3] above 200 members typing and foreign read marks are not told", async () => {
  using relay = new Harness();
  const first = await crowd(relay, 201);
  const tab = await relay.member("user-2", "tea");
  const others = codecs.map((codec) => relay.connect("other", { codec }));
  for (const other of others) await other.join("tea");
  const reader = relay.connect("user-2");
  const { epoch } = await reader.join("tea");
  await reader.ask("send_message", { roomId: "tea", content: "hi" });
  await relay.advance(2000);
  for (const one of [first, tab, ...others]) one.news();
  expect((await reader.ask("typing_start", { roomId: "tea" })).success).toBe(true);
  expect((await reader.ask("read_messages", { roomId: "tea", epoch, upTo: 1 })).success).toBe(true);
  await relay.advance(10_000);
  for (const one of [first, ...others]) expect(one.news()).toEqual([]);
  // one's own other devices are told of the mark
  expect(tab.news().map(({ type }) => type)).toEqual(["messages_read"]);
});

Deno.test("[J3] [R4] above 200 members who missed read marks is sent its own, and no other", async () => {
  using relay = new Harness({ limits: { ...unhurried, unsentBytes: 1 } });
  await crowd(relay, 201);
  const [phone, tab] = [await relay.member("late", "tea"), await relay.member("late", "tea")];
  const other = relay.connect("user-2");
  const { epoch } = await other.join("tea");
  await other.ask("send_message", { roomId: "tea", content: "hi" });
  phone.connection.stall();
  await other.ask("send_message", { roomId: "tea", content: "this fills it" });
  for (const reader of [other, tab]) await reader.ask("read_messages", { roomId: "tea", epoch, upTo: 1 });
  phone.connection.resume();
  await relay.advance(1000);
  expect(phone.of("messages_read")).toMatchObject([{ userId: "late", upTo: 1 }]);
});

Deno.test("[J3] above 200 members a new name is told with the next sample, at most once a second", async () => {
  using relay = new Harness();
  const first = await crowd(relay, 201);
  for (let n = 0; n < 10; n++) {
    await relay.connect("user-2", { userName: `Name ${n}` }).join("tea");
    await relay.advance(10);
  }
  expect(first.news()).toEqual([]);
  await relay.advance(1000);
  const [frame, ...rest] = first.news();
  expect(rest).toEqual([]);
  expect((frame!.payload as { users: User[] }).users[1]).toEqual({ userId: "user-2", userName: "Name 9" });
});

Deno.test("[J3] a room that shrinks to 200 tells the whole list once, then each leave", async () => {
  using relay = new Harness();
  const first = await relay.member("first", "tea");
  const others = [];
  for (let n = 2; n <= 202; n++) {
    const client = relay.connect(`user-${n}`);
    await client.join("tea");
    others.push(client);
  }
  await relay.advance(5000);
  first.news();
  for (const client of others.slice(0, 2)) {
    client.cut();
    await relay.advance(5000);
  }
  const lists = first.of("room_users");
  expect(lists.at(-1)!.count).toBe(200);
  // the two who were in no sample are known now
  const ids = lists.at(-1)!.users.map(({ userId }) => userId);
  expect(ids).toContain("user-201");
  expect(ids).toContain("user-202");
  first.news();
  others[2]!.cut();
  await relay.advance(5000);
  expect(first.news().map(({ type }) => type)).toEqual(["user_left"]);
});
