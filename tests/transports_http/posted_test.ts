import { expect } from "@std/expect";
import { joinEach } from "../../src/hub/join_each.ts";
import { sealAck } from "../../src/hub/seal.ts";
import { Polls } from "../../src/transports/polls.ts";
import { Harness } from "../harness/mod.ts";
import { type AnyEnvelope, EventParser, eventually, site, type User } from "./harness/mod.ts";

interface Answer {
  readonly frames: AnyEnvelope[];
  readonly turn?: string;
}

const join = (roomId: string, options: object = {}) => ({
  type: "join_room",
  messageId: `join-${roomId}`,
  payload: { roomId, ...options },
});

/** Polls once; a frame is an envelope or a batch. */
async function poll(user: User, body: object, signal: AbortSignal | null = null): Promise<Answer> {
  const json = { "content-type": "application/json" };
  const init = { method: "POST", headers: json, body: JSON.stringify(body), signal };
  const response = await user.fetch("/api/poll", init);
  const { frames, turn, ...problem } = await response.json();
  if (!response.ok) throw new Error(JSON.stringify(problem));
  const envelopes = frames.flatMap((frame: AnyEnvelope) => frame.type === "batch" ? frame.payload : [frame]);
  return { frames: envelopes, turn };
}

const requests = () => [new AbortController().signal, new AbortController().signal] as const;
const types = ({ frames }: Answer) => frames.map(({ type }) => type);

/** Polls until all of these types were told. */
async function pollUntil(user: User, joins: object[], first: Answer, wanted: RegExp[]): Promise<Answer> {
  const frames: AnyEnvelope[] = [];
  let { turn } = first;
  while (!wanted.every((one) => frames.some(({ type }) => one.test(type)))) {
    const answer = await poll(user, { joins, turn, timeoutMs: 55_000 });
    frames.push(...answer.frames);
    turn = answer.turn;
  }
  return { frames, ...turn !== undefined && { turn } };
}

Deno.test("[T6] polls tell all that a socket would: who is there, who types, what was said, who has read", async () => {
  await using relay = site();
  const [ann, ben] = [relay.user("ann"), relay.user("ben")];
  const joins = [join("tea")];
  const first = await poll(ann, { joins });
  expect(first.frames).toMatchObject([
    { type: "ack", messageId: "join-tea", payload: { success: true, offset: 0, count: 1 } },
  ]);
  const theirs = await poll(ben, { joins });
  expect(theirs.frames).toMatchObject([{ payload: { count: 2 } }]);
  await ben.send({ type: "typing_start", payload: { roomId: "tea" } });
  // what changed between two polls is told as a whole
  const seen = await pollUntil(ann, joins, first, [/^(room_users|user_joined)$/, /^user_typing$/]);
  expect(seen.frames).toHaveLength(2);
  const { epoch } = await ben.say("tea", "hello");
  await ben.send({ type: "read_messages", payload: { roomId: "tea", epoch, upTo: 1 }, messageId: "r1" });
  const next = await pollUntil(ann, joins, seen, [/new_message/, /user_typing/, /messages_read/]);
  const told = Object.fromEntries(next.frames.map(({ type, payload }) => [type, payload]));
  expect(told).toMatchObject({
    new_message: { offset: 1, content: "hello" },
    user_typing: { userId: "ben", typing: false },
    messages_read: { userId: "ben", upTo: 1 },
  });
  // nothing twice
  expect((await poll(ann, { joins, turn: next.turn })).frames).toEqual([]);
});

Deno.test("[T6] a poll that waits is answered when there is something, and with nothing when its time is over", async () => {
  await using relay = site();
  const ann = relay.user("ann");
  const joins = [join("tea")];
  const { turn } = await poll(ann, { joins });
  const late = await poll(ann, { joins, turn, timeoutMs: 20 });
  expect(late.frames).toEqual([]);
  const waiting = poll(ann, { joins, turn: late.turn, timeoutMs: 55_000 });
  await relay.user("ben").say("tea", "hello");
  expect((await waiting).frames).toMatchObject([{ type: "new_message", payload: { content: "hello" } }]);
});

Deno.test("[T6] rooms come and go, and one that may not be entered is refused alone", async () => {
  await using relay = site({ policy: (_, __, roomId) => roomId !== "secret" });
  const [ann, ben] = [relay.user("ann"), relay.user("ben")];
  const first = await poll(ann, { joins: [join("tea")] });
  const both = [join("tea"), join("secret"), join("cake", { history: 1 })];
  await ben.say("cake", "one");
  await ben.say("cake", "two");
  const second = await poll(ann, { joins: both, turn: first.turn });
  expect(second.frames).toMatchObject([
    { type: "ack", messageId: "join-secret", payload: { success: false, error: { code: "forbidden" } } },
    { type: "ack", messageId: "join-cake", payload: { success: true, from: 1 } },
    { type: "new_message", payload: { content: "two" } },
  ]);
  const third = await poll(ann, { joins: [join("cake")], turn: second.turn });
  await ben.say("tea", "unheard");
  await ben.say("cake", "three");
  const last = await poll(ann, { joins: [join("cake")], turn: third.turn });
  expect(last.frames).toMatchObject([{ payload: { content: "three" } }]);
  expect(relay.relay.hub.sessionCount).toBe(1);
  expect(await poll(ann, { joins: [], turn: last.turn })).toEqual({ frames: [], turn: undefined });
  expect(relay.relay.hub.sessionCount).toBe(0);
});

Deno.test("[T6] a room that is left and joined again between two polls is joined again", async () => {
  await using relay = site();
  const ann = relay.user("ann");
  await ann.say("tea", "1");
  const { turn } = await poll(ann, { joins: [join("tea")] });
  const again = { ...join("tea", { history: 1 }), messageId: "again" };
  const { frames } = await poll(ann, { joins: [again], turn, timeoutMs: 55_000 });
  expect(frames).toMatchObject([
    { type: "ack", messageId: "again", payload: { success: true, from: 0 } },
    { type: "new_message", payload: { content: "1" } },
  ]);
});

Deno.test("[T6b] after a lost answer all goes on where the client stands", async () => {
  await using relay = site();
  const ann = relay.user("ann");
  const { turn } = await poll(ann, { joins: [join("tea")] });
  const { epoch } = await ann.say("tea", "1");
  const at = (offset: number) => [join("tea", { since: { epoch, offset } })];
  const lost = await poll(ann, { joins: at(0), turn });
  expect(types(lost)).toEqual(["new_message"]);
  await ann.say("tea", "2");
  const again = await poll(ann, { joins: at(0), turn });
  expect(again.frames).toMatchObject([
    { type: "ack", payload: { success: true, from: 0, recovered: true } },
    { payload: { content: "1" } },
    { payload: { content: "2" } },
  ]);
  expect(relay.relay.hub.sessionCount).toBe(1);
});

Deno.test("[T6b] what only goes on elsewhere is no news, and what is missing there is", async () => {
  await using relay = site();
  const ann = relay.user("ann");
  const { epoch } = await ann.say("tea", "1");
  const elsewhere = (offset: number, timeoutMs: number, epochThen = epoch) =>
    poll(ann, {
      joins: [join("tea", { since: { epoch: epochThen, offset } })],
      turn: "of.another.1",
      timeoutMs,
    });
  const waiting = elsewhere(1, 55_000);
  await eventually(() => relay.relay.hub.sessionCount === 1, "it waits");
  await ann.say("tea", "2");
  expect(types(await waiting)).toEqual(["ack", "new_message"]);
  expect(types(await elsewhere(0, 55_000))).toEqual(["ack", "new_message", "new_message"]);
  expect((await elsewhere(1, 55_000, "lost")).frames).toMatchObject([{ payload: { recovered: false } }]);
});

Deno.test("[T6b] a request that its client ends loses nothing", async () => {
  await using relay = site();
  const ann = relay.user("ann");
  const joins = [join("tea")];
  const { turn } = await poll(ann, { joins });
  const gone = new AbortController();
  const waiting = poll(ann, { joins, turn, timeoutMs: 55_000 }, gone.signal);
  gone.abort();
  await expect(waiting).rejects.toThrow();
  await ann.say("tea", "1");
  expect(types(await poll(ann, { joins, turn, timeoutMs: 55_000 }))).toEqual(["new_message"]);
});

Deno.test("[T6b] a conversation of somebody else is none of one's own", async () => {
  await using relay = site();
  const { turn } = await poll(relay.user("ann"), { joins: [join("tea")] });
  const theirs = await poll(relay.user("ben"), { joins: [join("cake")], turn });
  expect(theirs.frames).toMatchObject([{ messageId: "join-cake" }]);
  expect(relay.relay.hub.sessionCount).toBe(2);
});

Deno.test("[T6b] a conversation nobody goes on with is over after 10 s, and its user leaves", async () => {
  using relay = new Harness();
  const released: boolean[] = [];
  const polls = new Polls(relay.hub);
  const identity = { userId: "ann", userName: "Ann" };
  const [first, second] = requests();
  const { connection, rest } = polls.begin(identity, () => released.push(true), first);
  await connection.answer(first, 0);
  rest();
  await relay.advance(9_999);
  const known = polls.resume(connection.turn, identity, second);
  expect(known).toBeDefined();
  await connection.answer(second, 0);
  known!.rest();
  await relay.advance(10_000);
  expect([polls.resume(connection.turn, identity, second), released]).toEqual([undefined, [true]]);
});

Deno.test("[R4] [T6] who polls now and then in a room where much is said reads, and misses nothing", async () => {
  using relay = new Harness();
  const polls = new Polls(relay.hub);
  const identity = { userId: "ann", userName: "Ann" };
  const [signal] = requests();
  const { connection, session, rest } = polls.begin(identity, () => {}, signal);
  const joins = [{ messageId: "j", payload: { roomId: "tea", history: 0, echo: true } }];
  await Promise.all([joinEach(relay.hub, session, joins), relay.settle()]);
  const ben = await relay.member("ben", "tea");
  const heard: string[] = [];
  for (let n = 1; n <= 10; n++) {
    connection.begin(signal);
    session.flush();
    heard.push(...await connection.answer(signal, 0));
    rest();
    await ben.ask("send_message", { roomId: "tea", content: `no. ${n}` });
    // between two requests nobody takes anything: what is unsent then is nothing that anybody waits for
    expect([connection.takes(), connection.unsentBytes()]).toEqual([false, 0]);
    await relay.advance(8000);
    expect(polls.resume(connection.turn, identity, signal)).toBeDefined();
  }
  expect(heard.join().match(/"content":"no. \d"/g)).toHaveLength(9);
  session.close(1000, "done");
});

Deno.test("[T6b] of two requests with one turn the later one is read to, for as long as it waits", async () => {
  using relay = new Harness();
  const polls = new Polls(relay.hub);
  const identity = { userId: "ann", userName: "Ann" };
  const [first, second] = requests();
  const { connection, session, rest } = polls.begin(identity, () => {}, first);
  const superseded = connection.answer(first, 55_000);
  const { turn } = connection;
  polls.resume(turn, identity, second);
  // whoever sent the earlier one gave it up: nothing may be lost with it
  expect(await superseded).toEqual([]);
  rest();
  expect(connection.turn).toBe(turn);
  connection.begin(second);
  const waiting = connection.answer(second, 55_000);
  await relay.advance(54_999);
  expect(session.isOpen).toBe(true);
  session.reply(sealAck("m1", { success: true }, 0));
  session.flush();
  await relay.settle();
  expect(await waiting).toEqual([expect.stringContaining("m1")]);
  rest();
  await relay.advance(10_000);
  expect(session.isOpen).toBe(false);
});

Deno.test("[T6b] a request that was overtaken while it joined waits for nothing and takes nothing", async () => {
  using relay = new Harness();
  const polls = new Polls(relay.hub);
  const identity = { userId: "ann", userName: "Ann" };
  const [first, second] = requests();
  const { connection, session } = polls.begin(identity, () => {}, first);
  polls.resume(connection.turn, identity, second);
  connection.begin(first);
  expect(await connection.answer(first, 55_000)).toEqual([]);
  connection.begin(second);
  session.reply(sealAck("m1", { success: true }, 0));
  session.flush();
  expect(await connection.answer(second, 55_000)).toEqual([expect.stringContaining("m1")]);
  session.close(1000, "done");
});

Deno.test("[E3] a room that is named twice is joined once and answered under both names", async () => {
  await using relay = site();
  const joins = [join("tea"), join("cake"), { ...join("tea"), messageId: "again" }];
  const { frames } = await poll(relay.user("ann"), { joins });
  expect(frames.map(({ messageId }) => messageId)).toEqual(["join-tea", "join-cake", "again"]);
  expect(frames.map(({ payload }) => payload.count)).toEqual([1, 1, 1]);
});

Deno.test("[L5] rooms beyond those a connection may have are refused alone, over requests too", async () => {
  await using relay = site({ limits: { maxRoomsPerSession: 2 } });
  const joins = ["a", "b", "c", "a"].map((roomId, n) => ({ ...join(roomId), messageId: `j${n}` }));
  const { frames } = await poll(relay.user("ann"), { joins });
  const outcomes = frames.map((
    { messageId, payload },
  ) => [messageId, payload.error?.code ?? payload.success]);
  expect(outcomes).toEqual([["j0", true], ["j1", true], ["j2", "limit_exceeded"], ["j3", true]]);
});

Deno.test("[T6] a room that closes to one while it is joined is refused alone", async () => {
  // asked once, and again when the rooms are open
  let asked = 0;
  await using relay = site({ policy: (_, __, roomId) => roomId !== "tea" || ++asked < 2 });
  const { frames } = await poll(relay.user("ann"), { joins: [join("tea"), join("cake")] });
  const outcomes = frames.map((
    { messageId, payload },
  ) => [messageId, payload.error?.code ?? payload.success]);
  expect(outcomes).toEqual([["join-tea", "forbidden"], ["join-cake", true]]);
});

Deno.test("[T6] a drain is told to who waits", async () => {
  await using relay = site();
  const ann = relay.user("ann");
  const { epoch } = await ann.say("tea", "1");
  const joins = [join("tea", { since: { epoch, offset: 1 } })];
  const waiting = poll(ann, { joins, turn: "of.another.1", timeoutMs: 55_000 });
  await eventually(() => relay.relay.hub.sessionCount === 1, "it waits");
  await relay.relay.drain(100);
  const last = await waiting;
  expect(last.frames.at(-1)).toMatchObject({ type: "drain", payload: { spreadMs: 1000 } });
  expect(last.turn).toBeUndefined();
});

Deno.test("[T6] a stream of many rooms begins with an ack each, and goes on as a socket would", async () => {
  await using relay = site({ policy: (_, __, roomId) => roomId !== "secret" });
  const ann = relay.user("ann");
  const stop = new AbortController();
  const ids = Array.from({ length: 30 }, (_, n) => `room-${n}`);
  const response = await ann.fetch("/api/events", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ joins: [...ids, "secret"].map((id) => join(id)) }),
    signal: stop.signal,
  });
  expect(response.headers.get("content-type")).toContain("text/event-stream");
  const parser = new EventParser();
  const heard: AnyEnvelope[] = [];
  await relay.user("ben").say("room-29", "hello");
  for await (const chunk of response.body!) {
    for (const { data } of parser.push(chunk)) heard.push(JSON.parse(data));
    if (heard.some(({ type }) => type === "new_message")) break;
  }
  const acks = heard.filter(({ type }) => type === "ack");
  expect(acks.filter(({ payload }) => payload.success)).toHaveLength(30);
  expect(acks.filter(({ payload }) => !payload.success)).toMatchObject([{ messageId: "join-secret" }]);
});
