import { expect } from "@std/expect";
import { connect } from "../../src/client/mod.ts";
import { codecs } from "../../src/protocol/codecs/mod.ts";
import type { Envelope } from "../../src/protocol/messages.ts";
import { Sealed } from "../../src/protocol/sealed.ts";
import { turn } from "../harness/clock.ts";
import { listen, type Listening } from "../harness/server.ts";
import { maskedFrame, Opcode, RawSocket, RFC_ACCEPT } from "../harness/raw_socket.ts";

const JSON_TYPE = { "content-type": "application/json" };

/** A guest's headers, and how it says something in room `tea`. */
async function guest({ url }: Listening) {
  const session = await fetch(`${url}/api/session`, { method: "POST", headers: JSON_TYPE, body: "{}" });
  const headers = { authorization: `Bearer ${(await session.json()).token}` };
  const say = async (content: string) => {
    const body = JSON.stringify({ content });
    const all = { ...headers, ...JSON_TYPE };
    const response = await fetch(`${url}/api/rooms/tea/messages`, { method: "POST", headers: all, body });
    return await response.json();
  };
  return { headers, say };
}

const contents = (page: { messages: { payload: { content: string } }[] }) =>
  page.messages.map(({ payload }) => payload.content);

export async function shortPolling(): Promise<void> {
  await using server = listen();
  const { headers, say } = await guest(server);
  await say("one");
  const address = `${server.url}/api/rooms/tea/messages`;
  const first = await fetch(address, { headers });
  const etag = first.headers.get("etag")!;
  const page = await first.json();
  expect(contents(page)).toEqual(["one"]);
  const again = await fetch(address, { headers: { ...headers, "if-none-match": etag } });
  expect([again.status, await again.text()]).toEqual([304, ""]);
  await say("two");
  const next = await fetch(`${address}?since=${page.epoch}.${page.offset}`, { headers });
  expect(contents(await next.json())).toEqual(["two"]);
}

export async function longPolling(): Promise<void> {
  await using server = listen();
  const { headers, say } = await guest(server);
  const { epoch, offset } = await say("one");
  const address = `${server.url}/api/rooms/tea/messages/wait?since=${epoch}.${offset}&timeoutMs=20000`;
  const waiting = fetch(address, { headers });
  // the request is there once its room is, and the room has nothing new
  while (server.relay.hub.roomCount === 0) await turn();
  await say("two");
  expect(contents(await (await waiting).json())).toEqual(["two"]);
}

export async function eventSource(): Promise<void> {
  await using server = listen();
  const { headers, say } = await guest(server);
  const first = await say("one");
  const stop = new AbortController();
  const response = await fetch(`${server.url}/api/events?rooms=tea`, {
    headers: { ...headers, "last-event-id": `${first.epoch}.0` },
    signal: stop.signal,
  });
  expect(response.headers.get("content-type")).toMatch(/^text\/event-stream/);
  const seen: string[] = [];
  let text = "";
  for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    const events = text.split("\n\n");
    text = events.pop()!;
    for (const event of events) {
      const { type, payload } = JSON.parse(/^data: (.*)$/m.exec(event)?.[1] ?? "{}");
      if (type === "new_message") seen.push(payload.content);
    }
    if (seen.length === 1) await say("two");
    if (seen.length === 2) break;
  }
  stop.abort();
  expect(seen).toEqual(["one", "two"]);
}

export async function handshake(): Promise<void> {
  await using server = listen();
  const { socket, response } = await RawSocket.shake(server.port);
  using _ = socket;
  expect(response.status).toBe(101);
  expect(response.headers.get("sec-websocket-accept")).toBe(RFC_ACCEPT);
  const refused = [
    { "Sec-WebSocket-Key": undefined },
    { "Sec-WebSocket-Version": "8" },
    { "Origin": "https://evil.example" },
  ];
  for (const headers of refused) {
    const { socket, response } = await RawSocket.shake(server.port, headers);
    using _ = socket;
    expect([400, 403, 426]).toContain(response.status);
  }
}

export async function frames(): Promise<void> {
  await using server = listen({ limits: { maxMessageBytes: 256 * 1024 } });
  const { socket } = await RawSocket.shake(server.port);
  using _ = socket;
  await socket.until("welcome");
  for (const length of [10, 1000, 100_000]) {
    const payload = { roomId: "tea", content: "x".repeat(length) };
    await socket.send(
      Opcode.text,
      JSON.stringify({ type: "send_message", payload, messageId: `m${length}` }),
    );
    expect((await socket.until("ack")).payload.success).toBe(true);
  }
  await socket.send(Opcode.text, '{"type":', false);
  await socket.send(Opcode.ping, "here?");
  await socket.send(Opcode.continuation, '"ping"}');
  expect((await socket.frame())!.opcode).toBe(Opcode.pong);
  expect((await socket.json()).type).toBe("pong");
  await socket.send(Opcode.close, new Uint8Array([0x03, 0xe8]));
  expect(await socket.closed()).toBe(1000);
}

export async function rawClients(): Promise<void> {
  await using server = listen();
  const clients = [];
  for (const name of ["Anna", "Ben"]) {
    const socket = new WebSocket(`${server.wsUrl}?name=${name}`);
    const inbox: Envelope<string, Record<string, unknown>>[] = [];
    const closed = new Promise((resolve) => socket.addEventListener("close", resolve));
    let arrived = () => {};
    socket.addEventListener("message", ({ data }) => {
      inbox.push(JSON.parse(data));
      arrived();
    });
    const until = async (type: string) => {
      for (;;) {
        const found = inbox.find((one) => one.type === type);
        if (found) return found.payload;
        await new Promise<void>((resolve) => arrived = resolve);
      }
    };
    await until("welcome");
    socket.send('{"type":"join_room","payload":{"roomId":"tea"}}');
    await until("joined_room");
    clients.push({ socket, until, closed });
  }
  const [anna, ben] = clients;
  anna!.socket.send('{"type":"send_message","payload":{"roomId":"tea","content":"Hello!"}}');
  expect(await ben!.until("new_message")).toMatchObject({ content: "Hello!", userName: "Anna" });
  for (const { socket, closed } of clients) {
    socket.close();
    await closed;
  }
}

/** One member speaks this codec, the other plain JSON; returns what the first was sent, as frames and decoded. */
async function mixed(name: string, sent: Envelope[], text: string) {
  const codec = codecs.find((one) => one.name === name)!;
  await using server = listen();
  const { socket: json } = await RawSocket.shake(server.port);
  const { socket, response } = await RawSocket.shake(server.port, { "Sec-WebSocket-Protocol": name });
  using _ = json;
  using __ = socket;
  expect(response.headers.get("sec-websocket-protocol")).toBe(name);
  await json.send(Opcode.text, '{"type":"join_room","payload":{"roomId":"tea"}}');
  await json.until("joined_room");
  for (const frame of codec.encode(sent.map((one) => Sealed.of(one)))) {
    await socket.write(
      typeof frame === "string" ? maskedFrame(Opcode.text, frame) : maskedFrame(Opcode.binary, frame),
    );
  }
  const heard: string[] = [];
  while (heard.length < sent.filter(({ type }) => type === "send_message").length) {
    heard.push((await json.until("new_message")).payload.content);
  }
  await json.send(
    Opcode.text,
    JSON.stringify({ type: "send_message", payload: { roomId: "tea", content: text } }),
  );
  const frames = [];
  for (;;) {
    const { payload, opcode } = (await socket.frame())!;
    const frame = opcode === Opcode.text ? new TextDecoder().decode(payload) : payload;
    const envelopes = codec.decode(frame) as Envelope<string, { content?: string }>[];
    frames.push({ frame, envelopes });
    if (envelopes.some((one) => one.payload.content === text)) return { frames, heard };
  }
}

const join: Envelope = { type: "join_room", payload: { roomId: "tea" } };
const say = (content: string): Envelope => ({ type: "send_message", payload: { roomId: "tea", content } });

export async function compression(): Promise<void> {
  const long = "compress me ".repeat(500);
  const { frames, heard } = await mixed("denbun.json.deflate", [join, say("short")], long);
  expect(heard).toEqual(["short"]);
  const last = frames.at(-1)!.frame as Uint8Array;
  expect(last[0]).toBe(1);
  expect(last.length).toBeLessThan(1000);
  expect(frames[0]!.frame[0]).toBe(0);
}

export async function messagePack(): Promise<void> {
  const { frames, heard } = await mixed("denbun.msgpack", [join, say("電文")], "und zurück");
  expect(heard).toEqual(["電文"]);
  expect(frames.every(({ frame }) => typeof frame !== "string")).toBe(true);
}

export async function batching(): Promise<void> {
  const many = [join, ...Array.from({ length: 20 }, (_, n) => say(String(n)))];
  const { frames, heard } = await mixed("denbun.json.batch", many, "done");
  expect(heard).toEqual(Array.from({ length: 20 }, (_, n) => String(n)));
  // the answers to one frame come in fewer frames than there are of them
  expect(frames.length).toBeLessThan(20);
}

export async function fallback(): Promise<void> {
  await using server = listen();
  const Blocked = class extends WebSocket {
    constructor(_url: string, protocols: string[]) {
      // nothing listens there
      super("ws://127.0.0.1:1/", protocols);
    }
  };
  const relay = connect(server.url, { WebSocket: Blocked, backoff: { minMs: 1, maxMs: 2 } });
  const room = relay.room("tea");
  const heard = new Promise((resolve) => room.on("new_message", ({ content }) => resolve(content)));
  expect(await room.send("over whatever works")).toMatchObject({ offset: 1, duplicate: false });
  expect(await heard).toBe("over whatever works");
  expect(relay.state).toEqual({ status: "online", transport: "sse" });
  relay.close();
}
