import { expect } from "@std/expect";
import type { RelayError } from "../../src/client/errors.ts";
import { failure, isSettled, settle, setup } from "./harness/mod.ts";

/** A relay that is online and in the lobby. */
async function inLobby() {
  const all = await setup();
  await all.welcome();
  return { ...all, ...await all.join() };
}

const PAGE = { roomId: "lobby", epoch: "e1", offset: 0, hasMore: false, messages: [] };

Deno.test("[J1] history asks for a page and answers it", async () => {
  const { relay, room, socket } = await inLobby();
  const asking = room.history({ before: 40, limit: 20 });
  const request = socket().take("get_history");
  expect(request.payload).toEqual({ roomId: "lobby", before: 40, limit: 20 });
  socket().acks(request, PAGE);
  expect(await asking).toMatchObject(PAGE);
  room.history();
  expect(socket().take("get_history").payload).toEqual({ roomId: "lobby" });
  relay.close();
});

Deno.test("history outlives a cut, a silence and a moment without a store", async () => {
  const { clock, relay, room, socket, reconnect } = await inLobby();
  const asking = room.history();
  await reconnect();
  expect(socket().count("get_history")).toBe(0);
  socket().joins();
  socket().take("get_history");
  await clock.advance(5000);
  socket().refuses(socket().take("get_history"), {
    code: "store_unavailable",
    retryable: true,
    retryAfterMs: 9,
  });
  await clock.advance(9);
  socket().acks(socket().take("get_history"), PAGE);
  expect(await asking).toMatchObject(PAGE);
  relay.close();
  expect(clock.pending).toBe(0);
});

Deno.test("history: pages are asked for side by side, at most 100", async () => {
  const { relay, room, socket } = await inLobby();
  const asked = Array.from({ length: 100 }, () => room.history());
  expect(socket().count("get_history")).toBe(100);
  expect((await failure(room.history())).code).toBe("limit_exceeded");
  socket().acks(socket().take("get_history"), PAGE);
  await asked[0];
  room.history();
  expect(socket().count("get_history")).toBe(100);
  relay.close();
});

Deno.test("history rejects when the server refuses and when the signal aborts", async () => {
  const { relay, room, socket } = await inLobby();
  const refused = room.history();
  socket().refuses(socket().take("get_history"), { code: "forbidden" });
  expect((await failure(refused)).code).toBe("forbidden");
  const reason = new Error("scrolled away") as RelayError;
  const controller = new AbortController();
  const aborted = room.history({ signal: controller.signal });
  controller.abort(reason);
  expect(await failure(aborted)).toBe(reason);
  expect(await failure(room.history({ signal: AbortSignal.abort(reason) }))).toBe(reason);
  relay.close();
});

Deno.test("[A5] publish is stored exactly once and in order with messages, and is not shown as a message", async () => {
  const { relay, room, socket, reconnect } = await inLobby();
  const publishing = room.publish("moved", { x: 1 }, { messageId: "p1" });
  room.send("after");
  expect(room.outgoing.snapshot.map(({ content }) => content)).toEqual(["after"]);
  await reconnect();
  socket().joins();
  const request = socket().take("publish");
  expect(request).toEqual({
    type: "publish",
    messageId: "p1",
    payload: { roomId: "lobby", event: "moved", data: { x: 1 } },
  });
  expect(socket().count("send_message")).toBe(0);
  socket().acks(request, { savedId: "s", roomId: "lobby", epoch: "e1", offset: 1, duplicate: false });
  expect((await publishing).savedId).toBe("s");
  expect(socket().count("send_message")).toBe(1);
  relay.close();
});

Deno.test("[A5] what is published is what was given at the time", async () => {
  const { relay, room, socket, reconnect } = await inLobby();
  const data = { x: 1 };
  room.publish("moved", data);
  data.x = 2;
  await reconnect();
  socket().joins();
  expect(socket().take("publish").payload.data).toEqual({ x: 1 });
  relay.close();
});

Deno.test("[A5] what cannot be written is refused at once", async () => {
  const { relay, room } = await inLobby();
  const circular: Record<string, unknown> = {};
  circular.self = circular;
  for (const data of [circular, 1n, () => {}]) {
    expect((await failure(room.publish("x", data))).code).toBe("bad_request");
  }
  relay.close();
});

Deno.test("[A5] an ephemeral event is said once, with its key, without an id, and only where it is heard", async () => {
  const { relay, room, socket } = await inLobby();
  await room.publish("cursor", { x: 1 }, { ephemeral: true, key: "alice" });
  expect(socket().take("publish")).toEqual({
    type: "publish",
    payload: { roomId: "lobby", event: "cursor", data: { x: 1 }, ephemeral: true, key: "alice" },
  });
  socket().ends(1006);
  await room.publish("cursor", { x: 2 }, { ephemeral: true });
  relay.close();
});

Deno.test("[J1] leave resolves with its ack; sends that are not settled reject; nothing is heard any more", async () => {
  const { clock, relay, room, socket, seen } = await inLobby();
  const sending = room.send("1");
  const leaving = room.leave();
  expect(room.leave()).toBe(leaving);
  expect(room.state.snapshot).toEqual({ status: "left" });
  expect((await failure(sending)).code).toBe("left");
  expect((await failure(room.send("2"))).code).toBe("left");
  expect((await failure(room.history())).code).toBe("left");
  expect(room.outgoing.snapshot).toEqual([]);
  socket().message(1);
  expect(seen).toEqual([]);
  expect(await isSettled(leaving)).toBe(false);
  socket().acks(socket().take("leave_room"));
  await leaving;
  relay.close();
  expect(clock.pending).toBe(0);
});

for (const how of ["refused", "cut", "silent", "offline", "closed"]) {
  Deno.test(`leave resolves, also when ${how}`, async () => {
    const { clock, relay, room, socket } = await inLobby();
    if (how === "offline") socket().ends(1006);
    const leaving = room.leave();
    if (how === "refused") {
      socket().refuses(socket().take("leave_room"), { code: "rate_limited", retryable: true });
    }
    if (how === "cut") socket().ends(1006);
    if (how === "silent") await clock.advance(5000);
    if (how === "closed") relay.close();
    await leaving;
    relay.close();
    expect(clock.pending).toBe(0);
  });
}

Deno.test("a room that was left is not joined after a reconnect; asked for again, it is another room", async () => {
  const { relay, room, socket, reconnect } = await inLobby();
  room.leave();
  await reconnect();
  expect(socket().count("join_room")).toBe(0);
  const again = relay.room("lobby");
  expect(again).not.toBe(room);
  expect(socket().take("join_room").payload).toEqual({ roomId: "lobby" });
  relay.close();
});

Deno.test("left and joined in one breath: the server hears the leave first", async () => {
  const { relay, room, socket } = await inLobby();
  room.state.subscribe(({ status }) => status === "left" && relay.room("lobby"));
  room.leave();
  expect(socket().sent.map(({ type }) => type)).toEqual(["leave_room", "join_room"]);
  relay.close();
});

Deno.test("a listener that leaves while the join is answered is obeyed", async () => {
  const { relay, socket, welcome } = await setup();
  await welcome();
  const room = relay.room("lobby");
  room.on("joined_room", () => void room.leave());
  room.send("1");
  socket().joins();
  expect(room.state.snapshot).toEqual({ status: "left" });
  expect(socket().count("send_message")).toBe(0);
  relay.close();
});

Deno.test("after close a room is there, but over", async () => {
  const { relay } = await setup();
  relay.close();
  const room = relay.room("lobby");
  expect(room.state.snapshot).toEqual({ status: "left" });
  expect((await failure(room.send("1"))).code).toBe("closed");
  await room.leave();
});

Deno.test("on: each listener hears until it stops, also one that listens twice", async () => {
  const { relay, room, socket } = await inLobby();
  const heard: number[] = [];
  const listener = () => heard.push(1);
  const stops = [room.on("new_message", listener), room.on("new_message", listener)];
  socket().message(1);
  expect(heard.length).toBe(2);
  stops[0]!();
  stops[0]!();
  socket().message(2);
  expect(heard.length).toBe(3);
  relay.close();
});

Deno.test("on: a listener that throws is reported, the others hear, the position moves on", async () => {
  const { relay, room, socket, problems, seen } = await inLobby();
  room.on("new_message", () => {
    throw new Error("bad listener");
  });
  const heard: number[] = [];
  room.on("new_message", ({ offset }) => heard.push(offset));
  socket().message(1);
  socket().message(2);
  expect(heard).toEqual([1, 2]);
  expect(seen.length).toBe(2);
  expect(problems.map(({ roomId, error }) => [roomId, error.code])).toEqual(
    Array(2).fill(["lobby", "application"]),
  );
  relay.close();
});

Deno.test("events: an iteration over some types, in order, from its beginning to leave", async () => {
  const { relay, room, socket } = await inLobby();
  const types: unknown[] = [];
  const reading = (async () => {
    for await (const { type, payload } of room.events(["new_message", "user_typing"])) {
      types.push(type === "new_message" ? payload.offset : payload.typing);
    }
  })();
  await settle();
  socket().message(1);
  socket().says({
    type: "user_typing",
    payload: { roomId: "lobby", userId: "b", userName: "B", typing: true },
  });
  socket().says({ type: "user_left", payload: { roomId: "lobby", userId: "b", userName: "B" } });
  socket().message(2);
  await settle();
  expect(types).toEqual([1, true, 2]);
  socket().message(3);
  room.leave();
  await reading;
  expect(types).toEqual([1, true, 2, 3]);
  relay.close();
});

for (const end of ["signal", "close", "break"]) {
  Deno.test(`events: end by ${end}`, async () => {
    const { relay, room, socket } = await inLobby();
    const controller = new AbortController();
    let count = 0;
    const reading = (async () => {
      for await (const _ of room.events(["new_message"], { signal: controller.signal })) {
        count++;
        if (end === "break") break;
      }
    })();
    await settle();
    socket().message(1);
    await settle();
    if (end === "signal") controller.abort();
    if (end === "close") relay.close();
    await reading;
    expect(count).toBe(1);
    relay.close();
  });
}

Deno.test("events: a loop that is over listens to nothing, not even to its signal", async () => {
  const { relay, room, socket } = await inLobby();
  const { signal } = new AbortController();
  let listening = 0;
  const { addEventListener, removeEventListener } = signal;
  signal.addEventListener = (...args: Parameters<typeof addEventListener>) => {
    listening++;
    addEventListener.apply(signal, args);
  };
  signal.removeEventListener = (...args: Parameters<typeof removeEventListener>) => {
    listening--;
    removeEventListener.apply(signal, args);
  };
  const events = room.events(["new_message"], { signal })[Symbol.asyncIterator]();
  const first = events.next();
  await settle();
  expect(listening).toBe(1);
  socket().message(1);
  await first;
  await events.return!();
  expect(listening).toBe(0);
  relay.close();
});

Deno.test("events: outlive a reconnect", async () => {
  const { relay, room, socket, reconnect } = await inLobby();
  const events = room.events(["new_message"])[Symbol.asyncIterator]();
  const first = events.next();
  await reconnect();
  socket().joins();
  socket().message(1);
  expect((await first).value.payload.offset).toBe(1);
  relay.close();
});

Deno.test("events: a reader may be 1,000 behind, and gets overflow above that", async () => {
  const { relay, room, socket } = await inLobby();
  const events = room.events(["new_message"])[Symbol.asyncIterator]();
  const first = events.next();
  await settle();
  socket().message(1);
  await first;
  for (let offset = 2; offset <= 1001; offset++) socket().message(offset);
  expect((await events.next()).value.payload.offset).toBe(2);
  for (let offset = 1002; offset <= 1003; offset++) socket().message(offset);
  expect((await failure(events.next())).code).toBe("overflow");
  expect(await events.next()).toEqual({ done: true, value: undefined });
  relay.close();
});

Deno.test("events: begun in a room that was left, over at once", async () => {
  const { relay, room } = await inLobby();
  room.leave();
  expect(await room.events(["new_message"])[Symbol.asyncIterator]().next()).toEqual({
    done: true,
    value: undefined,
  });
  relay.close();
});

Deno.test("a feature's own messages: stored once and in order, asked, or just said", async () => {
  const { relay, room, socket, reconnect } = await inLobby();
  const storing = room.post("document_change", { changes: "AA==" }, { messageId: "c1" });
  const sending = room.send("after it");
  expect(socket().take("document_change")).toMatchObject({
    messageId: "c1",
    payload: { roomId: "lobby", changes: "AA==" },
  });
  expect(socket().count("send_message")).toBe(0);
  await reconnect();
  socket().joins();
  socket().acks(socket().take("document_change"), { savedId: "s", epoch: "e1", offset: 1, duplicate: true });
  expect(await storing).toMatchObject({ offset: 1, duplicate: true });
  socket().stores(2);
  await sending;
  const asking = room.ask<{ state: string }>("get_state", { of: "all" });
  const request = socket().take("get_state");
  expect(request.payload).toEqual({ roomId: "lobby", of: "all" });
  socket().acks(request, { state: "fine" });
  expect((await asking).state).toBe("fine");
  expect(room.tell("player_input", { seq: 1 })).toBe(true);
  expect(socket().take("player_input")).toEqual({
    type: "player_input",
    payload: { roomId: "lobby", seq: 1 },
  });
  const heard: unknown[] = [];
  room.on("game_state", (state: { tick: number }) => heard.push(state.tick));
  socket().says({ type: "game_state", payload: { roomId: "lobby", tick: 7 } });
  expect(heard).toEqual([7]);
  relay.close();
  expect(room.tell("player_input", { seq: 2 })).toBe(false);
  expect((await failure(room.post("document_change", {}))).code).toBe("closed");
});
