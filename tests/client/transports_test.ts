import { expect } from "@std/expect";
import { SignJWT } from "jose";
import { msgpack } from "../../src/client/msgpack.ts";
import type { TransportName } from "../../src/client/types.ts";
import { jwt } from "../../src/auth/jwt.ts";
import { failure } from "./harness/mod.ts";
import { comes, listenTo, over, serve, until } from "./harness/real.ts";

const TRANSPORTS: readonly TransportName[] = ["ws", "sse", "longpoll", "poll"];

const contents = (heard: readonly { content: string }[]) => heard.map(({ content }) => content);

for (const transport of TRANSPORTS) {
  const transports = [transport];

  Deno.test(`[T5] over ${transport}: join with history, hear, send, page, leave`, async () => {
    await using server = serve();
    using other = over(server);
    const theirs = other.room("tea");
    await theirs.send("one");
    await theirs.send("two");
    using mine = over(server, { transports });
    const room = mine.room("tea", { history: 1 });
    const messages = listenTo(room, "new_message");
    await messages.until((heard) => contents(heard).includes("two"));
    expect(mine.state).toEqual({ status: "online", transport });
    expect(mine.maxMessageBytes).toBe(65_536);
    const saved = await room.send("three", { messageId: "m3" });
    expect(saved).toMatchObject({ offset: 3, duplicate: false });
    await theirs.send("four");
    await messages.until((heard) => contents(heard).includes("four"));
    expect(contents(messages.heard)).toEqual(["two", "three", "four"]);
    expect(room.outgoing.snapshot).toEqual([]);
    const page = await room.history({ before: 3, limit: 10 });
    expect(page.messages.map(({ payload }) => payload.offset)).toEqual([1, 2]);
    expect((await failure(room.ask("launch_rocket"))).code).toBe("unknown_type");
    await room.leave();
    await theirs.send("five");
    expect(messages.heard).toHaveLength(3);
  });

  Deno.test(`[J1d] over ${transport}: echo: false keeps one's own messages away`, async () => {
    await using server = serve();
    using mine = over(server, { transports });
    using other = over(server);
    const room = mine.room("tea", { echo: false });
    const messages = listenTo(room, "new_message");
    await room.send("mine");
    await other.room("tea").send("theirs");
    await messages.until((heard) => heard.length > 0);
    expect(contents(messages.heard)).toEqual(["theirs"]);
  });

  Deno.test(`[J1g] over ${transport}: a forbidden room is refused and the others go on`, async () => {
    const allowed = new Set(["tea", "cake"]);
    await using strict = serve({ policy: (_, __, roomId) => allowed.has(roomId) });
    using other = over(strict);
    using mine = over(strict, { transports });
    const [tea, secret] = [mine.room("tea"), mine.room("secret")];
    await comes(secret.state, ({ status }) => status === "refused");
    const messages = listenTo(tea, "new_message");
    await other.room("tea").send("hello");
    await messages.until((heard) => heard.length > 0);
    expect(tea.state.snapshot.status).toBe("joined");
    // a right that ends, and one that comes
    allowed.delete("tea");
    await strict.relay.roomChanged("tea");
    await comes(tea.state, ({ status }) => status === "refused");
    allowed.add("secret");
    expect(mine.room("secret")).toBe(secret);
    await comes(secret.state, ({ status }) => status === "joined");
  });
}

Deno.test("[C5] over every transport: a token is renewed before it ends, and nothing is cut", async () => {
  const secret = "a secret of thirty-two bytes or more";
  const issue = (lifeS: number) =>
    new SignJWT({}).setProtectedHeader({ alg: "HS256" }).setSubject("anna").setIssuedAt()
      .setExpirationTime(Math.floor(Date.now() / 1000) + lifeS).sign(new TextEncoder().encode(secret));
  await using server = serve({ auth: jwt({ secrets: [secret] }) });
  await Promise.all(TRANSPORTS.map(async (transport) => {
    let asked = 0;
    using mine = over(server, { transports: [transport], token: () => issue(asked++ ? 3600 : 2) });
    const states: string[] = [];
    mine.addEventListener("state", ({ detail }) => states.push(detail.status));
    const room = mine.room(transport);
    const messages = listenTo(room, "new_message");
    await mine.ready;
    expect(mine.self).toEqual({ userId: "anna", userName: "anna" });
    // the server's clock is the system's: the first token has to end
    await new Promise((resolve) => setTimeout(resolve, 2500));
    await room.send("still here");
    await messages.until((heard) => heard.length > 0);
    expect([transport, states, asked]).toEqual([transport, ["online"], 2]);
  }));
});

for (const transport of TRANSPORTS) {
  const transports = [transport];

  Deno.test(`[T6] over ${transport}: who is there, who types, who has read`, async () => {
    await using server = serve({ limits: { leaveGraceMs: 50 } });
    using mine = over(server, { name: "Mine", transports });
    using other = over(server, { name: "Other" });
    const room = mine.room("tea");
    await comes(room.presence, ({ count }) => count === 1);
    const theirs = other.room("tea");
    await comes(room.presence, ({ users }) => users.some(({ userName }) => userName === "Other"));
    await comes(theirs.presence, ({ users }) => users.some(({ userName }) => userName === "Mine"));
    theirs.typing();
    await comes(room.typists, (typists) => typists.length === 1);
    room.typing();
    await comes(theirs.typists, (typists) => typists.length === 1);
    await theirs.send("read this");
    await comes(room.position, (at) => at?.offset === 1);
    room.read(1);
    await comes(theirs.marks, (marks) => marks.get(mine.self!.userId) === 1);
    theirs.read(1);
    await comes(room.marks, (marks) => marks.get(other.self!.userId) === 1);
    await theirs.leave();
    await comes(room.presence, ({ count }) => count === 1);
  });

  Deno.test(`[T6] over ${transport}: rooms with and without history, side by side`, async () => {
    await using server = serve();
    using other = over(server);
    for (const id of ["tea", "cake", "news"]) {
      for (const n of [1, 2, 3]) await other.room(id).send(`${id} ${n}`);
    }
    using mine = over(server, { transports });
    const rooms = [mine.room("tea", { history: 2 }), mine.room("cake"), mine.room("news", { history: 1 })];
    const heard = rooms.map((room) => listenTo(room, "new_message"));
    await Promise.all(rooms.map(({ state }) => comes(state, ({ status }) => status === "joined")));
    await Promise.all(rooms.map(({ id }) => other.room(id).send(`${id} 4`)));
    await Promise.all(
      heard.map(({ until }) => until((all) => contents(all).some((text) => text.endsWith("4")))),
    );
    expect(heard.map((all) => contents(all.heard))).toEqual([
      ["tea 2", "tea 3", "tea 4"],
      ["cake 4"],
      ["news 3", "news 4"],
    ]);
  });
}

Deno.test("[T1] over sse: rooms that come and go miss nothing and hear nothing twice", async () => {
  await using server = serve({ limits: { ratePerSecond: 0, userRatePerSecond: 0 } });
  using other = over(server);
  using mine = over(server, { transports: ["sse"] });
  const ids = Array.from({ length: 23 }, (_, n) => `room-${n}`);
  const listeners = ids.map((id) => listenTo(mine.room(id), "new_message"));
  await comes(mine.room("room-22").state, ({ status }) => status === "joined");
  const said = ids.map(async (id, n) => {
    const theirs = other.room(id);
    for (let i = 0; i < 10; i++) {
      await theirs.send(`${i}`);
      // each change of the rooms opens a stream anew
      if (i === n % 10) mine.room(`guest-${n}`);
    }
  });
  await Promise.all(said);
  await Promise.all(listeners.map(({ until }) => until((heard) => heard.length >= 10)));
  for (const { heard } of listeners) {
    expect(contents(heard)).toEqual(Array.from({ length: 10 }, (_, i) => `${i}`));
  }
});

Deno.test("[T1] over sse: a stream that breaks off is taken up again at once, where it was", async () => {
  await using server = serve();
  using other = over(server);
  const theirs = other.room("tea");
  await theirs.send("one");
  const breaks: (() => void)[] = [];
  using mine = over(server, {
    transports: ["sse"],
    async fetch(url, init) {
      const response = await fetch(url, init);
      const { body, headers } = response;
      if (!headers.get("content-type")?.includes("event-stream")) return response;
      // the network is gone in the middle of it
      const stream = new TransformStream<Uint8Array, Uint8Array>({
        start: (controller) => void breaks.push(() => controller.error(new TypeError("the network is gone"))),
      });
      body!.pipeTo(stream.writable).catch(() => {});
      return new Response(stream.readable, { headers });
    },
  });
  const room = mine.room("tea", { history: 10 });
  const messages = listenTo(room, "new_message");
  await messages.until((heard) => heard.length === 1);
  breaks[0]!();
  await theirs.send("two");
  await messages.until((heard) => heard.length === 2);
  expect(contents(messages.heard)).toEqual(["one", "two"]);
  expect(breaks).toHaveLength(2);
});

Deno.test("[T6] over longpoll: many rooms are heard by one request", async () => {
  await using server = serve();
  using other = over(server);
  using mine = over(server, { transports: ["longpoll"] });
  const ids = Array.from({ length: 7 }, (_, n) => `room-${n}`);
  const rooms = ids.map((id) => mine.room(id));
  const listeners = rooms.map((room) => listenTo(room, "new_message"));
  await Promise.all(rooms.map(({ state }) => comes(state, ({ status }) => status === "joined")));
  await Promise.all(ids.map((id) => other.room(id).send("hello")));
  await Promise.all(listeners.map(({ until }) => until((heard) => heard.length === 1)));
  // the requests that wait end with it, at the server too
  await Promise.all(rooms.map((room) => room.leave()));
});

Deno.test("[M27] over MessagePack: the same rooms, bytes as bytes, history", async () => {
  await using server = serve();
  using packed = over(server, { codec: msgpack });
  using plain = over(server);
  const room = packed.room("tea");
  const messages = listenTo(room, "new_message");
  await plain.room("tea").send("電文");
  await messages.until((heard) => heard.length > 0);
  expect(contents(messages.heard)).toEqual(["電文"]);
  await room.publish("blob", { n: 1.5 });
  expect((await room.history()).messages.map(({ type }) => type)).toEqual(["new_message", "event"]);
});

Deno.test("[C2] over HTTP: a token that the server refuses ends a relay that has no other", async () => {
  const secret = "a secret of thirty-two bytes or more";
  await using server = serve({ auth: jwt({ secrets: [secret] }) });
  using mine = over(server, { transports: ["sse"], token: "not.a.token" });
  await until(mine, ({ status }) => status === "closed");
  expect(mine.state).toMatchObject({ code: 4000 });
});

for (const how of ["token", "session"] as const) {
  Deno.test(`[C2] over WebSocket alone: a ${how} that the server refuses is found out, over HTTP`, async () => {
    const secret = "a secret of thirty-two bytes or more";
    const auth = how === "token" ? { auth: jwt({ secrets: [secret] }) } : {};
    await using server = serve(auth);
    const asked: string[] = [];
    using mine = over(server, {
      transports: ["ws"],
      [how]: "not.a.token",
      fetch: (url, init) => (asked.push(url), fetch(url, init)),
    });
    const outcome = how === "token" ? "closed" : "online";
    await until(mine, ({ status }) => status === outcome);
    expect(asked).toEqual([`${server.url}/api/session`]);
    // a guest becomes another guest, who has no other token is told so
    if (how === "token") expect(mine.state).toMatchObject({ code: 4000 });
    else expect(mine.session).not.toBe("not.a.token");
  });
}

Deno.test("[C3] over HTTP: a guest's session keeps the user, and a refused one makes another", async () => {
  await using server = serve();
  let session: string | undefined;
  const onSession = (next: string | undefined) => session = next;
  using first = over(server, { transports: ["sse"], name: "Anna", onSession });
  await first.ready;
  using second = over(server, { name: "Anna", session: session! });
  await second.ready;
  expect(second.self).toEqual(first.self);
  using third = over(server, { transports: ["poll"], name: "Anna", session: "not.a.session", onSession });
  await third.ready;
  expect(third.self!.userId).not.toBe(first.self!.userId);
  expect(session).toBe(third.session);
});
