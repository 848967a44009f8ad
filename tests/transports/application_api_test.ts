import { expect } from "@std/expect";
import { turn } from "../harness/clock.ts";
import { Harness } from "../harness/mod.ts";
import { memory } from "../../src/stores/memory.ts";
import { ControlledStore } from "../harness/mod.ts";
import { RawClient } from "../e2e/raw_client.ts";
import { type Site, site } from "../transports_http/harness/mod.ts";

const KEY = "the key of our servers, 32 bytes long";
const open = (options = {}) => site({ serverKeys: [KEY], ...options });

interface Asked {
  readonly status: number;
  // deno-lint-ignore no-explicit-any -- whatever a test expects
  readonly body: any;
}

async function ask(server: Site, request: string, body?: unknown, key = KEY): Promise<Asked> {
  const [method, path] = request.split(" ");
  const answer = await fetch(server.url + path, {
    method: method!,
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
    ...body === undefined ? {} : { body: JSON.stringify(body) },
  });
  return { status: answer.status, body: await answer.json() };
}

const join = async (server: Site, userId: string, roomId: string) => {
  const client = await RawClient.open(server.wsUrl, ["denbun.json", `bearer.${userId}`]);
  await client.ask("join_room", { roomId });
  return client;
};

Deno.test("[S1b] servers publish to many rooms at once; each member gets it, each outcome is told", async () => {
  await using server = open();
  const ann = await join(server, "ann", "tea");
  const ben = await join(server, "ben", "coffee");
  const { status, body } = await ask(server, "POST /api/publish", [
    { rooms: ["tea", "coffee"], event: "news", data: { n: 1 } },
    { rooms: ["tea"], event: "news", data: { n: 2 } },
  ]);
  expect(status).toBe(200);
  expect(body.published).toMatchObject([
    { success: true, roomId: "tea", offset: 1, duplicate: false },
    { success: true, roomId: "coffee", offset: 1 },
    { success: true, roomId: "tea", offset: 2 },
  ]);
  const event = (client: RawClient, n: number) =>
    client.next(({ type, payload }) => type === "event" && payload.data.n === n);
  expect((await event(ann, 1)).payload).toMatchObject({ userId: "@server", offset: 1 });
  expect((await event(ann, 2)).payload).toMatchObject({ offset: 2 });
  expect((await event(ben, 1)).payload).toMatchObject({ offset: 1 });
  await ann.close();
  await ben.close();
});

Deno.test("[S1b] [A2] what is published twice under one messageId is one, and another body a conflict", async () => {
  await using server = open();
  const publish = (data: unknown) =>
    ask(server, "POST /api/publish", { rooms: ["tea"], event: "news", data, messageId: "n1" });
  expect((await publish(1)).body.published[0]).toMatchObject({ success: true, duplicate: false, offset: 1 });
  expect((await publish(1)).body.published[0]).toMatchObject({ success: true, duplicate: true, offset: 1 });
  const other = await publish(2);
  expect(other.status).toBe(207);
  expect(other.body.published[0]).toMatchObject({
    success: false,
    roomId: "tea",
    error: { code: "conflict", retryable: false },
  });
});

Deno.test("[S1b] [A3] a store that fails is told event by event, and may be tried again", async () => {
  const store = new ControlledStore(memory());
  await using server = open({ store });
  store.failing = "before";
  const failed = await ask(server, "POST /api/publish", { rooms: ["tea"], event: "x", messageId: "m" });
  expect([failed.status, failed.body.published[0].error.code]).toEqual([207, "store_unavailable"]);
  store.failing = undefined;
  const again = await ask(server, "POST /api/publish", { rooms: ["tea"], event: "x", messageId: "m" });
  expect(again.body.published[0]).toMatchObject({ success: true, offset: 1 });
  await store.close();
});

Deno.test("[S1b] what cannot be published is refused as a whole, before anything is stored", async () => {
  await using server = open();
  for (
    const body of [
      {},
      [],
      { rooms: [], event: "x" },
      { rooms: ["not a room"], event: "x" },
      { rooms: ["tea"], event: "" },
      { rooms: ["tea"], event: "x", messageId: "not an id" },
      [{ rooms: ["tea"], event: "x" }, { rooms: ["tea"] }],
      { rooms: Array.from({ length: 1001 }, (_, n) => `r${n}`), event: "x" },
    ]
  ) {
    const { status, body: { code } } = await ask(server, "POST /api/publish", body);
    expect([JSON.stringify(body).slice(0, 60), status, code]).toEqual(
      [JSON.stringify(body).slice(0, 60), 400, "bad_request"],
    );
  }
  expect((await server.user("ann").poll("tea")).messages).toEqual([]);
});

Deno.test("[S1c] servers see which rooms have users, and who they are", async () => {
  await using server = open();
  expect((await ask(server, "GET /api/rooms")).body).toEqual({ rooms: [], complete: true });
  const ann = await join(server, "ann", "tea");
  const tab = await join(server, "ann", "tea");
  const ben = await join(server, "ben", "tea");
  const carl = await join(server, "carl", "coffee");
  expect((await ask(server, "GET /api/rooms")).body).toEqual({
    rooms: [{ roomId: "coffee", count: 1 }, { roomId: "tea", count: 2 }],
    complete: true,
  });
  expect((await ask(server, "GET /api/rooms/tea/presence")).body).toEqual({
    roomId: "tea",
    users: [{ userId: "ann", userName: "ANN" }, { userId: "ben", userName: "BEN" }],
    count: 2,
  });
  expect((await ask(server, "GET /api/rooms/empty/presence")).body).toMatchObject({ users: [], count: 0 });
  await Promise.all([ann, tab, ben, carl].map((client) => client.close()));
});

for (const request of ["POST /api/publish", "GET /api/rooms", "GET /api/rooms/tea/presence"]) {
  Deno.test(`[S0] ${request} is for the application's servers alone`, async () => {
    await using server = open();
    const body = request.startsWith("POST") ? { rooms: ["tea"], event: "x" } : undefined;
    const { status } = await ask(server, request, body, "another key, as long as the right one");
    expect(status).toBe(401);
    const token = await ask(server, request, body, "ann");
    expect(token.status).toBe(401);
  });
}

Deno.test("[S1c] the rooms of all nodes are counted once, and a node that is silent is said to be missing", async () => {
  using world = new Harness();
  const other = world.node("node-2");
  await world.settle();
  await world.member("anna", "tea");
  await world.connect("ben", { hub: other }).join("tea");
  await world.connect("carl", { hub: other }).join("coffee");
  await world.settle();
  const counting = world.hub.census.take();
  await world.settle();
  expect(await counting).toEqual({
    rooms: [{ roomId: "coffee", count: 1 }, { roomId: "tea", count: 2 }],
    complete: true,
  });
  other.close();
  // it is gone without a word that arrived: still counted among the others
  world.backplane.inject({ kind: "node", nodeId: "node-3" });
  await turn();
  const alone = world.hub.census.take();
  await world.advance(250);
  expect((await alone).complete).toBe(false);
});
