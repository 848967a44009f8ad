import { expect } from "@std/expect";
import { RawSocket } from "../harness/raw_socket.ts";
import { listen } from "../harness/server.ts";

const APP = "https://app.example";
const open = () => listen({ allowedOrigins: [APP] });
const evil = [
  "https://evil.example",
  "https://app.example.evil.com",
  "null",
  "https://APP.example",
  "http://app.example",
];

async function answered(response: Promise<Response>) {
  const answer = await response;
  return { status: answer.status, headers: answer.headers, text: await answer.text() };
}

for (const origin of evil) {
  Deno.test(`[threat C13] a page of ${origin} gets no permission and no body`, async () => {
    await using server = open();
    const headers = { origin, "content-type": "application/json" };
    const requests: [string, RequestInit][] = [
      ["/api/session", { method: "POST", body: "{}" }],
      ["/api/session", {}],
      ["/api/rooms/tea/messages", {}],
      ["/api/events?rooms=tea", {}],
      ["/api/tickets", { method: "OPTIONS" }],
    ];
    for (const [path, init] of requests) {
      const { status, headers: answer, text } = await answered(
        fetch(server.url + path, { ...init, headers }),
      );
      expect([path, status]).toEqual([path, 403]);
      expect(answer.get("access-control-allow-origin")).toBeNull();
      expect(answer.get("set-cookie")).toBeNull();
      expect(text).not.toContain("token");
    }
  });
}

Deno.test("[threat C13] a page that may ask is told so by its own name, never with credentials", async () => {
  await using server = open();
  const asked = await answered(fetch(`${server.url}/api/session`, {
    method: "OPTIONS",
    headers: { origin: APP, "access-control-request-method": "POST" },
  }));
  expect(asked.status).toBe(204);
  expect(asked.headers.get("access-control-allow-methods")).toContain("POST");
  expect(asked.headers.get("access-control-allow-headers")).toContain("Authorization");
  const posted = await answered(fetch(`${server.url}/api/session`, {
    method: "POST",
    headers: { origin: APP, "content-type": "application/json" },
    body: "{}",
  }));
  expect(posted.status).toBe(200);
  const failed = await answered(fetch(`${server.url}/api/session`, { headers: { origin: APP } }));
  expect(failed.status).toBe(401);
  // errors too: a page must be able to read why
  for (const { headers } of [asked, posted, failed]) {
    expect(headers.get("access-control-allow-origin")).toBe(APP);
    expect(headers.get("access-control-allow-credentials")).toBeNull();
    expect(headers.get("vary")).toContain("Origin");
  }
});

Deno.test("[threat C13] answers differ by origin, and say so to caches, also where none was sent", async () => {
  await using server = open();
  const { headers } = await answered(fetch(`${server.url}/api/session`));
  expect(headers.get("vary")).toContain("Origin");
  expect(headers.get("access-control-allow-origin")).toBeNull();
});

const types = [
  undefined,
  "text/plain",
  "application/x-www-form-urlencoded",
  "multipart/form-data; boundary=x",
  "text/plain; application/json",
];
for (const type of types) {
  Deno.test(`[threat C13] what changes something is not taken as ${type}: no form can send it`, async () => {
    await using server = open();
    for (const path of ["/api/session", "/api/tickets"]) {
      const headers = type === undefined ? {} : { "content-type": type };
      const body = new TextEncoder().encode("{}");
      const { status, headers: answer, text } = await answered(
        fetch(server.url + path, { method: "POST", headers, body }),
      );
      expect([path, status]).toEqual([path, 415]);
      expect(answer.get("content-type")).toBe("application/problem+json");
      expect(JSON.parse(text)).toMatchObject({ code: "bad_request" });
    }
  });
}

Deno.test("[C2] a request without a body needs no type, also from who does not say how long none is, as curl", async () => {
  await using server = open();
  const { token } = await (await fetch(`${server.url}/api/session`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: "{}",
  })).json();
  const status = async (more: string) => {
    using socket = await RawSocket.open(server.port);
    const head = `POST /api/tickets HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\n`;
    await socket.write(new TextEncoder().encode(head + more));
    return (await socket.response()).status;
  };
  expect(await status("\r\n")).toBe(200);
  expect(await status("Content-Length: 0\r\n\r\n")).toBe(200);
  // the control: what has a body says of what type
  expect(await status("Content-Length: 2\r\n\r\n{}")).toBe(415);
  expect(await status("Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n")).toBe(415);
});

Deno.test("[E4] malformed JSON, a body of untold length and an unknown path are problem documents", async () => {
  await using server = open();
  const headers = { "content-type": "application/json" };
  // its length is not told
  const pieces = ReadableStream.from(
    Array.from({ length: 8 }, () => new TextEncoder().encode(" ".repeat(1024))),
  );
  const cases: [number, string, Promise<Response>][] = [
    [400, "bad_request", fetch(`${server.url}/api/session`, { method: "POST", headers, body: "{" })],
    [413, "too_large", fetch(`${server.url}/api/session`, { method: "POST", headers, body: pieces })],
    [404, "not_found", fetch(`${server.url}/api/nothing`)],
  ];
  for (const [status, code, response] of cases) {
    const answer = await answered(response);
    expect(answer.status).toBe(status);
    expect(answer.headers.get("content-type")).toBe("application/problem+json");
    expect(JSON.parse(answer.text)).toMatchObject({ code, status });
  }
});
