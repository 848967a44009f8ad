import { expect } from "@std/expect";
import { settle, setup } from "./harness/mod.ts";

Deno.test("[J1] a room is joined with history at first, and with since ever after", async () => {
  const { relay, socket, join, welcome, reconnect } = await setup();
  await welcome();
  const room = relay.room("lobby", { history: 50 });
  const request = socket().joins({ from: 7, offset: 9 });
  expect(request.payload).toEqual({ roomId: "lobby", history: 50 });
  expect(room.position.snapshot).toEqual({ epoch: "e1", offset: 7 });
  socket().message(8);
  await reconnect();
  expect(room.state.snapshot).toEqual({ status: "joining" });
  expect(socket().take("join_room").payload).toEqual({ roomId: "lobby", since: { epoch: "e1", offset: 8 } });
  void join;
  relay.close();
});

Deno.test("[J1] since and echo are the application's to give", async () => {
  const { relay, socket, welcome } = await setup();
  await welcome();
  relay.room("lobby", { since: { epoch: "e1", offset: 3 }, history: 9, echo: false });
  expect(socket().take("join_room").payload).toEqual({
    roomId: "lobby",
    since: { epoch: "e1", offset: 3 },
    echo: false,
  });
  relay.close();
});

Deno.test("a room asked for twice is one room and one join", async () => {
  const { relay, socket, welcome } = await setup();
  const first = relay.room("lobby");
  await welcome();
  expect(relay.room("lobby")).toBe(first);
  expect(socket().count("join_room")).toBe(1);
  relay.close();
});

Deno.test("[R2] a resume delivers what was missed, once and in order, and says nothing of a gap", async () => {
  const { relay, socket, gaps, join, welcome, reconnect } = await setup();
  await welcome();
  const { room, seen } = await join();
  for (const offset of [1, 2, 3]) socket().message(offset);
  await reconnect();
  socket().joins({ from: 3, offset: 5, recovered: true });
  for (const offset of [4, 5, 6]) socket().message(offset);
  expect(seen.map(({ offset }) => offset)).toEqual([1, 2, 3, 4, 5, 6]);
  expect(room.position.snapshot).toEqual({ epoch: "e1", offset: 6 });
  expect(gaps).toEqual([]);
  relay.close();
});

Deno.test("[R1] a message that was seen is dropped, wherever it comes from", async () => {
  const { relay, socket, join, welcome, reconnect } = await setup();
  await welcome();
  const { seen } = await join();
  for (const offset of [1, 2, 2, 1, 3]) socket().message(offset);
  await reconnect();
  // a server that replays more than it was asked for
  socket().joins({ from: 1, offset: 4, recovered: true });
  for (const offset of [2, 3, 4]) socket().message(offset);
  expect(seen.map(({ offset }) => offset)).toEqual([1, 2, 3, 4]);
  relay.close();
});

Deno.test("a cut before the answer to a join: joined again as if for the first time", async () => {
  const { relay, socket, welcome, reconnect } = await setup();
  await welcome();
  relay.room("lobby", { history: 5 });
  await reconnect();
  expect(socket().take("join_room").payload).toEqual({ roomId: "lobby", history: 5 });
  relay.close();
});

Deno.test("a cut in the middle of a replay: resumed where it was cut", async () => {
  const { relay, socket, join, welcome, reconnect } = await setup();
  await welcome();
  const { seen } = await join("lobby", { history: 5 }, { from: 10, offset: 15 });
  for (const offset of [11, 12]) socket().message(offset);
  await reconnect();
  expect(socket().joins({ from: 12, offset: 16, recovered: true }).payload.since).toEqual({
    epoch: "e1",
    offset: 12,
  });
  for (const offset of [13, 14, 15, 16]) socket().message(offset);
  expect(seen.map(({ offset }) => offset)).toEqual([11, 12, 13, 14, 15, 16]);
  relay.close();
});

Deno.test("[R2] not recovered, same log: a gap with its range, and on from there", async () => {
  const { relay, socket, gaps, join, welcome, reconnect } = await setup();
  await welcome();
  const { room, seen } = await join();
  socket().message(1);
  await reconnect();
  socket().joins({ from: 500, offset: 500, recovered: false });
  expect(gaps).toEqual([{ roomId: "lobby", reason: "trimmed", from: 2, to: 500 }]);
  expect(room.position.snapshot).toEqual({ epoch: "e1", offset: 500 });
  socket().message(501);
  expect(seen.map(({ offset }) => offset)).toEqual([1, 501]);
  expect(gaps.length).toBe(1);
  relay.close();
});

Deno.test("[R2] not recovered, another log: a gap without a range, and on in the new log", async () => {
  const { relay, socket, gaps, join, welcome, reconnect } = await setup();
  await welcome();
  const { room, seen } = await join();
  for (const offset of [1, 2]) socket().message(offset);
  await reconnect();
  socket().joins({ epoch: "e2", from: 1, offset: 1, recovered: false });
  expect(gaps).toEqual([{ roomId: "lobby", reason: "epoch" }]);
  socket().message(2, { epoch: "e2" });
  expect(seen.map(({ epoch, offset }) => `${epoch}.${offset}`)).toEqual(["e1.1", "e1.2", "e2.2"]);
  expect(room.position.snapshot).toEqual({ epoch: "e2", offset: 2 });
  relay.close();
});

Deno.test("[R2] a log that became shorter is a gap without a range", async () => {
  const { relay, socket, gaps, join, welcome, reconnect } = await setup();
  await welcome();
  await join();
  for (const offset of [1, 2, 3]) socket().message(offset);
  await reconnect();
  socket().joins({ from: 2, offset: 2, recovered: false });
  expect(gaps).toEqual([{ roomId: "lobby", reason: "trimmed" }]);
  relay.close();
});

for (const reason of ["trimmed", "epoch"] as const) {
  Deno.test(`[R6] reset ${reason}: a gap, and on from where the server says`, async () => {
    const { relay, socket, gaps, join, welcome } = await setup();
    await welcome();
    const { room, seen } = await join();
    const resets: unknown[] = [];
    room.on("reset", (reset) => resets.push(reset));
    socket().message(1);
    const epoch = reason === "epoch" ? "e2" : "e1";
    const payload = { roomId: "lobby", epoch, offset: 40, reason };
    socket().says({ type: "reset", payload });
    expect(gaps).toEqual([{ roomId: "lobby", reason, ...reason === "trimmed" && { from: 2, to: 40 } }]);
    expect(resets).toEqual([payload]);
    socket().message(41, { epoch });
    expect(seen.map(({ offset }) => offset)).toEqual([1, 41]);
    relay.close();
  });
}

Deno.test("[R6] reset forbidden ends the room: sends fail, and it is not joined again", async () => {
  const { relay, socket, gaps, problems, join, welcome, reconnect } = await setup();
  await welcome();
  const { room, seen } = await join();
  const sending = room.send("1");
  socket().says({ type: "reset", payload: { roomId: "lobby", epoch: "e1", offset: 5, reason: "forbidden" } });
  await expect(sending).rejects.toMatchObject({ code: "forbidden" });
  expect(room.state.snapshot).toMatchObject({ status: "refused", error: { code: "forbidden" } });
  expect(gaps.length).toBe(1);
  expect(problems.map(({ roomId, error }) => [roomId, error.code])).toEqual([["lobby", "forbidden"]]);
  socket().message(6);
  expect(seen).toEqual([]);
  await reconnect();
  expect(socket().count("join_room")).toBe(0);
  relay.close();
});

Deno.test("[R6] who leaves on hearing of the reset has left", async () => {
  const { relay, socket, problems, join, welcome } = await setup();
  await welcome();
  const { room } = await join();
  room.on("reset", () => void room.leave());
  socket().says({ type: "reset", payload: { roomId: "lobby", epoch: "e1", offset: 5, reason: "forbidden" } });
  expect(room.state.snapshot).toEqual({ status: "left" });
  expect(problems).toEqual([]);
  relay.close();
});

Deno.test("[R1] offsets that skip are a gap: told, and delivery goes on", async () => {
  const { relay, socket, gaps, join, welcome } = await setup();
  await welcome();
  const { seen } = await join();
  for (const offset of [1, 4, 5]) socket().message(offset);
  expect(gaps).toEqual([{ roomId: "lobby", reason: "offset", from: 2, to: 3 }]);
  expect(seen.map(({ offset }) => offset)).toEqual([1, 4, 5]);
  relay.close();
});

Deno.test("[R1] a replay that begins too late is a gap", async () => {
  const { relay, socket, gaps, join, welcome, reconnect } = await setup();
  await welcome();
  await join();
  socket().message(1);
  await reconnect();
  socket().joins({ from: 3, offset: 5, recovered: true });
  expect(gaps).toEqual([{ roomId: "lobby", reason: "offset", from: 2, to: 3 }]);
  relay.close();
});

Deno.test("[R1] a message of another log without a reset is a gap too", async () => {
  const { relay, socket, gaps, join, welcome } = await setup();
  await welcome();
  const { seen } = await join();
  socket().message(3);
  gaps.length = 0;
  socket().message(1, { epoch: "e2" });
  expect(gaps).toEqual([{ roomId: "lobby", reason: "epoch" }]);
  expect(seen.length).toBe(2);
  relay.close();
});

Deno.test("[J1] with echo:false offsets skip rightfully, backwards still never", async () => {
  const { relay, socket, gaps, join, welcome } = await setup();
  await welcome();
  const { seen } = await join("lobby", { echo: false });
  for (const offset of [2, 5, 3, 6]) socket().message(offset);
  expect(seen.map(({ offset }) => offset)).toEqual([2, 5, 6]);
  expect(gaps).toEqual([]);
  relay.close();
});

Deno.test("[A5] durable events are part of the log, ephemeral ones are not", async () => {
  const { relay, socket, gaps, join, welcome } = await setup();
  await welcome();
  const { room } = await join();
  const events: unknown[] = [];
  room.on("event", ({ event, offset }) => events.push([event, offset]));
  const event = (name: string, position: object = {}) =>
    socket().says({
      type: "event",
      payload: { roomId: "lobby", event: name, data: 1, userId: "bob", ...position },
    });
  event("a", { epoch: "e1", offset: 1 });
  event("b");
  event("a again", { epoch: "e1", offset: 1 });
  event("c", { epoch: "e1", offset: 2 });
  expect(events).toEqual([["a", 1], ["b", undefined], ["c", 2]]);
  expect(room.position.snapshot).toEqual({ epoch: "e1", offset: 2 });
  expect(gaps).toEqual([]);
  relay.close();
});

Deno.test("the position has moved, and the own message left `outgoing`, before a listener hears of it", async () => {
  const { relay, socket, join, welcome } = await setup();
  await welcome();
  const { room } = await join();
  const heard: unknown[] = [];
  room.on("new_message", () => heard.push(room.position.snapshot?.offset, room.outgoing.snapshot.length));
  room.send("x", { messageId: "x" });
  socket().message(1, { userId: "alice", messageId: "x" });
  expect(heard).toEqual([1, 0]);
  relay.close();
});

Deno.test("[R4] behind is passed on and changes nothing", async () => {
  const { relay, socket, gaps, join, welcome } = await setup();
  await welcome();
  const { room } = await join();
  const heard: unknown[] = [];
  room.on("behind", (behind) => heard.push(behind));
  socket().message(1);
  const payload = { roomId: "lobby", epoch: "e1", offset: 1 };
  socket().says({ type: "behind", payload });
  expect(heard).toEqual([payload]);
  expect(room.position.snapshot).toEqual({ epoch: "e1", offset: 1 });
  expect(gaps).toEqual([]);
  relay.close();
});

Deno.test("nothing is heard of a room before its join is answered, nor of a room one is not in", async () => {
  const { relay, socket, welcome } = await setup();
  await welcome();
  const room = relay.room("lobby");
  const heard: unknown[] = [];
  room.on("new_message", (message) => heard.push(message));
  socket().message(1);
  socket().message(1, { roomId: "elsewhere" });
  expect(heard).toEqual([]);
  relay.close();
});

for (const code of ["forbidden", "limit_exceeded", "bad_request"] as const) {
  Deno.test(`[J1] a join that is refused with ${code}: told, sends fail, room() tries again`, async () => {
    const { relay, socket, problems, welcome } = await setup();
    await welcome();
    const room = relay.room("lobby");
    const waiting = room.send("1");
    socket().refuses(socket().take("join_room"), { code, message: "no" });
    await expect(waiting).rejects.toMatchObject({ code });
    await expect(room.send("2")).rejects.toMatchObject({ code });
    await expect(room.history()).rejects.toMatchObject({ code });
    expect(room.state.snapshot).toMatchObject({ status: "refused", error: { code } });
    expect(problems).toMatchObject([{ roomId: "lobby", error: { code } }]);
    expect(relay.room("lobby")).toBe(room);
    socket().joins();
    expect(room.state.snapshot).toEqual({ status: "joined" });
    room.send("3");
    expect(socket().take("send_message").payload.content).toBe("3");
    relay.close();
  });
}

Deno.test("[J1] a join that fails for the moment is asked again after the wait", async () => {
  const { clock, relay, socket, welcome } = await setup();
  await welcome();
  const room = relay.room("lobby");
  for (let i = 0; i < 20; i++) {
    socket().refuses(socket().take("join_room"), {
      code: "store_unavailable",
      retryable: true,
      retryAfterMs: 700,
    });
    await clock.advance(700);
  }
  socket().joins();
  expect(room.state.snapshot).toEqual({ status: "joined" });
  relay.close();
});

Deno.test("[J1] a join that is not answered for 15 s: another connection, never a second join on this one", async () => {
  const { clock, relay, socket, sockets, welcome } = await setup();
  await welcome();
  relay.room("lobby");
  await clock.advance(14_999);
  expect(socket().count("join_room")).toBe(1);
  expect(relay.state.status).toBe("online");
  await clock.advance(1);
  expect(sockets[0]!.closed?.code).toBe(4001);
  expect(relay.state.status).toBe("reconnecting");
  relay.close();
  expect(clock.pending).toBe(0);
});

Deno.test("a hundred rooms are all joined again", async () => {
  const { relay, socket, welcome, reconnect } = await setup();
  await welcome();
  const rooms = Array.from({ length: 100 }, (_, i) => relay.room(`room-${i}`));
  for (const _ of rooms) socket().joins();
  await reconnect();
  expect(socket().count("join_room")).toBe(100);
  for (const _ of rooms) socket().joins();
  expect(rooms.every((room) => room.state.snapshot.status === "joined")).toBe(true);
  relay.close();
});

Deno.test("a room that is asked for from within a state listener is joined once", async () => {
  const { relay, socket, welcome } = await setup();
  relay.addEventListener("state", () => relay.room("lobby"));
  await welcome();
  await settle();
  expect(socket().count("join_room")).toBe(1);
  relay.close();
});
