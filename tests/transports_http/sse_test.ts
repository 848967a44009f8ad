import { expect } from "@std/expect";
import { countedBy } from "../harness/server.ts";
import { eventually, sid, site, Stream } from "./harness/mod.ts";

Deno.test("[T1] a stream opens with joined_room, then every message comes as an event with its position", async () => {
  await using relay = site();
  const ann = relay.user("ann");
  await using stream = await ann.stream("rooms=tea");
  const joined = await stream.next();
  expect(joined?.envelope).toMatchObject({
    type: "joined_room",
    payload: { roomId: "tea", from: 0, offset: 0 },
  });
  const { epoch } = joined!.envelope.payload;
  expect(joined!.lastEventId).toBe(`${epoch}.0`);

  const saved = await relay.user("ben").say("tea", "hello");
  const message = await stream.until("new_message");
  expect(message.type).toBe("message");
  expect(message.lastEventId).toBe(`${epoch}.${saved.offset}`);
  expect(message.envelope).toMatchObject({
    type: "new_message",
    payload: {
      id: saved.savedId,
      roomId: "tea",
      offset: 1,
      userId: "ben",
      userName: "BEN",
      content: "hello",
    },
  });
});

Deno.test("[T1] the answer is one that neither caches, proxies nor compressors hold back", async () => {
  await using relay = site();
  await using stream = await relay.user("ann").stream("rooms=tea", { "accept-encoding": "gzip" });
  const { headers } = stream.response;
  expect(headers.get("content-type")).toBe("text/event-stream; charset=utf-8");
  expect(headers.get("cache-control")).toBe("no-store, no-transform");
  expect(headers.get("x-accel-buffering")).toBe("no");
  expect(headers.get("content-encoding")).toBeNull();
  await stream.next();
  expect(stream.parser.retryMs).toBeGreaterThanOrEqual(1000);
  expect(stream.parser.retryMs).toBeLessThanOrEqual(2000);
});

Deno.test("[T1] Last-Event-ID resumes: the missed messages in order, then live ones", async () => {
  await using relay = site();
  const ann = relay.user("ann");
  const ben = relay.user("ben");
  await ben.say("tea", "1");
  let lastEventId: string;
  {
    await using stream = await ann.stream("rooms=tea&history=1");
    await stream.until("new_message");
    lastEventId = stream.parser.lastEventId;
  }
  for (const content of ["2", "3", "4"]) await ben.say("tea", content);
  await using stream = await ann.stream("rooms=tea", { "last-event-id": lastEventId });
  const joined = await stream.until("joined_room");
  expect(joined.envelope.payload).toMatchObject({ recovered: true, from: 1, offset: 4 });
  await ben.say("tea", "5");
  expect((await stream.take(4)).map(({ envelope }) => envelope.payload.content)).toEqual([
    "2",
    "3",
    "4",
    "5",
  ]);
});

Deno.test("[T1] Last-Event-ID goes before ?since=, which is older", async () => {
  await using relay = site();
  const ann = relay.user("ann");
  for (const content of ["1", "2", "3"]) await ann.say("tea", content);
  const { epoch } = await ann.poll("tea");
  await using stream = await ann.stream(`rooms=tea&since=${epoch}.0`, { "last-event-id": `${epoch}.2` });
  expect((await stream.until("joined_room")).envelope.payload.from).toBe(2);
  expect((await stream.until("new_message")).envelope.payload.content).toBe("3");
});

Deno.test("[T1] several rooms: one joined_room each first, and a cursor over all that resumes all", async () => {
  await using relay = site();
  const ann = relay.user("ann");
  await ann.say("tea", "t1");
  await ann.say("coffee", "c1");
  let lastEventId: string;
  {
    await using stream = await ann.stream("rooms=tea,coffee,water&history=1");
    const first = await stream.take(3);
    expect(first.map(({ envelope }) => envelope.type)).toEqual(Array(3).fill("joined_room"));
    expect(first.map(({ envelope }) => envelope.payload.roomId)).toEqual(["tea", "coffee", "water"]);
    const contents = new Set((await stream.take(2)).map(({ envelope }) => envelope.payload.content));
    expect(contents).toEqual(new Set(["t1", "c1"]));
    await ann.say("tea", "t2");
    const live = await stream.until("new_message");
    expect(live.envelope.payload.content).toBe("t2");
    // the id is part of the event itself, not of one after it
    expect(live.lastEventId).not.toBe("");
    lastEventId = live.lastEventId;
  }
  await ann.say("coffee", "c2");
  await ann.say("water", "w1");
  await using stream = await ann.stream("rooms=tea,coffee,water", { "last-event-id": lastEventId });
  const joined = (await stream.take(3)).map(({ envelope }) => envelope.payload);
  expect(joined.map(({ recovered }) => recovered)).toEqual([true, true, true]);
  expect(joined.map(({ from }) => from)).toEqual([2, 1, 0]);
  const contents = (await stream.take(2)).map(({ envelope }) => envelope.payload.content);
  expect(contents.toSorted()).toEqual(["c2", "w1"]);
});

Deno.test("[T1] a room the cursor knows nothing of is joined afresh, beside the others that resume", async () => {
  await using relay = site();
  const ann = relay.user("ann");
  await ann.say("tea", "t1");
  await ann.say("coffee", "c1");
  const { epoch } = await ann.poll("tea");
  await using stream = await ann.stream(`rooms=tea,coffee&since=tea=${epoch}.0`);
  const joined = (await stream.take(2)).map(({ envelope }) => envelope.payload);
  expect(joined[0]).toMatchObject({ roomId: "tea", recovered: true, from: 0 });
  expect(joined[1]).toMatchObject({ roomId: "coffee", from: 1 });
  expect(joined[1]).not.toHaveProperty("recovered");
});

Deno.test("[T1] at most 20 rooms, each a room id, and each once", async () => {
  await using relay = site();
  const ann = relay.user("ann");
  const rooms = (count: number) => Array.from({ length: count }, (_, n) => `room-${n}`).join(",");
  const refused = async (query: string) => {
    const response = await ann.fetch(`/api/events?${query}`);
    return { status: response.status, code: (await response.json()).code };
  };
  for (
    const query of [`rooms=${rooms(21)}`, "rooms=", "rooms=a,,b", "rooms=%20", "", "rooms=a&history=101"]
  ) {
    expect({ query, ...await refused(query) }).toEqual({ query, status: 400, code: "bad_request" });
  }
  await using twenty = await ann.stream(`rooms=${rooms(20)}`);
  expect(await twenty.take(20)).toHaveLength(20);
  await using twice = await ann.stream("rooms=tea,tea");
  await twice.next();
  await ann.say("tea", "once");
  expect((await twice.next())?.envelope.payload.content).toBe("once");
});

Deno.test("[T1] a room one may not read refuses the whole stream, and opens nothing", async () => {
  await using relay = site({ policy: (_identity, _right, roomId) => roomId !== "secret" });
  const response = await relay.user("ann").fetch("/api/events?rooms=tea,secret");
  expect(response.status).toBe(403);
  expect(response.headers.get("content-type")).toBe("application/problem+json");
  expect(await response.json()).toMatchObject({
    code: "forbidden",
    title: 'Cannot join room "secret": you may not',
  });
  expect(relay.relay.hub.sessionCount).toBe(0);
});

Deno.test("[T1] of two rooms that are refused, one at once and one later, each refusal is somebody's", async () => {
  const { promise: asked, resolve: answer } = Promise.withResolvers<boolean>();
  await using relay = site({ policy: (_identity, _right, roomId) => roomId === "slow" ? asked : false });
  const response = await relay.user("ann").fetch("/api/events?rooms=slow,secret");
  expect(response.status).toBe(403);
  await response.body?.cancel();
  // an error that nobody hears of would end the process
  answer(false);
  await asked;
});

Deno.test("[T1] without credentials 401, and a token must not stand in the address", async () => {
  await using relay = site();
  const response = await fetch(`${relay.url}/api/events?rooms=tea`);
  expect([response.status, (await response.json()).code]).toEqual([401, "unauthorized"]);
  const inAddress = await fetch(`${relay.url}/api/events?rooms=tea&token=ann`);
  expect([inAddress.status, (await inAddress.json()).code]).toEqual([401, "unauthorized"]);
});

Deno.test("[T1] a guest who opens a stream is given the cookie by which it comes back as the same user", async () => {
  await using relay = site({ auth: undefined });
  let cookie: string;
  let userId: string;
  {
    await using stream = await Stream.open(`${relay.url}/api/events?rooms=tea&name=Ann`);
    cookie = stream.response.headers.get("set-cookie")!;
    [{ userId }] = (await stream.until("joined_room")).envelope.payload.users;
  }
  expect(cookie).toMatch(/^denbun_session=[^;]+; Path=\/; HttpOnly; SameSite=Strict; Max-Age=\d+$/);
  await using stream = await Stream.open(`${relay.url}/api/events?rooms=tea`, {
    cookie: cookie.split(";")[0]!,
  });
  expect((await stream.until("joined_room")).envelope.payload.users).toEqual([{ userId, userName: "Ann" }]);
});

Deno.test("[T1] HEAD answers the head and opens nothing", async () => {
  await using relay = site();
  const response = await relay.user("ann").fetch("/api/events?rooms=tea", { method: "HEAD" });
  expect(response.status).toBe(200);
  expect(response.headers.get("content-type")).toBe("text/event-stream; charset=utf-8");
  expect(relay.relay.hub.sessionCount).toBe(0);
});

Deno.test("[T1] a reader who leaves frees all of it: session, room and place", async () => {
  await using relay = site();
  const ann = relay.user("ann");
  {
    await using stream = await ann.stream("rooms=tea");
    await stream.next();
    expect(relay.relay.hub.sessionCount).toBe(1);
  }
  await eventually(() => relay.relay.hub.sessionCount === 0, "the session ended");
});

Deno.test("[T1] the notifications of a user are its own user: room, from where it stopped reading", async () => {
  await using relay = site();
  const { hub } = relay.relay;
  const notify = (n: number) =>
    hub.publish({
      roomId: "user:ann",
      type: "event",
      body: { event: "ping", data: n },
      identity: { userId: "server", userName: "server" },
      messageId: undefined,
    });
  for (const n of [1, 2, 3]) await notify(n);
  const ann = relay.user("ann");
  const { epoch } = await ann.poll("user:ann");
  const read = { type: "read_messages", payload: { roomId: "user:ann", epoch, upTo: 1 } };
  expect((await ann.send(read)).payload.success).toBe(true);
  const open = (headers = {}) =>
    Stream.open(`${relay.url}/api/notifications`, { ...ann.headers, ...headers });
  let lastEventId: string;
  {
    await using stream = await open();
    const joined = await stream.until("joined_room");
    expect(joined.envelope.payload).toMatchObject({ roomId: "user:ann", from: 1, unread: 2 });
    // the word of the mark may still be on its way between them
    for (const n of [2, 3]) expect((await stream.until("event")).envelope.payload.data).toBe(n);
    lastEventId = stream.parser.lastEventId;
  }
  await notify(4);
  await using stream = await open({ "last-event-id": lastEventId });
  expect((await stream.until("joined_room")).envelope.payload).toMatchObject({ from: 3, recovered: true });
  expect((await stream.until("event")).envelope.payload.data).toBe(4);
});

Deno.test("[T1] a stream is told of its token's end, and ends", async () => {
  await using relay = site();
  const ann = relay.user(`ann~${Date.now() + 400}`);
  await using stream = await ann.stream("rooms=tea,coffee");
  const last = (await stream.rest()).at(-1)!;
  expect(last.envelope).toMatchObject({
    type: "error",
    payload: { code: "unauthorized", message: "Cannot go on: token expired", retryable: false },
  });
});

Deno.test("[T1] a revoked reader is told, and comes in no more", async () => {
  await using relay = site();
  const ann = relay.user("ann");
  await using stream = await ann.stream("rooms=tea");
  await stream.next();
  await relay.relay.revoke("ann");
  expect((await stream.rest()).at(-1)?.envelope.payload.code).toBe("unauthorized");
  const response = await ann.fetch("/api/events?rooms=tea");
  expect([response.status, (await response.json()).code]).toEqual([401, "unauthorized"]);
});

Deno.test("[T1] [R6] a reader who loses the room is told, and gets nothing more of it", async () => {
  const banned = new Set<string>();
  await using relay = site({ policy: ({ userId }) => !banned.has(userId) });
  const ann = relay.user("ann");
  await using stream = await ann.stream("rooms=tea");
  await stream.next();
  banned.add("ann");
  await relay.relay.roomChanged("tea");
  expect((await stream.until("reset")).envelope.payload).toMatchObject({
    roomId: "tea",
    reason: "forbidden",
  });
  const { hub } = relay.relay;
  expect(hub.activeRoom("tea")?.fanout.liveCount ?? 0).toBe(0);
});

Deno.test("[T1] a drain says when to come back, in the browser's words too, and ends the stream", async () => {
  await using relay = site();
  await using stream = await relay.user("ann").stream("rooms=tea");
  await stream.next();
  await relay.relay.drain(200);
  const last = (await stream.rest()).at(-1)!;
  expect(last.envelope.type).toBe("drain");
  expect(stream.parser.retryMs).toBe(last.envelope.payload.retryAfterMs);
});

Deno.test("[T1] while draining a script is answered 503, and an EventSource an event, because it would give up", async () => {
  await using relay = site();
  await relay.relay.drain(50);
  const ann = relay.user("ann");
  const script = await ann.fetch("/api/events?rooms=tea");
  expect([script.status, script.headers.get("retry-after")]).toEqual([503, "1"]);
  await script.body?.cancel();
  await using stream = await ann.stream("rooms=tea", { accept: "text/event-stream" });
  const events = await stream.rest();
  expect(events.map(({ envelope }) => envelope.payload.code)).toEqual(["draining"]);
  expect(stream.parser.retryMs).toBe(1000);
});

Deno.test("[T1] what does not get better by waiting is refused to an EventSource too", async () => {
  await using relay = site({ policy: () => false });
  const response = await relay.user("ann").fetch("/api/events?rooms=tea", {
    headers: { accept: "text/event-stream" },
  });
  expect(response.status).toBe(403);
  await response.body?.cancel();
});

Deno.test("[T1] a stream takes one of its address's places and gives it back", async () => {
  let held = 0;
  const places = {
    take() {
      if (held === 1) return undefined;
      held++;
      return () => void held--;
    },
  };
  await using relay = site({ addresses: countedBy(places) });
  const ann = relay.user("ann");
  {
    await using stream = await ann.stream("rooms=tea");
    await stream.next();
    const second = await ann.fetch("/api/events?rooms=tea");
    expect([second.status, (await second.json()).code]).toEqual([429, "limit_exceeded"]);
  }
  await eventually(() => held === 0, "the place was given back");
  // what was refused took none
  const forbidden = await ann.fetch("/api/events?rooms=user:ben");
  expect([forbidden.status, held]).toEqual([403, 0]);
  await forbidden.body?.cancel();
});

Deno.test("[T0] a session's name is its first user's, on every node", async () => {
  await using relay = site();
  const name = sid();
  {
    await using stream = await relay.user("ann").stream(`rooms=tea&sid=${name}`);
    await stream.next();
  }
  const stolen = await relay.user("ben").fetch(`/api/events?rooms=tea&sid=${name}`);
  expect([stolen.status, (await stolen.json()).code]).toEqual([403, "forbidden"]);
  expect(await relay.relay.hub.store.get("sessions", name)).toMatchObject({ value: '"ann"' });
});
