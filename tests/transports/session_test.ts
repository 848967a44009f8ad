import { expect } from "@std/expect";
import { listen, type Listening } from "../harness/server.ts";
import { RawSocket } from "../harness/raw_socket.ts";

interface SessionBody {
  token: string;
  userId: string;
  userName: string;
  expiresAt: string;
}

function post(server: Listening, body: unknown, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(`${server.url}/api/session`, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });
}

async function session(
  server: Listening,
  name = "Anna",
  headers: Record<string, string> = {},
): Promise<SessionBody> {
  return await (await post(server, { name }, headers)).json();
}

/** The `welcome` of a connection with these headers, or the status it was refused with. */
async function welcome(server: Listening, headers: Record<string, string> = {}, path = "/ws") {
  const { socket, response } = await RawSocket.shake(server.port, headers, path);
  using _ = socket;
  return response.status === 101 ? (await socket.json()).payload : response.status;
}

Deno.test("[C3] who brings nothing becomes a guest, and is given the token that keeps it one", async () => {
  await using server = listen();
  const first = await welcome(server);
  expect(first.userId).toMatch(/^guest-[0-9a-f]{20}$/);
  expect(first.userName).toMatch(/^Guest [0-9a-f]{4}$/);
  expect(Date.parse(first.expiresAt)).toBeGreaterThan(Date.now() + 29 * 24 * 3600_000);
  const again = await welcome(server, { "Authorization": `Bearer ${first.session}` });
  expect(again).toMatchObject({ userId: first.userId, userName: first.userName });
  expect(again.session).toBeUndefined();
  expect((await welcome(server)).userId).not.toBe(first.userId);
});

Deno.test("[C3] ?name= names a guest, new or known; the renamed one is given a new token", async () => {
  await using server = listen();
  const first = await welcome(server, {}, "/ws?name=%E9%9B%BB%E6%96%87");
  expect(first.userName).toBe("電文");
  const headers = { "Authorization": `Bearer ${first.session}` };
  const renamed = await welcome(server, headers, "/ws?name=Anna");
  expect(renamed).toMatchObject({ userId: first.userId, userName: "Anna", session: expect.any(String) });
  const same = await welcome(server, { "Authorization": `Bearer ${renamed.session}` }, "/ws?name=Anna");
  expect(same).toMatchObject({ userId: first.userId, userName: "Anna" });
  expect(same.session).toBeUndefined();
});

Deno.test("[C3] POST /api/session answers a guest's token and sets the session cookie", async () => {
  await using server = listen();
  const response = await post(server, { name: " yamada " });
  expect(response.status).toBe(200);
  expect(response.headers.get("cache-control")).toBe("no-store");
  const cookie = response.headers.get("set-cookie")!;
  expect(cookie).toMatch(/^denbun_session=[\w.-]+; Path=\/; HttpOnly; SameSite=Strict; Max-Age=\d+$/);
  const body = await response.json() as SessionBody;
  expect(body).toMatchObject({ userId: expect.stringMatching(/^guest-/), userName: "yamada" });
  expect(cookie).toContain(body.token);
  expect(await welcome(server, { "Cookie": cookie.split(";")[0]! }))
    .toMatchObject({ userId: body.userId, userName: "yamada" });
});

Deno.test("[C3] POST /api/session with a session keeps the user and changes the name", async () => {
  await using server = listen();
  const first = await session(server, "Anna");
  const second = await session(server, "Anna B.", { "cookie": `denbun_session=${first.token}` });
  expect(second).toMatchObject({ userId: first.userId, userName: "Anna B." });
  const unnamed = await (await post(server, {}, { "authorization": `Bearer ${second.token}` })).json();
  expect(unnamed).toMatchObject({ userId: first.userId, userName: "Anna B." });
});

Deno.test("[C3] GET /api/session says whose the session is, and 401 to who has none", async () => {
  await using server = listen();
  const { token, userId } = await session(server);
  const known = await fetch(`${server.url}/api/session`, { headers: { "authorization": `Bearer ${token}` } });
  expect(await known.json()).toMatchObject({ userId, userName: "Anna" });
  const unknown = await fetch(`${server.url}/api/session`);
  expect(unknown.status).toBe(401);
  expect(await unknown.json()).toMatchObject({ code: "unauthorized" });
});

Deno.test("[C2] a cookie that is stale is passed over, a token that is stale is 401", async () => {
  await using server = listen();
  await using other = listen();
  const { token, userId } = await session(other);
  const guest = await welcome(server, { "Cookie": `theme=dark; denbun_session=${token}` });
  expect(guest.userId).toMatch(/^guest-/);
  expect(guest.userId).not.toBe(userId);
  expect(guest.session).toEqual(expect.any(String));
  expect(await welcome(server, { "Authorization": `Bearer ${token}` })).toBe(401);
  expect(await welcome(server, { "Sec-WebSocket-Protocol": `denbun.json, bearer.${token}` })).toBe(401);
});

Deno.test("[C2] an explicit token goes before the cookie", async () => {
  await using server = listen();
  const anna = await session(server, "Anna");
  const ben = await session(server, "Ben");
  const headers = { "Authorization": `Bearer ${ben.token}`, "Cookie": `denbun_session=${anna.token}` };
  expect(await welcome(server, headers)).toMatchObject({ userId: ben.userId });
});

const base64url = (value: unknown) => btoa(JSON.stringify(value)).replace(/=+$/, "");

Deno.test("[C2] tokens that were tampered with are 401", async (t) => {
  await using server = listen();
  const { token, userId } = await session(server);
  const [head, body, signature] = token.split(".") as [string, string, string];
  const claims = JSON.parse(atob(body.replaceAll("-", "+").replaceAll("_", "/")));
  const forged = base64url({ ...claims, sub: "guest-00000000000000000000" });
  const { exp: _, ...endless } = claims;
  const tampered: Record<string, string> = {
    "another subject": `${head}.${forged}.${signature}`,
    "alg none": `${base64url({ alg: "none", typ: "JWT" })}.${forged}.`,
    "alg nOnE": `${base64url({ alg: "nOnE", typ: "JWT" })}.${body}.${signature}`,
    "another algorithm": `${base64url({ alg: "HS512", typ: "JWT" })}.${body}.${signature}`,
    "no signature": `${head}.${body}.`,
    "no exp": `${head}.${base64url(endless)}.${signature}`,
    "one letter changed": `${head}.${body}.${signature.startsWith("A") ? "B" : "A"}${signature.slice(1)}`,
    "not a token": "guest",
    "nothing": "",
    "a userId": userId,
  };
  for (const [name, wrong] of Object.entries(tampered)) {
    await t.step(
      name,
      async () => expect(await welcome(server, { "Authorization": `Bearer ${wrong}` })).toBe(401),
    );
  }
  expect(await welcome(server, { "Authorization": `Bearer ${token}` })).toMatchObject({ userId });
});

Deno.test("[C2] tokens with a right signature and wrong claims are 401", async (t) => {
  const { SignJWT } = await import("jose");
  const { memory } = await import("../../src/stores/memory.ts");
  const store = memory();
  await using server = listen({ store });
  const { userId } = await session(server);
  const row = await store.get("keys", "guests");
  const key = Uint8Array.fromBase64(JSON.parse(row!.value));
  const nowS = Math.floor(Date.now() / 1000);
  const sign = (claims: Record<string, unknown>) =>
    new SignJWT({ sub: userId, name: "Anna", iss: "denbun", aud: "denbun-guest", exp: nowS + 60, ...claims })
      .setProtectedHeader({ alg: "HS256" }).sign(key);
  expect(await welcome(server, { "Authorization": `Bearer ${await sign({})}` })).toMatchObject({ userId });
  const wrong: Record<string, Record<string, unknown>> = {
    "expired": { exp: nowS - 1 },
    "no exp": { exp: undefined },
    "not yet valid": { nbf: nowS + 60 },
    "another issuer": { iss: "elsewhere" },
    "another audience": { aud: "elsewhere" },
    "a subject that is no guest": { sub: "admin" },
    "no subject": { sub: undefined },
    "no name": { name: undefined },
    "a name with a line break": { name: "a\nb" },
  };
  for (const [name, claims] of Object.entries(wrong)) {
    await t.step(name, async () => {
      expect(await welcome(server, { "Authorization": `Bearer ${await sign(claims)}` })).toBe(401);
    });
  }
});

Deno.test("[C3] the key of guests lives in the store: every node of it honours their tokens", async () => {
  const { memory } = await import("../../src/stores/memory.ts");
  const store = memory();
  await using server = listen({ store });
  await using other = listen({ store });
  const [{ token, userId }] = await Promise.all([session(server), session(other)]);
  expect(await welcome(other, { "Authorization": `Bearer ${token}` })).toMatchObject({ userId });
});

const names: [string, string | undefined][] = [
  ["Anna", "Anna"],
  ["  Anna  ", "Anna"],
  ["e\u0301", "é"],
  ["👩‍🚀".replaceAll("\u200d", ""), "👩🚀"],
  ["x".repeat(64), "x".repeat(64)],
  ["x".repeat(65), undefined],
  ["", undefined],
  ["   ", undefined],
  ["a\u0000b", undefined],
  ["a\nb", undefined],
  ["\u202eanna", undefined],
  ["a\u200bb", undefined],
  ["\ufeffa", "a"],
];
for (const [name, kept] of names) {
  Deno.test(`[E6] the name ${encodeURIComponent(name).slice(0, 24) || "(empty)"} is ${kept ? "taken" : "refused"}`, async () => {
    await using server = listen();
    const response = await post(server, { name });
    expect(response.status).toBe(kept === undefined ? 400 : 200);
    const body = await response.json();
    if (kept === undefined) expect(body).toMatchObject({ code: "bad_request" });
    else expect(body.userName).toBe(kept);
  });
}

Deno.test("[E4] bad bodies and foreign pages are refused with a problem document", async (t) => {
  await using server = listen();
  const cases: [string, number, string, Promise<Response>][] = [
    ["not JSON", 400, "bad_request", post(server, "{name:")],
    ["no object", 400, "bad_request", post(server, "null")],
    ["a name that is no text", 400, "bad_request", post(server, { name: 7 })],
    ["no JSON content type", 415, "bad_request", post(server, "{}", { "content-type": "text/plain" })],
    ["a foreign page", 403, "forbidden", post(server, {}, { "origin": "https://evil.example" })],
    ["too large", 413, "too_large", post(server, { name: "x".repeat(100_000) })],
  ];
  for (const [name, status, code, answer] of cases) {
    await t.step(name, async () => {
      const response = await answer;
      expect(response.status).toBe(status);
      expect(response.headers.get("content-type")).toBe("application/problem+json");
      expect(response.headers.get("set-cookie")).toBe(null);
      expect(await response.json()).toMatchObject({ code });
    });
  }
});

Deno.test("[C3] behind TLS the cookie is Secure", async () => {
  await using server = listen();
  const { relay } = server;
  const request = new Request("https://denbun.example/api/session", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: "{}",
  });
  const response = await relay.app.fetch(request);
  expect(response.headers.get("set-cookie")).toMatch(/; Secure$/);
  await response.body?.cancel();
});
