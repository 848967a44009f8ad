import { timingSafeEqual } from "node:crypto";
import { expect } from "@std/expect";
import { ServerKey } from "../../src/auth/server_key.ts";
import { jwt } from "../../src/auth/jwt.ts";
import { RelayError } from "../../src/protocol/errors.ts";
import { RawClient } from "../e2e/raw_client.ts";
import { listen, type Listening } from "../harness/server.ts";
import { changedSource } from "../harness/changed_source.ts";
import { SECRET, tokenFor } from "./tokens.ts";

const KEY = "the key of our servers, 32 bytes long";
const NEXT = "the next key of our servers, as long";

const open = (serverKeys = [KEY]) => listen({ auth: jwt({ secrets: [SECRET] }), serverKeys });

interface Asked {
  readonly status: number;
  // deno-lint-ignore no-explicit-any -- whatever a test expects
  readonly body: any;
  readonly text: string;
}

async function ask(
  server: Listening,
  request: string,
  { key = KEY, body, headers = {} }: {
    key?: string | null;
    body?: unknown;
    headers?: Record<string, string>;
  } = {},
): Promise<Asked> {
  const [method, path] = request.split(" ");
  const answer = await fetch(server.url + path, {
    method: method!,
    headers: {
      ...key === null ? {} : { authorization: `Bearer ${key}` },
      ...body === undefined ? {} : { "content-type": "application/json" },
      ...headers,
    },
    ...body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) },
  });
  const text = await answer.text();
  return { status: answer.status, text, body: text === "" ? undefined : JSON.parse(text) };
}

async function connect(server: Listening, userId: string, changed = {}): Promise<RawClient> {
  return await RawClient.open(server.wsUrl, ["denbun.json", `bearer.${await tokenFor(userId, changed)}`]);
}

const routes = [
  "POST /api/users/anna/revoke",
  "POST /api/users/anna/disconnect",
  "GET /api/rooms/board/members",
  "PUT /api/rooms/board/members/anna",
  "DELETE /api/rooms/board/members/anna",
  "DELETE /api/rooms/board/members",
];
for (const route of routes) {
  Deno.test(`[S0] ${route} is for the application's servers alone`, async () => {
    await using server = open();
    const answers = {
      "no key": await ask(server, route, { key: null, ...!route.startsWith("GET") && { body: {} } }),
      "a wrong key": await ask(server, route, { key: NEXT }),
      "a user's token": await ask(server, route, { key: await tokenFor("anna") }),
    };
    for (const [name, { status, body }] of Object.entries(answers)) {
      expect([name, status, body.code]).toEqual([name, 401, "unauthorized"]);
    }
    const pages = [{ origin: server.url }, { origin: "null" }, { "sec-fetch-site": "same-origin" }];
    for (const headers of pages as Record<string, string>[]) {
      expect(await ask(server, route, { headers })).toMatchObject({
        status: 403,
        body: { code: "forbidden" },
      });
    }
    await using keyless = open([]);
    expect(await ask(keyless, route)).toMatchObject({ status: 403, body: { code: "forbidden" } });
    // the control: the key lets in
    expect((await ask(server, route)).status).toBeLessThan(300);
  });
}

const guesses = [KEY, NEXT, "x", KEY.slice(0, -1) + "!", ""];

/** How many bytes are compared for each guess. */
function compared(Key: typeof ServerKey): number[] {
  return guesses.map((guess) => {
    let bytes = 0;
    const keys = new Key([KEY, NEXT], (a, b) => {
      bytes += a.byteLength;
      return timingSafeEqual(a, b);
    });
    try {
      keys.check(new Headers({ authorization: `Bearer ${guess}` }));
    } catch (error) {
      if ((error as RelayError).code !== "unauthorized") throw error;
    }
    return bytes;
  });
}

Deno.test("[threat A13] whatever key is given, as many bytes are compared: two digests of 32", () => {
  expect(compared(ServerKey)).toEqual(guesses.map(() => 64));
});

Deno.test("[threat A13] the control: a check that ends at the first match tells which key it was", async () => {
  const root = await changedSource([{ file: "auth/server_key.ts", from: ".filter(", to: ".some(" }, {
    file: "auth/server_key.ts",
    from: "right.length === 0",
    to: "!right",
  }]);
  const hasty: typeof import("../../src/auth/server_key.ts") = await import(`${root}auth/server_key.ts`);
  expect(compared(hasty.ServerKey)).toEqual([32, 64, 64, 64, 64]);
  await Deno.remove(root, { recursive: true });
});

Deno.test("[S0] two keys count while they are rotated, weak ones never", async () => {
  await using server = open([KEY, NEXT]);
  for (const key of [KEY, NEXT]) expect((await ask(server, routes[0]!, { key })).status).toBe(204);
  for (const weak of ["short", "changeme".repeat(5), "x".repeat(40)]) {
    expect(() => new ServerKey([weak])).toThrow(RangeError);
  }
});

Deno.test("[threat A11] POST /api/users/{id}/revoke ends the user's connections and refuses its tokens", async () => {
  await using server = open();
  const iat = Math.floor(Date.now() / 1000) - 5;
  const anna = await connect(server, "anna", { iat });
  const ben = await connect(server, "ben");
  expect((await ask(server, "POST /api/users/anna/revoke")).status).toBe(204);
  expect((await anna.closed).code).toBe(4501);
  await expect(connect(server, "anna", { iat })).rejects.toThrow("closed before");
  const later = await connect(server, "anna", { iat: Math.floor(Date.now() / 1000) + 2 });
  await later.close();
  await ben.close();
});

Deno.test("[S1] POST /api/users/{id}/disconnect closes 4510, and the same token may come back", async () => {
  await using server = open();
  const anna = await connect(server, "anna");
  expect((await ask(server, "POST /api/users/anna/disconnect")).status).toBe(204);
  expect((await anna.closed).code).toBe(4510);
  await (await connect(server, "anna")).close();
});

Deno.test("[S1] members of a private room: put, listed, removed, and the room opened again", async () => {
  await using server = open();
  const anna = await connect(server, "anna");
  const eve = await connect(server, "eve");
  await eve.ask("join_room", { roomId: "board" });
  const members = "/api/rooms/board/members";
  expect((await ask(server, `PUT ${members}/anna`)).status).toBe(204);
  // it was open before: who is no member is put out
  expect((await eve.next(({ type }) => type === "reset")).payload).toMatchObject({ reason: "forbidden" });
  expect(await eve.ask("join_room", { roomId: "board" })).toMatchObject({ error: { code: "forbidden" } });
  expect((await ask(server, `PUT ${members}/ben`, { body: { rights: "r" } })).status).toBe(204);
  expect((await ask(server, `GET ${members}`)).body).toEqual({
    roomId: "board",
    private: true,
    members: [{ userId: "anna", rights: "rw" }, { userId: "ben", rights: "r" }],
  });
  expect(await anna.ask("join_room", { roomId: "board" })).toMatchObject({ success: true });
  const ben = await connect(server, "ben");
  expect(await ben.ask("join_room", { roomId: "board" })).toMatchObject({ success: true });
  expect(await ben.ask("send_message", { roomId: "board", content: "x" })).toMatchObject({
    error: { code: "forbidden" },
  });
  expect((await ask(server, `DELETE ${members}/anna`)).status).toBe(204);
  expect((await anna.next(({ type }) => type === "reset")).payload).toMatchObject({ reason: "forbidden" });
  expect((await ask(server, `DELETE ${members}`)).status).toBe(204);
  expect(await eve.ask("join_room", { roomId: "board" })).toMatchObject({ success: true });
  expect((await ask(server, `GET ${members}`)).body).toEqual({
    roomId: "board",
    private: false,
    members: [],
  });
  for (const client of [anna, ben, eve]) await client.close();
});

const bad: [string, unknown, number][] = [
  ["PUT /api/rooms/board/members/anna", "{rights", 400],
  ["PUT /api/rooms/board/members/anna", { rights: "x" }, 400],
  ["PUT /api/rooms/board/members/anna", { rights: "" }, 400],
  ["PUT /api/rooms/board/members/anna", { rights: "rr" }, 400],
  ["PUT /api/rooms/board/members/anna", { rights: 7 }, 400],
  ["PUT /api/rooms/board/members/anna", "x".repeat(10_000), 413],
  ["PUT /api/rooms/board/members/an%20na", {}, 400],
  ["PUT /api/rooms/%2e%2e/members/anna", {}, 404],
  ["PUT /api/rooms/user:anna/members/ben", {}, 400],
  ["POST /api/users/%0Aanna/revoke", {}, 400],
  ["POST /api/users/anna/banish", {}, 404],
];
for (const [route, body, status] of bad) {
  Deno.test(`[E4] ${route} ${JSON.stringify(body).slice(0, 20)} is a problem document with ${status}`, async () => {
    await using server = open();
    const code = { 400: "bad_request", 404: "not_found", 413: "too_large" }[status];
    expect(await ask(server, route, { body })).toMatchObject({ status, body: { code, status } });
  });
}

Deno.test("an embedder revokes, disconnects and sets members without HTTP", async () => {
  await using server = open([]);
  const { relay } = server;
  const [anna, ben, carl] = [
    await connect(server, "anna"),
    await connect(server, "ben"),
    await connect(server, "carl"),
  ];
  await carl.ask("join_room", { roomId: "board" });
  await relay.members.put("board", "anna", ["read"]);
  expect((await carl.next(({ type }) => type === "reset")).payload).toMatchObject({ reason: "forbidden" });
  await relay.revoke("anna");
  await relay.disconnect("ben");
  expect([(await anna.closed).code, (await ben.closed).code]).toEqual([4501, 4510]);
  await carl.close();
});

Deno.test("an embedder's own policy takes effect at once when it says that it changed", async () => {
  const banned = new Set<string>();
  await using server = listen({
    policy: ({ userId }, right, roomId) => right !== "admin" && !banned.has(`${userId} ${roomId}`),
  });
  const anna = await RawClient.open(`${server.wsUrl}?name=Anna`);
  const userId = anna.received[0]!.payload.userId;
  await anna.ask("join_room", { roomId: "tea" });
  banned.add(`${userId} tea`);
  await server.relay.roomChanged("tea");
  expect((await anna.next(({ type }) => type === "reset")).payload).toMatchObject({
    roomId: "tea",
    reason: "forbidden",
  });
  await anna.close();
});

Deno.test("[S0] the check says why it refuses", () => {
  const none = new ServerKey([]);
  expect(() => none.check(new Headers())).toThrow(RelayError);
  expect(() => none.check(new Headers())).toThrow("no server key is configured");
});
