import { expect } from "@std/expect";
import { SignJWT } from "jose";
import { jwt } from "../../src/auth/jwt.ts";
import { backoffMs } from "../../src/client/backoff.ts";
import { settingsOf } from "../../src/client/settings.ts";
import { turn } from "../harness/clock.ts";
import { Opcode, RawSocket } from "../harness/raw_socket.ts";
import { listen } from "../harness/server.ts";

export function reconnecting(): void {
  const { backoff } = settingsOf({});
  expect(backoff).toMatchObject({ attempts: 10 });
  const longest = Array.from({ length: backoff.attempts }, (_, n) => backoffMs(n + 1, backoff, () => 1));
  expect(longest.slice(0, 7)).toEqual([1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]);
  expect(backoffMs(3, backoff, () => 0)).toBe(2000);
}

export async function tokens(): Promise<void> {
  const secret = "a secret of the application, 32 bytes and more";
  await using server = listen({ auth: jwt({ secrets: [secret] }) });
  const sign = (key: string) =>
    new SignJWT({ sub: "yamada", name: "Yamada" }).setProtectedHeader({ alg: "HS256" })
      .setExpirationTime("1h").sign(new TextEncoder().encode(key));
  const status = async (headers: Record<string, string>) => {
    const { socket, response } = await RawSocket.shake(server.port, headers);
    using _ = socket;
    return response.status === 101 ? (await socket.json()).payload.userId : response.status;
  };
  expect(await status({ "Authorization": `Bearer ${await sign(secret)}` })).toBe("yamada");
  expect(await status({ "Authorization": `Bearer ${await sign(`${secret}!`)}` })).toBe(401);
  expect(await status({})).toBe(401);
}

export async function connectionsPerAddress(): Promise<void> {
  const remoteAddr = { transport: "tcp", hostname: "203.0.113.9", port: 1234 } as const;
  await using server = listen(
    { maxConnectionsPerIp: 10 },
    (relay) => (request, info) => relay.fetch(request, { ...info, remoteAddr }),
  );
  const sockets = [];
  for (let n = 0; n < 10; n++) {
    const { socket } = await RawSocket.shake(server.port);
    await socket.until("welcome");
    sockets.push(socket);
  }
  const { socket, response } = await RawSocket.shake(server.port);
  using _ = socket;
  expect(response.status).toBe(429);
  await sockets[0]!.send(Opcode.close, new Uint8Array([0x03, 0xe8]));
  await sockets[0]!.closed();
  const { socket: next, response: welcome } = await RawSocket.shake(server.port);
  using __ = next;
  expect(welcome.status).toBe(101);
  for (const one of sockets) one[Symbol.dispose]();
}

export async function monitoring(): Promise<void> {
  const events: string[] = [];
  const note = (event: string) => void events.push(event);
  const logger = { debug: note, info: note, warn: note, error: note };
  await using server = listen({ logger, messageLog: logger });
  const { socket } = await RawSocket.shake(server.port);
  await socket.send(
    Opcode.text,
    '{"type":"send_message","payload":{"roomId":"tea","content":"x"},"messageId":"m"}',
  );
  await socket.until("ack");
  const text = async () => await (await fetch(`${server.url}/metrics`)).text();
  expect(await text()).toMatch(/^denbun_connections\{[^}]*\} 1$/m);
  socket[Symbol.dispose]();
  while (server.relay.hub.sessionCount > 0) await turn();
  expect(await text()).toMatch(/^denbun_\w*clos\w*\{[^}]*\} 1$/m);
  expect(events).toContain("message_saved");
  expect(events).toContain("connection_lost");
}

export async function badInput(): Promise<void> {
  await using server = listen();
  const { socket } = await RawSocket.shake(server.port);
  using _ = socket;
  await socket.until("welcome");
  const inputs = [
    "{",
    "null",
    '{"type":"what","payload":{}}',
    '{"type":"join_room","payload":{"roomId":"../.."}}',
  ];
  for (const input of inputs) {
    await socket.send(Opcode.text, input);
    expect((await socket.json()).type).toBe("error");
  }
  await socket.send(Opcode.text, '{"type":"ping"}');
  expect((await socket.json()).type).toBe("pong");
}
