import { expect } from "@std/expect";
import { jwt } from "../../src/auth/jwt.ts";
import type { RelayOptions } from "../../src/relay.ts";
import { listen, type Listening } from "../harness/server.ts";
import { RawSocket } from "../harness/raw_socket.ts";
import { OLD_SECRET, SECRET, signed, tokenFor } from "./tokens.ts";

const auth = jwt({ secrets: [SECRET] });
const withTokens = (options: Partial<RelayOptions> = {}) => listen({ auth, ...options });
const bearer = (token: string) => ({ "Authorization": `Bearer ${token}` });

/** What a handshake came to: the `welcome`, or the status and the code it was refused with. */
async function enter(
  server: Listening,
  headers: Record<string, string | undefined> = {},
  path = "/ws",
  // deno-lint-ignore no-explicit-any -- whatever a test expects
): Promise<any> {
  const { socket, response } = await RawSocket.shake(server.port, headers, path);
  using _ = socket;
  if (response.status === 101) {
    return { protocol: response.headers.get("sec-websocket-protocol"), ...(await socket.json()).payload };
  }
  const body = await socket.body(response);
  return { status: response.status, headers: response.headers, body, ...JSON.parse(body) };
}

const origins = [
  "https://evil.example",
  "https://app.example.evil.com",
  "null",
  "https://APP.example",
  "https://app.example:444",
];
for (const origin of origins) {
  Deno.test(`[threat A1] a page of ${origin} is refused before the upgrade`, async () => {
    const headers = { ...bearer(await tokenFor("anna")), "Origin": origin };
    await using server = withTokens({ allowedOrigins: ["https://app.example"] });
    expect(await enter(server, headers)).toMatchObject({ status: 403, code: "forbidden" });
    // the control: on the list it gets in, so nothing else kept it out
    await using open = withTokens({ allowedOrigins: [origin] });
    expect(await enter(open, headers)).toMatchObject({ userId: "anna" });
  });
}

Deno.test("[threat A1] a client that is no page needs a token, not an origin", async () => {
  await using server = withTokens();
  expect(await enter(server, bearer(await tokenFor("anna")))).toMatchObject({ userId: "anna" });
  expect(await enter(server)).toMatchObject({ status: 401 });
});

Deno.test("[threat A2] without a right token: 401 before the upgrade, and not a byte of a room", async () => {
  await using server = withTokens();
  const wrong: Record<string, Record<string, string | undefined>> = {
    "none": {},
    "an empty one": { "Authorization": "Bearer " },
    "garbage": bearer("garbage"),
    "another secret's": bearer(await signed({ sub: "anna", exp: 9e9 }, OLD_SECRET)),
    "an expired one": bearer(await tokenFor("anna", { exp: 1000 })),
    "a cookie with garbage": { "Cookie": "denbun_session=garbage" },
    "a subprotocol with garbage": { "Sec-WebSocket-Protocol": "denbun.json, bearer.garbage" },
  };
  for (const [name, headers] of Object.entries(wrong)) {
    const refused = await enter(server, headers);
    expect([name, refused]).toMatchObject([name, { status: 401, code: "unauthorized" }]);
    expect(refused.headers.get("www-authenticate")).toBe("Bearer");
    expect(refused.headers.get("upgrade")).toBeNull();
    expect(Object.keys(JSON.parse(refused.body)).toSorted()).toEqual([
      "code",
      "retryable",
      "status",
      "title",
      "type",
    ]);
  }
  // the control: where guests enter, who brings nothing gets in
  await using open = withTokens({ guests: true });
  expect(await enter(open)).toMatchObject({ userId: expect.stringMatching(/^guest-/) });
});

Deno.test("[C2] a token in a subprotocol lets in and is never echoed", async () => {
  await using server = withTokens();
  const offer = `denbun.json, bearer.${await tokenFor("anna")}`;
  expect(await enter(server, { "Sec-WebSocket-Protocol": offer })).toMatchObject({
    userId: "anna",
    protocol: "denbun.json",
  });
  const lone = await enter(server, { "Sec-WebSocket-Protocol": `bearer.${await tokenFor("anna")}` });
  expect(lone).toMatchObject({ status: 400 });
});

Deno.test("[threat A9] a token in the address is 401 and stands in no answer", async () => {
  await using server = withTokens();
  const token = await tokenFor("anna");
  for (const query of [`token=${token}`, `access_token=${token}`, `x=${token}`]) {
    const refused = await enter(server, {}, `/ws?${query}`);
    expect(refused).toMatchObject({ status: 401 });
    expect(refused.body).not.toContain(token.slice(0, 20));
    const answer = await fetch(`${server.url}/api/session?${query}`);
    expect(answer.status).toBe(401);
    expect(await answer.text()).not.toContain(token.slice(0, 20));
  }
});

Deno.test("[threat A9] POST /api/tickets gives a ticket for one entrance", async () => {
  await using server = withTokens();
  const token = await tokenFor("anna");
  const json = { "content-type": "application/json" };
  const issue = (headers: Record<string, string>) =>
    fetch(`${server.url}/api/tickets`, { method: "POST", headers, body: null });
  const answer = await issue(bearer(token));
  expect(answer.status).toBe(200);
  expect(answer.headers.get("cache-control")).toBe("no-store");
  const { ticket, expiresAt } = await answer.json();
  expect(Date.parse(expiresAt) - Date.now()).toBeLessThanOrEqual(30_000);
  expect(await enter(server, {}, `/ws?ticket=${ticket}`)).toMatchObject({ userId: "anna" });
  expect(await enter(server, {}, `/ws?ticket=${ticket}`)).toMatchObject({ status: 401 });
  const unknown = await issue(json);
  expect(unknown.status).toBe(401);
  await unknown.body?.cancel();
});

Deno.test("[C2] POST /api/session makes a cookie of a token, for our own pages, and tells it to no page", async () => {
  await using server = withTokens({ allowedOrigins: ["https://app.example"] });
  const token = await tokenFor("anna");
  const begun = await fetch(`${server.url}/api/session`, {
    method: "POST",
    headers: { ...bearer(token), "content-type": "application/json" },
    body: "{}",
  });
  expect(begun.status).toBe(200);
  const cookie = begun.headers.get("set-cookie")!;
  expect(cookie).toMatch(
    /^denbun_session=[\w.-]+; Path=\/; HttpOnly; SameSite=Strict; Max-Age=3(?:600|599)$/,
  );
  expect(await begun.json()).toEqual({
    userId: "anna",
    userName: "ANNA",
    expiresAt: expect.any(String),
    timestamp: expect.any(String),
    maxMessageBytes: 65_536,
  });
  const own = { "Cookie": cookie.split(";")[0]! };
  expect(await enter(server, own)).toMatchObject({ userId: "anna" });
  expect(await enter(server, { ...own, "Origin": server.url })).toMatchObject({ userId: "anna" });
  expect(await enter(server, { ...own, "Origin": "https://app.example" })).toMatchObject({ status: 401 });
  const who = await fetch(`${server.url}/api/session`, { headers: { cookie: own.Cookie } });
  expect(await who.text()).not.toContain(token);
  const ended = await fetch(`${server.url}/api/session`, { method: "DELETE" });
  expect(ended.headers.get("set-cookie")).toContain("Max-Age=0");
});

Deno.test("[C3] with a key guests enter only if they may, and their tokens no further", async () => {
  await using guests = withTokens({ guests: true });
  await using none = withTokens({ store: guests.relay.hub.store });
  const { session, userId } = await enter(guests, {}, "/ws?name=Gast");
  expect(await enter(guests, bearer(session))).toMatchObject({ userId });
  expect(await enter(guests, bearer(await tokenFor("anna")))).toMatchObject({ userId: "anna" });
  expect(await enter(none, bearer(session))).toMatchObject({ status: 401 });
  // no application's token makes a guest, and no guest's claims an application's user
  expect(await enter(guests, bearer(await tokenFor(userId)))).toMatchObject({ status: 401 });
  expect(await enter(guests, bearer(await tokenFor("anna", { aud: "denbun-guest" })))).toMatchObject({
    status: 401,
  });
});

Deno.test("[C3] a relay that nobody could enter is refused at construction", () => {
  expect(() => listen({ guests: false })).toThrow("guests may not enter");
});

Deno.test("[C7] a token for streams opens no socket, and a token for sockets no stream", async () => {
  await using server = withTokens();
  const events = await tokenFor("anna", { scope: "openid denbun:events denbun:poll" });
  expect(await enter(server, bearer(events))).toMatchObject({ status: 401 });
  expect(await enter(server, bearer(await tokenFor("anna", { scope: "denbun:websocket" })))).toMatchObject({
    userId: "anna",
  });
  // the control: words that are not about doors close none
  expect(await enter(server, bearer(await tokenFor("anna", { scope: "openid email" })))).toMatchObject({
    userId: "anna",
  });
});

Deno.test("[C4] welcome says when the token ends", async () => {
  await using server = withTokens();
  const exp = Math.floor(Date.now() / 1000) + 600;
  expect(await enter(server, bearer(await tokenFor("anna", { exp })))).toMatchObject({
    expiresAt: new Date(exp * 1000).toISOString(),
  });
});

Deno.test("[threat A10] over a real socket a token's end closes 4000, and not before", async () => {
  await using server = withTokens();
  const exp = Math.floor(Date.now() / 1000) + 2;
  const { socket } = await RawSocket.shake(server.port, bearer(await tokenFor("anna", { exp })));
  using _ = socket;
  expect(await socket.closed()).toBe(4000);
  expect(Date.now()).toBeGreaterThanOrEqual(exp * 1000);
});
