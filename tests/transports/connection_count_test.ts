import { expect } from "@std/expect";
import { Authenticator } from "../../src/auth/authenticator.ts";
import { silent } from "../../src/observability/log.ts";
import { systemClock } from "../../src/runtime/clock.ts";
import { systemIds } from "../../src/runtime/ids.ts";
import { memory } from "../../src/stores/memory.ts";
import { ConnectionCount } from "../../src/transports/connection_count.ts";
import { webSocketHandler } from "../../src/transports/websocket.ts";
import { Harness } from "../harness/mod.ts";
import { listen, listenWith } from "../harness/server.ts";
import { Opcode, RawSocket } from "../harness/raw_socket.ts";

Deno.test("[L6] an address has so many places, another has its own", () => {
  const places = new ConnectionCount(2);
  const first = places.take("203.0.113.9");
  expect(places.take("203.0.113.9")).toBeDefined();
  expect(places.take("203.0.113.9")).toBeUndefined();
  expect(places.take("203.0.113.10")).toBeDefined();
  first!();
  expect(places.take("203.0.113.9")).toBeDefined();
});

Deno.test("[L6] a place given back twice is one place", () => {
  const places = new ConnectionCount(2);
  const first = places.take("203.0.113.9")!;
  places.take("203.0.113.9");
  first();
  first();
  first();
  expect(places.take("203.0.113.9")).toBeDefined();
  expect(places.take("203.0.113.9")).toBeUndefined();
});

Deno.test("[L6] 0 is no limit, and the machine itself has none", () => {
  const none = new ConnectionCount(0);
  const one = new ConnectionCount(1);
  for (let n = 0; n < 100; n++) {
    expect(none.take("203.0.113.9")).toBeDefined();
    for (const address of ["127.0.0.1", "127.8.9.1", "::1"]) expect(one.take(address)).toBeDefined();
  }
});

/** A relay whose callers all come from one address that is not this machine's. */
function fromAfar() {
  const remoteAddr = { transport: "tcp", hostname: "203.0.113.9", port: 1234 } as const;
  return listen(
    { connectsPerMinute: 0 },
    (relay) => (request, info) => relay.fetch(request, { ...info, remoteAddr }),
  );
}

Deno.test("[L6] the 11th connection of an address is refused with 429, until one of the ten has gone", async () => {
  await using server = fromAfar();
  const sockets: RawSocket[] = [];
  for (let n = 0; n < 10; n++) {
    const { socket, response } = await RawSocket.shake(server.port);
    expect(response.status).toBe(101);
    await socket.until("welcome");
    sockets.push(socket);
  }
  const { socket: eleventh, response } = await RawSocket.shake(server.port);
  using _ = eleventh;
  expect(response.status).toBe(429);
  expect(response.headers.get("retry-after")).toBe("5");
  expect(JSON.parse(await eleventh.body(response))).toMatchObject({ code: "limit_exceeded" });

  await sockets[0]!.send(Opcode.close, new Uint8Array([0x03, 0xe8]));
  await sockets[0]!.closed();
  const { socket: next, response: welcome } = await RawSocket.shake(server.port);
  using __ = next;
  expect(welcome.status).toBe(101);
  for (const socket of sockets) socket[Symbol.dispose]();
});

Deno.test("[L6] refused handshakes take no place", async () => {
  await using server = fromAfar();
  for (let n = 0; n < 30; n++) {
    const { socket, response } = await RawSocket.shake(server.port, {
      "Sec-WebSocket-Protocol": n % 2 ? "superchat" : undefined,
      "Authorization": n % 2 ? undefined : "Bearer wrong",
    });
    using _ = socket;
    expect([400, 401]).toContain(response.status);
  }
  for (let n = 0; n < 10; n++) {
    const { socket, response } = await RawSocket.shake(server.port);
    expect(response.status).toBe(101);
    socket[Symbol.dispose]();
  }
});

const admission = { identity: { userId: "anna", userName: "Anna" } };

Deno.test("[L6] callers that vanish while it is found out who they are take no place", async () => {
  const looked = Promise.withResolvers<void>();
  const slow = memory();
  const get = slow.get.bind(slow);
  const guests = new Authenticator({ table: slow, clock: systemClock, logger: silent });
  const { token } = await guests.begin(new Request("http://relay.example/"), "Anna");
  slow.get = async (table, key) => {
    if (table === "revoked") await looked.promise;
    return await get(table, key);
  };
  const authenticate = (request: Request) => guests.admit(request, "websocket");
  const places = new ConnectionCount(10);
  // stopping the server at the end would hang if one of the vanished was given a socket
  await using server = listenWith({ places, authenticate }, "203.0.113.9");
  const known = { "Authorization": `Bearer ${token}` };
  for (let n = 0; n < 30; n++) (await RawSocket.ask(server.port, known))[Symbol.dispose]();
  await othersAnswered(server.port);
  looked.resolve();
  for (let n = 0; n < 10; n++) {
    const { socket, response } = await RawSocket.shake(server.port, known);
    expect(response.status).toBe(101);
    socket[Symbol.dispose]();
  }
});

/** Answers on other connections: by then the server has seen the end of those that were closed before. */
async function othersAnswered(port: number): Promise<void> {
  for (let n = 0; n < 20; n++) {
    await (await fetch(`http://127.0.0.1:${port}/`, { headers: { connection: "close" } })).text();
  }
}

// the upgrade of such a caller is an operation of the runtime that never ends: it cannot be waited for
const sanitizeOps = false;

Deno.test(
  "[L6] a caller that vanishes before it is answered gives its place back",
  { sanitizeOps },
  async () => {
    const inner = new ConnectionCount(1);
    const released = Promise.withResolvers<void>();
    const places = {
      take: (address: string) => {
        const release = inner.take(address);
        return release && (() => (release(), released.resolve()));
      },
    };
    const upgraded = Promise.withResolvers<void>();
    const vanished = Promise.withResolvers<void>();
    const harness = new Harness();
    const handler = webSocketHandler({
      hub: harness.hub,
      ids: systemIds,
      logger: silent,
      authenticate: () => Promise.resolve(admission),
      originAllowed: () => true,
      offered: () => [],
      places,
      upgraded: () => upgraded.resolve(),
      openWithinMs: 20,
    });
    const end = new AbortController();
    const server = Deno.serve(
      { port: 0, hostname: "127.0.0.1", signal: end.signal, onListen() {} },
      async (request) => {
        const response = await handler(request, "203.0.113.9");
        if (response.status === 101) await vanished.promise;
        return response;
      },
    );
    const socket = await RawSocket.ask(server.addr.port);
    await upgraded.promise;
    expect(inner.take("203.0.113.9")).toBeUndefined();
    socket[Symbol.dispose]();
    await othersAnswered(server.addr.port);
    vanished.resolve();
    await harness.clock.advance(20);
    await released.promise;
    expect(inner.take("203.0.113.9")).toBeDefined();
    // the runtime never lets go of such a socket, so the server cannot be asked to finish
    end.abort();
    await server.finished;
  },
);
