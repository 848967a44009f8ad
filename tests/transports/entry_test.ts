import { expect } from "@std/expect";
import { listen } from "../harness/server.ts";
import { Opcode, RawSocket } from "../harness/raw_socket.ts";

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

/** The next events of a stream, as envelopes. */
async function* eventsOf(response: Response) {
  let text = "";
  for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    const events = text.split("\n\n");
    text = events.pop()!;
    for (const event of events) {
      const data = /^data: (.*)$/m.exec(event)?.[1];
      const id = /^id: (.*)$/m.exec(event)?.[1];
      if (data !== undefined) yield { id, ...JSON.parse(data) };
    }
  }
}

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
  const stop = new AbortController();
  const stream = await fetch(`${url}/api/events?rooms=tea`, {
    headers: { ...headers, "last-event-id": `${page.epoch}.${page.offset}` },
    signal: stop.signal,
  });
  let id: string | undefined;
  for await (const event of eventsOf(stream)) {
    if (event.type === "joined_room") expect(event.payload.recovered).toBe(true);
    if (event.type !== "new_message") continue;
    seen.push(event.payload.content);
    id = event.id;
    break;
  }
  stop.abort();
  await say("4");

  // and a socket again
  const [epoch, offset] = id!.split(".");
  const { socket: back } = await RawSocket.shake(server.port, { "Authorization": headers.authorization });
  using _ = back;
  const since = { epoch, offset: Number(offset) };
  await back.send(Opcode.text, JSON.stringify({ type: "join_room", payload: { roomId: "tea", since } }));
  expect((await back.until("joined_room")).payload.recovered).toBe(true);
  seen.push((await back.until("new_message")).payload.content);
  expect(seen).toEqual(["1", "2", "3", "4"]);
});
