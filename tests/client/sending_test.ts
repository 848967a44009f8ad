import { expect } from "@std/expect";
import type { RelayError } from "../../src/client/errors.ts";
import { failure, isSettled, settle, setup } from "./harness/mod.ts";

/** A relay that is online and in the lobby. */
async function inLobby(options: Parameters<typeof setup>[0] = {}) {
  const all = await setup(options);
  await all.welcome();
  const { room, seen } = await all.join();
  const states = () => room.outgoing.snapshot.map(({ content, state }) => `${content} ${state}`);
  return { ...all, room, seen, states };
}

Deno.test("[A1] send resolves with where the message was stored", async () => {
  const { relay, room, socket } = await inLobby();
  const sending = room.send("Hello!", { replyTo: "saved-0", messageId: "my-id" });
  expect(socket().take("send_message")).toEqual({
    type: "send_message",
    messageId: "my-id",
    payload: { roomId: "lobby", content: "Hello!", replyTo: "saved-0" },
  });
  socket().says({
    type: "ack",
    messageId: "my-id",
    payload: { success: true, savedId: "s", roomId: "lobby", epoch: "e1", offset: 1, duplicate: false },
  });
  expect(await sending).toEqual({ savedId: "s", roomId: "lobby", epoch: "e1", offset: 1, duplicate: false });
  relay.close();
});

Deno.test("[A1b] an outgoing message is pending, then sent, then gone when it arrives", async () => {
  const { relay, room, socket, seen, states } = await inLobby();
  room.send("a", { messageId: "id-a" });
  expect(states()).toEqual(["a pending"]);
  socket().stores(1);
  expect(states()).toEqual(["a sent"]);
  socket().message(1, { userId: "alice", messageId: "id-a", content: "a" });
  expect(states()).toEqual([]);
  expect(seen.length).toBe(1);
  relay.close();
});

Deno.test("[A1b] the message may come before its ack: it settles the send, and the ack changes nothing", async () => {
  const { relay, room, socket, states } = await inLobby();
  const sending = room.send("a", { messageId: "id-a" });
  const request = socket().take("send_message");
  socket().message(1, { userId: "alice", messageId: "id-a" });
  expect(await sending).toMatchObject({ savedId: "saved-1", offset: 1 });
  expect(states()).toEqual([]);
  socket().acks(request, { savedId: "saved-1", epoch: "e1", offset: 1, duplicate: true });
  expect(states()).toEqual([]);
  relay.close();
});

Deno.test("another user's message with the same messageId is not taken for one's own", async () => {
  const { relay, room, socket, states } = await inLobby();
  room.send("a", { messageId: "same" });
  socket().message(1, { userId: "bob", messageId: "same" });
  expect(states()).toEqual(["a pending"]);
  relay.close();
});

Deno.test("order: the next message waits for the answer to the one before", async () => {
  const { relay, room, socket } = await inLobby();
  room.send("1");
  room.send("2");
  expect(socket().count("send_message")).toBe(1);
  expect(socket().stores(1).payload.content).toBe("1");
  expect(socket().stores(2).payload.content).toBe("2");
  relay.close();
});

Deno.test("order: rooms do not wait for one another", async () => {
  const { relay, room, socket, join } = await inLobby();
  const { room: other } = await join("other");
  room.send("1");
  other.send("2");
  expect(socket().count("send_message")).toBe(2);
  relay.close();
});

Deno.test("[A3] order: while a refused message waits, the next one does too", async () => {
  const { clock, relay, room, socket } = await inLobby();
  room.send("1", { messageId: "one" });
  room.send("2");
  socket().refuses(socket().take("send_message"), {
    code: "rate_limited",
    retryable: true,
    retryAfterMs: 800,
  });
  await clock.advance(799);
  expect(socket().count("send_message")).toBe(0);
  await clock.advance(1);
  expect(socket().take("send_message").messageId).toBe("one");
  expect(socket().count("send_message")).toBe(0);
  relay.close();
});

Deno.test("[A3] without retryAfterMs a retryable error is tried again after the backoff", async () => {
  const { clock, relay, room, socket } = await inLobby();
  room.send("1");
  for (const waitMs of [1000, 2000, 4000]) {
    socket().refuses(socket().take("send_message"), { code: "store_unavailable", retryable: true });
    await clock.advance(waitMs - 1);
    expect(socket().count("send_message")).toBe(0);
    await clock.advance(1);
    expect(socket().count("send_message")).toBe(1);
  }
  relay.close();
});

Deno.test("[A3] a retryable error that does not end fails the message after 5 retries, visibly", async () => {
  const { clock, relay, room, socket, states } = await inLobby();
  const sending = room.send("1");
  for (let i = 0; i < 6; i++) {
    socket().refuses(socket().take("send_message"), {
      code: "store_unavailable",
      retryable: true,
      retryAfterMs: 10,
    });
    await clock.advance(10);
  }
  expect((await failure(sending)).code).toBe("store_unavailable");
  expect(states()).toEqual(["1 failed"]);
  expect(socket().count("send_message")).toBe(0);
  relay.close();
});

Deno.test("[A2] an error that is not retryable fails the message at once, and the next one goes", async () => {
  const { relay, room, socket, states } = await inLobby();
  const sending = room.send("1");
  room.send("2");
  socket().refuses(socket().take("send_message"), { code: "conflict", message: "Cannot send: other body" });
  const error = await failure(sending);
  expect([error.name, error.code, error.message]).toEqual([
    "RelayError",
    "conflict",
    "Cannot send: other body",
  ]);
  expect(room.outgoing.snapshot[0]!.error).toBe(error);
  expect(states()).toEqual(["1 failed", "2 pending"]);
  expect(socket().take("send_message").payload.content).toBe("2");
  relay.close();
});

Deno.test("[M14] no ack for 5 s: asked again under the same messageId, 5 times, then failed", async () => {
  const { clock, relay, room, socket, states } = await inLobby();
  const sending = room.send("1");
  const ids = new Set([socket().take("send_message").messageId]);
  for (let retry = 1; retry <= 5; retry++) {
    await clock.advance(4999);
    expect(socket().count("send_message")).toBe(0);
    await clock.advance(1);
    ids.add(socket().take("send_message").messageId);
  }
  expect(ids.size).toBe(1);
  expect(await isSettled(sending)).toBe(false);
  await clock.advance(5000);
  expect(await failure(sending)).toMatchObject({ code: "timeout", retryable: true });
  expect(states()).toEqual(["1 failed"]);
  relay.close();
});

Deno.test("[M14] an ack that comes after the message was given up: it did not fail after all", async () => {
  const { clock, relay, room, socket, states } = await inLobby({ ack: { retries: 0 } });
  const sending = room.send("1");
  const request = socket().take("send_message");
  await clock.advance(5000);
  expect((await failure(sending)).code).toBe("timeout");
  socket().acks(request, { savedId: "saved-1", epoch: "e1", offset: 1, duplicate: false });
  expect(states()).toEqual(["1 sent"]);
  expect(room.outgoing.snapshot[0]!.error).toBeUndefined();
  relay.close();
});

Deno.test("[M14] two answers to a message asked twice: the second is not heard", async () => {
  const { clock, relay, room, socket, states } = await inLobby();
  const sending = room.send("1");
  const request = socket().take("send_message");
  await clock.advance(5000);
  socket().acks(request, { savedId: "s", epoch: "e1", offset: 1, duplicate: false });
  await sending;
  socket().refuses(request, { code: "internal" });
  expect(states()).toEqual(["1 sent"]);
  relay.close();
});

Deno.test("failure point: before the room is joined, a send waits for the join", async () => {
  const { relay, socket, welcome } = await setup();
  const room = relay.room("lobby");
  room.send("1");
  await welcome();
  expect(socket().count("send_message")).toBe(0);
  socket().joins();
  expect(socket().count("send_message")).toBe(1);
  relay.close();
});

Deno.test("failure point: cut before the send, it goes out after the next join", async () => {
  const { relay, room, socket, retry, welcome } = await inLobby();
  socket().ends(1006);
  const sending = room.send("1");
  await retry();
  await welcome();
  socket().joins();
  socket().stores(1);
  expect((await sending).offset).toBe(1);
  relay.close();
});

Deno.test("failure point: cut between send and ack, it is sent again under the same messageId, first", async () => {
  const { relay, room, socket, reconnect } = await inLobby();
  const sending = room.send("1");
  room.send("2");
  const before = socket().take("send_message");
  await reconnect();
  expect(socket().count("send_message")).toBe(0);
  socket().joins();
  const after = socket().stores(1, { duplicate: true });
  expect(after).toEqual(before);
  expect((await sending).duplicate).toBe(true);
  relay.close();
});

Deno.test("failure point: acknowledged, then cut before the message arrived: it comes with the resume", async () => {
  const { relay, room, socket, seen, states, reconnect } = await inLobby();
  await Promise.all([room.send("1", { messageId: "one" }), socket().stores(1)]);
  await reconnect();
  expect(states()).toEqual(["1 sent"]);
  socket().joins({ from: 0, offset: 1, recovered: true });
  socket().message(1, { userId: "alice", messageId: "one" });
  expect(states()).toEqual([]);
  expect(seen.length).toBe(1);
  expect(socket().count("send_message")).toBe(0);
  relay.close();
});

Deno.test("failure point: acknowledged, then a gap that swallowed the message: it is not shown as on its way for ever", async () => {
  const { relay, room, socket, states, reconnect } = await inLobby();
  await Promise.all([room.send("1"), socket().stores(1)]);
  await reconnect();
  socket().joins({ from: 900, offset: 900, recovered: false });
  expect(states()).toEqual([]);
  relay.close();
});

Deno.test("failure point: stored behind a gap, acknowledged after it", async () => {
  const { relay, room, socket, states, reconnect } = await inLobby();
  const sending = room.send("1");
  await reconnect();
  socket().joins({ from: 900, offset: 900, recovered: false });
  socket().stores(850, { duplicate: true });
  expect((await sending).offset).toBe(850);
  expect(states()).toEqual([]);
  relay.close();
});

Deno.test("failure point: stored, resumed, seen: sent again by nobody", async () => {
  const { relay, room, socket, reconnect } = await inLobby();
  const sending = room.send("1", { messageId: "one" });
  await reconnect();
  // the resume's replay may come in the same breath as the join's answer
  socket().joins({ from: 0, offset: 1, recovered: true });
  socket().message(1, { userId: "alice", messageId: "one" });
  await sending;
  expect(socket().count("send_message")).toBe(1);
  socket().stores(1, { duplicate: true });
  expect(room.outgoing.snapshot).toEqual([]);
  relay.close();
});

Deno.test("failure point: connections lost on the way are not counted as retries", async () => {
  const { relay, room, socket, states, reconnect } = await inLobby({ ack: { retries: 0 } });
  room.send("1");
  for (let i = 0; i < 5; i++) {
    await reconnect();
    socket().joins();
  }
  expect(states()).toEqual(["1 pending"]);
  socket().stores(1);
  expect(states()).toEqual(["1 sent"]);
  relay.close();
});

Deno.test("failure point: a wait before a retry ends with its connection", async () => {
  const { clock, relay, room, socket, reconnect } = await inLobby();
  room.send("1");
  socket().refuses(socket().take("send_message"), {
    code: "draining",
    retryable: true,
    retryAfterMs: 60_000,
  });
  await reconnect(1012);
  socket().joins();
  expect(socket().count("send_message")).toBe(1);
  socket().stores(1);
  await clock.advance(60_000);
  expect(socket().count("send_message")).toBe(0);
  relay.close();
});

Deno.test("[X] 1009 fails the message that was on its way, and only that", async () => {
  const { relay, room, socket, states, reconnect } = await inLobby();
  const big = room.send("big");
  room.send("small");
  await reconnect(1009);
  expect((await failure(big)).code).toBe("too_large");
  socket().joins();
  expect(socket().take("send_message").payload.content).toBe("small");
  expect(states()).toEqual(["big failed", "small pending"]);
  relay.close();
});

Deno.test("[L] a message above the server's limit is not even sent", async () => {
  const { relay, socket, welcome } = await setup();
  await welcome({ maxMessageBytes: 300 });
  const room = relay.room("lobby");
  socket().joins();
  const many = await failure(room.send("日".repeat(100)));
  expect(many.code).toBe("too_large");
  room.send("日".repeat(30));
  expect(socket().take("send_message").payload.content).toBe("日".repeat(30));
  relay.close();
});

for (const end of ["close", "4501", "gave_up"] as const) {
  Deno.test(`every send settles when the relay ends: ${end}`, async () => {
    const { clock, relay, room, socket, states } = await inLobby({ backoff: { attempts: 0 } });
    const sends = [room.send("1"), room.send("2"), room.publish("e", 3), room.history()];
    if (end === "close") relay.close();
    else socket().ends(end === "4501" ? 4501 : 1006);
    const codes = (await Promise.all(sends.map(failure))).map(({ code }) => code);
    expect(codes).toEqual(Array(4).fill(end === "gave_up" ? "gave_up" : "closed"));
    expect(states()).toEqual(["1 failed", "2 failed"]);
    expect(clock.pending).toBe(0);
    expect((await failure(room.send("3"))).code).toBe(end === "gave_up" ? "gave_up" : "closed");
    expect((await failure(room.history())).code).toBe(end === "gave_up" ? "gave_up" : "closed");
    relay.close();
  });
}

Deno.test("a message that failed with gave_up can be tried again after reconnectNow()", async () => {
  const { relay, room, socket, welcome } = await inLobby({ backoff: { attempts: 0 } });
  const sending = room.send("1", { messageId: "one" });
  socket().ends(1006);
  await failure(sending);
  relay.reconnectNow();
  await settle();
  await welcome();
  socket().joins();
  expect(socket().count("send_message")).toBe(0);
  const again = room.retry("one");
  expect(socket().stores(1).messageId).toBe("one");
  expect((await again).offset).toBe(1);
  relay.close();
});

Deno.test("retry goes behind what waits, under the same messageId", async () => {
  const { relay, room, socket, states } = await inLobby();
  const first = room.send("1", { messageId: "one" });
  room.send("2");
  room.send("3");
  socket().refuses(socket().take("send_message"), { code: "forbidden" });
  await failure(first);
  const again = room.retry("one");
  expect(states()).toEqual(["2 pending", "3 pending", "1 pending"]);
  expect([1, 2, 3].map((offset) => socket().stores(offset).payload.content)).toEqual(["2", "3", "1"]);
  expect((await again).offset).toBe(3);
  relay.close();
});

Deno.test("retry of what has not failed is the same send; of what is not there, not_found", async () => {
  const { relay, room, socket } = await inLobby();
  const sending = room.send("1", { messageId: "one" });
  const again = room.retry("one");
  expect(socket().count("send_message")).toBe(1);
  socket().stores(1);
  expect(await again).toEqual(await sending);
  expect((await failure(room.retry("two"))).code).toBe("not_found");
  relay.close();
});

Deno.test("discard forgets: a failed message, one that waits, one on its way", async () => {
  const { relay, room, socket, states } = await inLobby();
  const sends = ["1", "2", "3"].map((content) => room.send(content, { messageId: content }));
  socket().refuses(socket().take("send_message"), { code: "forbidden" });
  await failure(sends[0]!);
  for (const messageId of ["1", "3", "2", "unknown"]) room.discard(messageId);
  expect(states()).toEqual([]);
  expect((await failure(sends[1]!)).code).toBe("discarded");
  expect((await failure(sends[2]!)).code).toBe("discarded");
  room.send("4");
  expect(socket().sent.map(({ payload }) => payload.content)).toEqual(["2", "4"]);
  relay.close();
});

Deno.test("a signal stops a send: before, while it waits, on its way; never after", async () => {
  const { relay, room, socket, states } = await inLobby();
  const reason = new Error("changed my mind");
  const before = room.send("0", { signal: AbortSignal.abort(reason) });
  expect(await failure(before)).toBe(reason as unknown as RelayError);
  const controllers = [1, 2, 3].map(() => new AbortController());
  const sends = controllers.map(({ signal }, i) => room.send(`${i + 1}`, { signal }));
  controllers[1]!.abort(reason);
  controllers[0]!.abort(reason);
  expect(await failure(sends[0]!)).toBe(reason as unknown as RelayError);
  expect(await failure(sends[1]!)).toBe(reason as unknown as RelayError);
  expect(socket().take("send_message").payload.content).toBe("1");
  socket().stores(5);
  await sends[2];
  controllers[2]!.abort(reason);
  expect(states()).toEqual(["3 sent"]);
  relay.close();
});

Deno.test("backpressure: above outbox.max a send is refused at once and leaves no trace", async () => {
  const { relay, room, socket, states } = await inLobby({ outbox: { max: 2 } });
  room.send("1");
  room.send("2");
  const error = await failure(room.send("3"));
  expect([error.code, error.retryable]).toEqual(["outbox_full", true]);
  expect(states()).toEqual(["1 pending", "2 pending"]);
  socket().stores(1);
  socket().message(1, { userId: "alice", messageId: room.outgoing.snapshot[0]!.messageId });
  room.send("4");
  expect(states()).toEqual(["2 pending", "4 pending"]);
  relay.close();
});

Deno.test("a full outbox of 1,000 fails and empties without running out of stack", async () => {
  const { relay, room } = await inLobby();
  const sends = Array.from({ length: 1000 }, (_, i) => room.send(`${i}`));
  expect((await failure(room.send("one more"))).code).toBe("outbox_full");
  relay.close();
  const codes = await Promise.all(sends.map(async (sending) => (await failure(sending)).code));
  expect(new Set(codes)).toEqual(new Set(["closed"]));
});

Deno.test("a messageId that is in the outbox already, or is none, is refused", async () => {
  const { relay, room } = await inLobby();
  room.send("1", { messageId: "one" });
  expect((await failure(room.send("2", { messageId: "one" }))).code).toBe("conflict");
  expect((await failure(room.send("2", { messageId: "with space" }))).code).toBe("bad_request");
  relay.close();
});

Deno.test("another user after a reconnect: what may be stored for the first is not sent for the second", async () => {
  const { relay, room, socket, states, retry, welcome } = await inLobby();
  const said = room.send("said");
  room.send("waiting");
  socket().ends(1006);
  await retry();
  await welcome({ userId: "guest-2" });
  socket().joins();
  expect((await failure(said)).code).toBe("identity_changed");
  expect(states()).toEqual(["said failed", "waiting pending"]);
  expect(socket().take("send_message").payload.content).toBe("waiting");
  relay.close();
});

Deno.test("[J1] with echo:false one's own message does not come back: it is done with its ack", async () => {
  const { relay, socket, states } = await (async () => {
    const all = await setup();
    await all.welcome();
    const { room } = await all.join("lobby", { echo: false });
    room.send("1");
    return { ...all, states: () => room.outgoing.snapshot };
  })();
  socket().stores(1);
  expect(states()).toEqual([]);
  relay.close();
});

Deno.test("nobody has to look at a send's promise: a failure is no unhandled rejection", async () => {
  const { relay, room, socket } = await inLobby();
  const unhandled: unknown[] = [];
  const count = (event: PromiseRejectionEvent) => {
    event.preventDefault();
    unhandled.push(event.reason);
  };
  addEventListener("unhandledrejection", count);
  room.send("1");
  room.publish("e", 1);
  room.history();
  socket().refuses(socket().take("send_message"), { code: "forbidden" });
  relay.close();
  // unhandled rejections are told in a macrotask of their own
  await new Promise((resolve) => setTimeout(resolve, 0));
  removeEventListener("unhandledrejection", count);
  expect(unhandled).toEqual([]);
});

Deno.test("a subscriber that throws is reported and does not stop the others", async () => {
  const { relay, room, problems } = await inLobby();
  const heard: number[] = [];
  room.outgoing.subscribe(() => {
    throw new Error("bad subscriber");
  });
  const stop = room.outgoing.subscribe((list) => heard.push(list.length));
  room.send("1");
  expect(heard).toEqual([1]);
  expect(problems[0]).toMatchObject({ roomId: "lobby", error: { code: "application" } });
  stop();
  room.send("2");
  expect(heard).toEqual([1]);
  relay.close();
});
