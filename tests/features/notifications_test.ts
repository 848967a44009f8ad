import { expect } from "@std/expect";
import { chat } from "../../src/features/chat.ts";
import { notifications } from "../../src/features/notifications.ts";
import { RawClient } from "../e2e/raw_client.ts";
import { type Site, site, Stream } from "../transports_http/harness/mod.ts";

const KEY = "the key of our servers, 32 bytes long";
const open = (demo = false) => site({ serverKeys: [KEY], features: [notifications({ demo }), chat()] });

function notify(server: Site, userId: string, body: object, key = KEY): Promise<Response> {
  return fetch(`${server.url}/api/users/${userId}/notifications`, {
    method: "POST",
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
    body: JSON.stringify(body),
  });
}

async function notified(server: Site, userId: string, title: string): Promise<number> {
  const answer = await notify(server, userId, { title });
  expect(answer.status).toBe(201);
  return (await answer.json()).offset;
}

const streamOf = (server: Site, token: string) =>
  Stream.open(`${server.url}/api/notifications`, { authorization: `Bearer ${token}` });

Deno.test("[F1] a notification reaches each device of its user, over stream, socket and poll, and nobody else", async () => {
  await using server = open();
  const ann = server.user("ann");
  await using phone = await streamOf(server, "ann");
  await phone.until("joined_room");
  const desk = await RawClient.open(server.wsUrl, ["denbun.json", "bearer.ann"]);
  await desk.ask("join_room", { roomId: "user:ann" });
  const body = { type: "order", title: "Shipped", body: "Order 42 is on its way.", url: "/orders/42" };
  const answer = await notify(server, "ann", body);
  expect(answer.status).toBe(201);
  const saved = await answer.json();
  const expected = { ...body, id: saved.savedId, offset: 1, roomId: "user:ann", userId: "@server" };
  expect((await phone.until("notification")).envelope.payload).toMatchObject(expected);
  expect((await desk.next(({ type }) => type === "notification")).payload).toMatchObject(expected);
  expect((await ann.poll("user:ann")).messages.map(({ payload }) => payload)).toMatchObject([expected]);
  await desk.close();

  const stranger = await server.user("ben").fetch("/api/rooms/user:ann/messages");
  expect([stranger.status, (await stranger.json()).code]).toEqual([403, "forbidden"]);
});

Deno.test("[F1b] what came while a user was away comes on return: after the position, or after what was read", async () => {
  await using server = open();
  await notified(server, "ann", "one");
  await notified(server, "ann", "two");
  const ann = server.user("ann");
  const titles = async (count: number) => {
    await using stream = await streamOf(server, "ann");
    await stream.until("joined_room");
    const seen: string[] = [];
    while (seen.length < count) seen.push((await stream.until("notification")).envelope.payload.title);
    return seen;
  };
  expect(await titles(2)).toEqual(["one", "two"]);
  const { epoch } = await (await ann.fetch("/api/inbox")).json();
  await ann.send({ type: "read_messages", payload: { roomId: "user:ann", epoch, upTo: 2 } });
  await notified(server, "ann", "three");
  expect(await titles(1)).toEqual(["three"]);
});

Deno.test("[F1b] the inbox is paged, newest page first, and says how much is unread; devices agree on it", async () => {
  await using server = open();
  for (const title of ["one", "two", "three"]) await notified(server, "ann", title);
  const ann = server.user("ann");
  const inbox = async (query = "") => await (await ann.fetch(`/api/inbox${query}`)).json();
  const page = await inbox("?limit=2");
  expect(page).toMatchObject({ roomId: "user:ann", offset: 3, upTo: 0, unread: 3, hasMore: true });
  expect(page.notifications).toMatchObject([{ title: "two", offset: 2 }, { title: "three", offset: 3 }]);
  const older = await inbox(`?limit=2&before=${page.notifications[0].offset}`);
  expect(older).toMatchObject({ hasMore: false, notifications: [{ title: "one", offset: 1, url: null }] });

  await using other = await streamOf(server, "ann");
  await other.until("joined_room");
  await ann.send({ type: "read_messages", payload: { roomId: "user:ann", epoch: page.epoch, upTo: 2 } });
  expect((await other.until("messages_read")).envelope.payload).toMatchObject({ userId: "ann", upTo: 2 });
  expect(await inbox()).toMatchObject({ upTo: 2, unread: 1 });
});

Deno.test("[F1] [A2] a notification posted twice under one messageId is one", async () => {
  await using server = open();
  const post = async () => {
    const answer = await notify(server, "ann", { title: "once", messageId: "order-42" });
    return [answer.status, (await answer.json()).offset];
  };
  expect([await post(), await post()]).toEqual([[201, 1], [200, 1]]);
});

Deno.test("[F1] [S0] only the application's servers notify, and only of what can be shown", async () => {
  await using server = open();
  const refused = async (answer: Promise<Response>) => {
    const response = await answer;
    return [response.status, (await response.json()).code];
  };
  expect(await refused(notify(server, "ann", { title: "x" }, "another key, as long as the right one")))
    .toEqual(
      [401, "unauthorized"],
    );
  expect(await refused(notify(server, "ann", { title: " " }))).toEqual([400, "bad_request"]);
  expect(await refused(notify(server, "ann", { title: "x", url: "javascript:alert(1)" }))).toEqual(
    [400, "bad_request"],
  );
  expect(await refused(notify(server, "ann", { title: "x", url: "//elsewhere.example" }))).toEqual(
    [400, "bad_request"],
  );
  expect(await refused(notify(server, "-ann", { title: "x" }))).toEqual([400, "bad_request"]);
  expect(await refused(fetch(`${server.url}/api/inbox`))).toEqual([401, "unauthorized"]);
  // not even its owner writes to a user's room
  const own = await server.user("ann").send({
    type: "publish",
    payload: { roomId: "user:ann", event: "x", data: 1 },
  });
  expect(own.payload).toMatchObject({ success: false, error: { code: "forbidden" } });
});

Deno.test("[F1] the demo lets users notify themselves, a few at once; without it there is no such route", async () => {
  await using plain = open();
  const missing = await plain.user("ann").post("/api/demo/notifications", { title: "x" });
  expect([missing.status, (await missing.json()).code]).toEqual([404, "not_found"]);

  await using server = open(true);
  const ann = server.user("ann");
  const statuses: number[] = [];
  for (let n = 0; n < 15; n++) {
    const answer = await ann.post("/api/demo/notifications", { title: `note ${n}`, userId: "ben" });
    await answer.body?.cancel();
    statuses.push(answer.status);
  }
  expect(statuses.slice(0, 10).every((status) => status === 201)).toBe(true);
  expect(statuses.at(-1)).toBe(429);
  const others = await (await server.user("ben").fetch("/api/inbox")).json();
  expect(others.notifications).toEqual([]);
});
