import { expect } from "@std/expect";
import { Hono } from "hono";
import { arena } from "../../src/features/game/arena.ts";
import { StateReader } from "../../src/client/game.ts";
import { games } from "../../src/features/games.ts";
import { broadcastChannel } from "../../src/backplanes/broadcast_channel.ts";
import { silent } from "../../src/observability/log.ts";
import type { History } from "../../src/protocol/messages.ts";
import { relay } from "../../src/relay.ts";
import { systemClock } from "../../src/runtime/clock.ts";
import { memory } from "../../src/stores/memory.ts";
import { Harness } from "../harness/mod.ts";
import { Opcode, RawSocket } from "../harness/raw_socket.ts";
import { listen, serve } from "../harness/server.ts";

const hello = { roomId: "tea", content: "hello" };

export async function toAllAndToTheOthers(): Promise<void> {
  using world = new Harness();
  const anna = await world.member("anna", "tea", { echo: false });
  const ben = await world.member("ben", "tea");
  const carl = await world.member("carl", "coffee");
  await anna.ask("send_message", hello);
  await ben.ask("send_message", hello);
  expect([anna, ben, carl].map((client) => client.offsets("tea"))).toEqual([[2], [1, 2], []]);
  await ben.ask("leave_room", { roomId: "tea" });
  await anna.ask("send_message", hello);
  expect(ben.offsets("tea")).toEqual([1, 2]);
}

export async function namespaces(): Promise<void> {
  const relays = [memory(), memory()].map((store) => relay({ store, logger: silent }));
  const app = new Hono();
  relays.forEach((one, n) => app.route(`/realtime-${n}`, one.app));
  const server = serve(relays[0]!.guard(relays[1]!.guard(app.fetch)));
  const sockets = [];
  for (const path of ["/realtime-0/ws", "/realtime-1/ws"]) {
    const { socket } = await RawSocket.shake(server.port, {}, path);
    await socket.send(Opcode.text, '{"type":"join_room","payload":{"roomId":"tea"}}');
    await socket.until("joined_room");
    sockets.push(socket);
  }
  const [here, there] = sockets as [RawSocket, RawSocket];
  await here.send(Opcode.text, JSON.stringify({ type: "send_message", payload: hello }));
  await here.until("new_message");
  // had it heard the message, that would have come before the answer to this
  await there.send(Opcode.text, '{"type":"get_history","payload":{"roomId":"tea"},"messageId":"m"}');
  const next = await there.json();
  expect([next.type, next.payload.messages]).toEqual(["ack", []]);
  for (const socket of sockets) socket[Symbol.dispose]();
  for (const one of relays) one.close();
  await server.stop();
}

export async function envelope(): Promise<void> {
  using world = new Harness();
  const anna = await world.member("anna", "tea");
  await anna.ask("send_message", hello, "m1");
  for (const frame of anna.all()) {
    expect(Object.keys(frame).filter((key) => key !== "messageId").toSorted())
      .toEqual(["payload", "timestamp", "type"]);
  }
  expect(anna.all().at(-1)).toMatchObject({ type: "new_message", messageId: "m1" });
}

export async function messageTypes(): Promise<void> {
  using world = new Harness();
  const anna = await world.member("anna", "tea");
  const ben = world.connect("ben");
  const { epoch } = await ben.join("tea");
  ben.send("typing_start", { roomId: "tea" });
  await world.settle();
  ben.send("typing_end", { roomId: "tea" });
  await ben.ask("send_message", hello);
  await ben.ask("read_messages", { roomId: "tea", epoch, upTo: 1 });
  await ben.ask("leave_room", { roomId: "tea" });
  await world.advance(2000);
  anna.send("send_message", { roomId: "tea" });
  await world.settle();
  expect(anna.news().map(({ type }) => type)).toEqual([
    "user_joined",
    "user_typing",
    "user_typing",
    "new_message",
    "messages_read",
    "user_left",
    "error",
  ]);
}

export async function acknowledgement(): Promise<void> {
  using world = new Harness();
  const anna = await world.member("anna", "tea");
  world.store.failing = "after";
  expect(await anna.ask("send_message", hello, "uuid"))
    .toMatchObject({ success: false, error: { code: "store_unavailable", retryable: true } });
  world.store.failing = undefined;
  expect(await anna.ask("send_message", hello, "uuid"))
    .toMatchObject({ success: true, savedId: expect.any(String), duplicate: true });
  expect(anna.offsets("tea")).toEqual([1]);
}

export async function heartbeat(): Promise<void> {
  using world = new Harness();
  const anna = await world.member("anna", "tea");
  const ben = await world.member("ben", "tea");
  ben.send("ping", {});
  await world.settle();
  expect(ben.of("pong")).toEqual([{}]);
  // what the runtime does of itself with a peer that answers no ping
  ben.cut(4001);
  await world.advance(2000);
  expect(anna.of("user_left")).toMatchObject([{ userId: "ben" }]);
}

export async function isolates(): Promise<void> {
  const store = memory();
  const backplanes = [1, 2].map(() => broadcastChannel("mission", { soon: systemClock.soon }));
  {
    await using one = listen({ store, backplane: backplanes[0]!, nodeId: "one" });
    await using other = listen({ store, backplane: backplanes[1]!, nodeId: "other" });
    const sockets = [];
    for (const { port } of [one, other]) {
      const { socket } = await RawSocket.shake(port);
      await socket.send(Opcode.text, '{"type":"join_room","payload":{"roomId":"tea"}}');
      await socket.until("joined_room");
      sockets.push(socket);
    }
    const [here, there] = sockets as [RawSocket, RawSocket];
    await here.send(Opcode.text, JSON.stringify({ type: "send_message", payload: hello }));
    expect((await there.until("new_message")).payload.content).toBe("hello");
    for (const socket of sockets) socket[Symbol.dispose]();
  }
  for (const backplane of backplanes) backplane.close();
}

export async function roomAccess(): Promise<void> {
  using world = new Harness({ policy: { allows: ({ userId }) => userId === "ben" } });
  await world.member("ben", "secret");
  const anna = world.connect("anna");
  for (const type of ["join_room", "send_message", "publish", "get_history"]) {
    const ack = await anna.ask(type, { roomId: "secret", content: "x", event: "x" });
    expect(ack).toMatchObject({ success: false, error: { code: "forbidden" } });
  }
}

export async function chatRoom(): Promise<void> {
  using world = new Harness();
  const anna = await world.member("anna", "tea");
  const first = await anna.ask<{ savedId: string; epoch: string }>("send_message", hello);
  if (!first.success) throw new Error(first.error.message);
  const ben = world.connect("ben");
  const joined = await ben.join("tea", { history: 10 });
  expect(joined.users.map(({ userId }) => userId)).toEqual(["anna", "ben"]);
  expect(joined.unread).toBe(1);
  await ben.ask("send_message", { ...hello, content: "hello you", replyTo: first.savedId });
  await anna.ask("read_messages", { roomId: "tea", epoch: first.epoch, upTo: 2 });
  expect(anna.of("new_message").at(-1)).toMatchObject({ content: "hello you", replyTo: first.savedId });
  expect(ben.of("messages_read")).toMatchObject([{ userId: "anna", upTo: 2 }]);
  const history = await ben.ask<History>("get_history", { roomId: "tea" });
  expect(history).toMatchObject({ success: true, messages: [{}, {}], hasMore: false });
}

export async function game(): Promise<void> {
  using world = new Harness({ features: () => [games({ "game:*": arena })] });
  const [anna, ben] = [await world.member("anna", "game:tea"), await world.member("ben", "game:tea")];
  for (let seq = 1; seq <= 60; seq++) {
    anna.send("player_input", { roomId: "game:tea", seq, input: [100, 0, 0] });
    await world.advance(1000 / 60);
  }
  const [seen, bens] = [anna, ben].map((client) => client.of("game_state"));
  expect(seen!.length).toBeGreaterThanOrEqual(58);
  expect(bens!.slice(-50)).toEqual(seen!.slice(-50));
  const reader = new StateReader();
  const places = seen!.map((state) => reader.read(state)?.players.find(({ id }) => id === "anna"));
  expect(places.at(-1)!.lastSeq).toBeGreaterThan(50);
  expect(places.at(-1)!.x).not.toBe(places.find((place) => place !== undefined)!.x);
}
