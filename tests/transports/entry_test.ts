import { expect } from "@std/expect";
import { parsePosition } from "../../src/protocol/position.ts";
import { listen } from "../harness/server.ts";
import { Opcode, RawSocket } from "../harness/raw_socket.ts";
import { Stream } from "../transports_http/harness/mod.ts";

/** Everybody comes from an address that is not this machine's. */
function fromAfar(options: Parameters<typeof listen>[0]) {
  const remoteAddr = { transport: "tcp", hostname: "203.0.113.9", port: 1234 } as const;
  return listen(options, (relay) => (request, info) => relay.fetch(request, { ...info, remoteAddr }));
}

Deno.test("[L9] an address that connects too often, or shows too many wrong tokens, is 429 for a while", async (t) => {
  const status = async (port: number, headers = {}) => {
    const { socket, response } = await RawSocket.shake(port, headers);
    using _ = socket;
    return [response.status, response.headers.has("retry-after")];
  };
  await t.step("connections", async () => {
    await using server = fromAfar({ connectsPerMinute: 3 });
    for (let n = 0; n < 3; n++) expect(await status(server.port)).toEqual([101, false]);
    expect(await status(server.port)).toEqual([429, true]);
  });
  await t.step("wrong tokens", async () => {
    await using server = fromAfar({ failuresPerMinute: 3 });
    const wrong = { "Authorization": "Bearer wrong" };
    for (let n = 0; n < 3; n++) expect((await status(server.port, wrong))[0]).toBe(401);
    expect(await status(server.port, wrong)).toEqual([429, true]);
  });
});

Deno.test("[T5] a position is good on every transport: a client changes three times and misses nothing", async () => {
  await using server = listen();
  const { url } = server;
  const json = { "content-type": "application/json" };
  const session = await fetch(`${url}/api/session`, {
    method: "POST",
    headers: json,
    body: '{"name":"Anna"}',
  });
  const { token } = await session.json();
  const headers = { "authorization": `Bearer ${token}` };
  const say = async (content: string) => {
    const body = JSON.stringify({ content });
    const address = `${url}/api/rooms/tea/messages`;
    const response = await fetch(address, { method: "POST", headers: { ...headers, ...json }, body });
    expect(response.status).toBe(201);
    return await response.json();
  };
  const seen: string[] = [];

  // a socket
  const { socket } = await RawSocket.shake(server.port, { "Authorization": headers.authorization });
  await socket.send(Opcode.text, '{"type":"join_room","payload":{"roomId":"tea"}}');
  await socket.until("joined_room");
  await say("1");
  const first = (await socket.until("new_message")).payload;
  seen.push(first.content);
  socket[Symbol.dispose]();
  await say("2");

  // polls
  const poll = await fetch(`${url}/api/rooms/tea/messages?since=${first.epoch}.${first.offset}`, { headers });
  const page = await poll.json();
  expect(page.recovered).toBe(true);
  seen.push(...page.messages.map(({ payload }: { payload: { content: string } }) => payload.content));
  await say("3");

  // a stream
  let id: string;
  {
    const lastEventId = `${page.epoch}.${page.offset}`;
    await using stream = await Stream.open(`${url}/api/events?rooms=tea`, {
      ...headers,
      "last-event-id": lastEventId,
    });
    expect((await stream.until("joined_room")).envelope.payload.recovered).toBe(true);
    const event = await stream.until("new_message");
    seen.push(event.envelope.payload.content);
    id = event.lastEventId;
  }
  await say("4");

  // and a socket again
  const since = parsePosition(id);
  const { socket: back } = await RawSocket.shake(server.port, { "Authorization": headers.authorization });
  using _ = back;
  await back.send(Opcode.text, JSON.stringify({ type: "join_room", payload: { roomId: "tea", since } }));
  expect((await back.until("joined_room")).payload.recovered).toBe(true);
  seen.push((await back.until("new_message")).payload.content);
  expect(seen).toEqual(["1", "2", "3", "4"]);
});
