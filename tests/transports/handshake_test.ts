import { expect } from "@std/expect";
import { listen } from "../harness/server.ts";
import { Opcode, RawSocket, RFC_ACCEPT } from "../harness/raw_socket.ts";

Deno.test("[M4] the example key of RFC 6455 gets the accept value of RFC 6455", async () => {
  await using server = listen();
  const { socket, response } = await RawSocket.shake(server.port);
  using _ = socket;
  expect(response.status).toBe(101);
  expect(response.headers.get("sec-websocket-accept")).toBe(RFC_ACCEPT);
  expect(response.headers.get("upgrade")?.toLowerCase()).toBe("websocket");
  expect(response.headers.get("connection")?.toLowerCase()).toBe("upgrade");
  expect(response.headers.get("sec-websocket-protocol")).toBe(null);
  expect((await socket.json()).type).toBe("welcome");
});

interface Refused {
  readonly name: string;
  readonly headers?: Record<string, string | undefined>;
  readonly path?: string;
  readonly status: number;
  readonly code: string;
  readonly header?: [string, string];
}

const evil = "https://app.example.evil.com";
const refusals: Refused[] = [
  { name: "no key", headers: { "Sec-WebSocket-Key": undefined }, status: 400, code: "bad_request" },
  {
    name: "a key that is not 16 bytes",
    headers: { "Sec-WebSocket-Key": "c2hvcnQ=" },
    status: 400,
    code: "bad_request",
  },
  {
    name: "version 8",
    headers: { "Sec-WebSocket-Version": "8" },
    status: 426,
    code: "bad_request",
    header: ["sec-websocket-version", "13"],
  },
  {
    name: "no version",
    headers: { "Sec-WebSocket-Version": undefined },
    status: 426,
    code: "bad_request",
    header: ["sec-websocket-version", "13"],
  },
  {
    name: "no Upgrade",
    headers: { "Upgrade": undefined, "Connection": undefined },
    status: 426,
    code: "bad_request",
    header: ["upgrade", "websocket"],
  },
  { name: "another Upgrade", headers: { "Upgrade": "h2c" }, status: 426, code: "bad_request" },
  { name: "a foreign origin", headers: { "Origin": "https://evil.example" }, status: 403, code: "forbidden" },
  { name: "an origin that starts like ours", headers: { "Origin": evil }, status: 403, code: "forbidden" },
  {
    name: "an origin in another case",
    headers: { "Origin": "https://APP.example" },
    status: 403,
    code: "forbidden",
  },
  { name: "the origin null", headers: { "Origin": "null" }, status: 403, code: "forbidden" },
  {
    name: "unknown subprotocols only",
    headers: { "Sec-WebSocket-Protocol": "chat, superchat" },
    status: 400,
    code: "bad_request",
  },
  {
    name: "a credential beside no codec",
    headers: { "Sec-WebSocket-Protocol": "bearer.abc" },
    status: 400,
    code: "bad_request",
  },
  {
    name: "a wrong token",
    headers: { "Authorization": "Bearer abc" },
    status: 401,
    code: "unauthorized",
    header: ["www-authenticate", "Bearer"],
  },
  {
    name: "another scheme",
    headers: { "Authorization": "Basic YTpi" },
    status: 401,
    code: "unauthorized",
  },
  {
    name: "an endless token",
    headers: { "Authorization": `Bearer ${"x".repeat(10_000)}` },
    status: 401,
    code: "unauthorized",
  },
  { name: "a token in the address", path: "/ws?access_token=abc", status: 401, code: "unauthorized" },
  { name: "a name with a line break", path: "/ws?name=a%0Ab", status: 400, code: "bad_request" },
  { name: "an empty name", path: "/ws?name=", status: 400, code: "bad_request" },
];
for (const { name, headers, path, status, code, header } of refusals) {
  Deno.test(`[C2] ${name}: ${status} ${code}, before any upgrade`, async () => {
    await using server = listen({ allowedOrigins: ["https://app.example"] });
    const { socket, response } = await RawSocket.shake(server.port, headers, path);
    using _ = socket;
    expect(response.status).toBe(status);
    expect(response.headers.get("content-type")).toBe("application/problem+json");
    if (header) expect(response.headers.get(header[0])).toBe(header[1]);
    expect(JSON.parse(await socket.body(response))).toMatchObject({
      status,
      code,
      title: expect.any(String),
    });
    expect(server.relay.hub.sessionCount).toBe(0);
    // and the listener goes on
    const { socket: next, response: welcome } = await RawSocket.shake(server.port);
    using __ = next;
    expect(welcome.status).toBe(101);
  });
}

for (const origin of ["http://127.0.0.1:PORT", "https://127.0.0.1:PORT", "https://app.example", undefined]) {
  Deno.test(`[C2] the origin ${origin ?? "of a client that is no page"} may connect`, async () => {
    await using server = listen({ allowedOrigins: ["https://app.example"] });
    const headers = { "Origin": origin?.replace("PORT", String(server.port)) };
    const { socket, response } = await RawSocket.shake(server.port, headers);
    using _ = socket;
    expect(response.status).toBe(101);
  });
}

Deno.test("[C2] a node that drains answers 503 with Retry-After", async () => {
  await using server = listen();
  await server.relay.drain(100);
  const { socket, response } = await RawSocket.shake(server.port);
  using _ = socket;
  expect(response.status).toBe(503);
  expect(Number(response.headers.get("retry-after"))).toBeGreaterThan(0);
  expect(JSON.parse(await socket.body(response))).toMatchObject({ code: "draining", retryable: true });
});

const spellings = [
  "denbun.json, bearer.TOKEN",
  "bearer.TOKEN, denbun.json",
  "denbun.json,bearer.TOKEN",
  "bearer.TOKEN,denbun.json",
  "denbun.future ,\tdenbun.json , bearer.TOKEN",
  ",denbun.json,,bearer.TOKEN,",
];
for (const spelling of spellings) {
  Deno.test(`[C1] offered ${JSON.stringify(spelling)}: denbun.json is chosen, the token is taken and not echoed`, async () => {
    await using server = listen();
    const known = await (await fetch(`${server.url}/api/session`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: '{"name":"Anna"}',
    })).json();
    const { socket, response } = await RawSocket.shake(server.port, {
      "Sec-WebSocket-Protocol": spelling.replace("TOKEN", known.token),
    });
    using _ = socket;
    expect(response.status).toBe(101);
    expect(response.headers.get("sec-websocket-protocol")).toBe("denbun.json");
    expect((await socket.json()).payload).toMatchObject({ userId: known.userId, userName: "Anna" });
  });
}

Deno.test("[C1] no compression is negotiated", async () => {
  await using server = listen();
  const { socket, response } = await RawSocket.shake(server.port, {
    "Sec-WebSocket-Extensions": "permessage-deflate; client_max_window_bits",
  });
  using _ = socket;
  expect(response.status).toBe(101);
  expect(response.headers.get("sec-websocket-extensions")).toBe(null);
});

Deno.test("[E4] an address that is not there is a problem document too", async () => {
  await using server = listen();
  const response = await fetch(`${server.url}/nowhere`);
  expect(response.status).toBe(404);
  expect(response.headers.get("content-type")).toBe("application/problem+json");
  expect(await response.json()).toEqual({
    type: "about:blank",
    title: "Cannot find /nowhere",
    status: 404,
    code: "not_found",
    retryable: false,
  });
});

Deno.test("[M6] two raw clients talk", async () => {
  await using server = listen();
  const { socket: anna } = await RawSocket.shake(server.port, {}, "/ws?name=Anna");
  const { socket: ben } = await RawSocket.shake(server.port, {}, "/ws?name=Ben");
  using _ = anna;
  using __ = ben;
  for (const socket of [anna, ben]) {
    await socket.send(Opcode.text, '{"type":"join_room","payload":{"roomId":"tea"}}');
    await socket.until("joined_room");
  }
  await anna.send(
    Opcode.text,
    '{"type":"send_message","payload":{"roomId":"tea","content":"電文 🍵"},"messageId":"m1"}',
  );
  expect((await anna.until("ack")).payload).toMatchObject({ success: true, offset: 1 });
  expect((await ben.until("new_message")).payload).toMatchObject({ content: "電文 🍵", userName: "Anna" });
});
