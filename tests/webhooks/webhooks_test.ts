import { expect } from "@std/expect";
import type { Observer } from "../../src/hub/observer.ts";
import { isolateMetrics } from "../../src/observability/metrics.ts";
import { memory } from "../../src/stores/memory.ts";
import { WebhookBodies, type WebhookEvent } from "../../src/webhooks/events.ts";
import type { WebhookOptions } from "../../src/webhooks/webhooks.ts";
import { RawClient } from "../e2e/raw_client.ts";
import { Harness, turn } from "../harness/mod.ts";
import { excessOf } from "../harness/strict.ts";
import { Lines } from "../observability/lines.ts";
import { read } from "../observability/reading.ts";
import { eventually, site } from "../transports_http/harness/mod.ts";
import { type Posted, Receiver, SECRET } from "./receiver.ts";

const to = ({ url }: Receiver, more: Partial<WebhookOptions> = {}) => ({
  webhooks: { url, secrets: [SECRET], limits: { firstWaitMs: 10 }, ...more },
});

const connect = (server: { readonly wsUrl: string }, userId: string) =>
  RawClient.open(server.wsUrl, ["denbun.json", `bearer.${userId}`]);

function misfits(posted: readonly Posted[]): string[] {
  return posted.flatMap(({ id: _, ...body }) =>
    excessOf(WebhookBodies[body.type as WebhookEvent], body, body.type) ?? []
  );
}

Deno.test("[S3] the application is told what was saved, who came and went, and why connections ended", async () => {
  await using receiver = new Receiver();
  await using server = site({ ...to(receiver), limits: { leaveGraceMs: 20 } });
  const anna = await connect(server, "anna");
  const again = await connect(server, "anna");
  await anna.ask("join_room", { roomId: "tea" });
  await again.ask("join_room", { roomId: "tea" });
  const saved = await anna.ask("send_message", { roomId: "tea", content: "Hello! 電文" }, "m-1");
  // a repeat is not saved, so it is not told
  anna.send("send_message", { roomId: "tea", content: "Hello! 電文" }, "m-1");
  await anna.next(({ type, payload }) => type === "ack" && payload.duplicate);
  await receiver.until(() => receiver.posted.length === 2, "joined and saved");
  const [message] = receiver.of("message.saved");
  const envelope = await anna.next(({ type }) => type === "new_message");
  expect(message!.data).toEqual(envelope);
  expect(message).toMatchObject({
    id: saved.savedId,
    data: { payload: { content: "Hello! 電文", offset: 1 } },
  });
  expect(receiver.of("user.joined").map(({ data }) => data))
    .toEqual([{ roomId: "tea", userId: "anna", userName: "ANNA" }]);

  await anna.close();
  await receiver.until(() => receiver.of("connection.closed").length === 1, "one connection closed");
  expect(receiver.of("connection.closed")[0]!.data)
    .toMatchObject({ userId: "anna", transport: "websocket", code: 1000, connectionId: expect.any(String) });
  expect(receiver.of("user.left")).toEqual([]);
  await server.relay.disconnect("anna");
  await receiver.until(() => receiver.of("user.left").length === 1, "the user left");
  expect(receiver.of("connection.closed")[1]!.data).toMatchObject({ code: 4510 });
  expect(misfits(receiver.posted)).toEqual([]);
  expect(receiver.forged).toEqual([]);
  expect(new Set(receiver.posted.map(({ id }) => id)).size).toBe(5);
});

Deno.test("[S3c] what was refused, or not answered in time, is posted again under its id until it is taken", async () => {
  await using receiver = new Receiver();
  const lines = new Lines();
  const metrics = isolateMetrics();
  const options = to(receiver, { events: ["message.saved"], timeoutMs: 100 });
  await using server = site({ ...options, logger: lines.logger, metrics });
  const { promise: ended, resolve: end } = Promise.withResolvers<void>();
  const answers = [
    () => new Response("a long story", { status: 500 }),
    // a redirect is a refusal: it is not followed
    () => Response.redirect(`${receiver.url}/elsewhere`, 307),
    async () => (await ended, new Response(null, { status: 204 })),
  ];
  const paths: string[] = [];
  receiver.answer = (_posted, { url }) => {
    paths.push(new URL(url).pathname);
    return answers.shift()?.() ?? new Response(null, { status: 204 });
  };
  const { savedId } = await server.relay.publish("tea", "brewed", { cups: 2 });
  await eventually(
    () => read(metrics, "webhooks_total", { event: "message.saved", outcome: "delivered" }) === 1,
    "taken",
  ).finally(end);
  // on a slow machine an answer may come too late once more
  expect(receiver.posted.length).toBeGreaterThanOrEqual(4);
  expect(new Set(receiver.posted.map(({ id }) => id))).toEqual(new Set([savedId]));
  expect(new Set(paths)).toEqual(new Set(["/hooks"]));
  expect(lines.of("webhook_refused").map(({ id }) => id)).toContain(savedId);
  expect(read(metrics, "webhook_duration_seconds")).toBeGreaterThanOrEqual(4);
  expect(lines.all.join("")).not.toContain("cups");
});

Deno.test("[S3] only the events that are asked for are told", async () => {
  await using receiver = new Receiver();
  await using server = site(to(receiver, { events: ["connection.closed"] }));
  const anna = await connect(server, "anna");
  await anna.ask("join_room", { roomId: "tea" });
  await anna.ask("send_message", { roomId: "tea", content: "Hello!" });
  await anna.close();
  await receiver.until(() => receiver.posted.length > 0, "the end of the connection");
  expect(receiver.posted.map(({ type }) => type)).toEqual(["connection.closed"]);
});

Deno.test("[S3d] a receiver that is away slows nobody down; what there is no room for is counted and logged", async () => {
  await using receiver = new Receiver();
  const lines = new Lines();
  const metrics = isolateMetrics();
  const { promise: ended, resolve: end } = Promise.withResolvers<void>();
  receiver.answer = async () => (await ended, new Response(null, { status: 204 }));
  const options = to(receiver, { events: ["message.saved"], limits: { maxLetters: 5, maxPosts: 2 } });
  await using server = site({ ...options, logger: lines.logger, metrics });
  for (let n = 0; n < 20; n++) await server.relay.publish("tea", "brewed", n);
  expect(read(metrics, "webhooks_total", { event: "message.saved", outcome: "dropped" })).toBe(15);
  expect(read(metrics, "webhooks_waiting")).toBe(5);
  expect(lines.of("webhook_lost").length).toBeGreaterThan(0);
  await receiver.until(() => receiver.posted.length === 2, "as many posts as there may be");
  end();
  await receiver.until(() => receiver.posted.length === 5, "what was kept");
  expect(receiver.posted.map(({ data }) => data.payload.offset)).toEqual([1, 2, 3, 4, 5]);
});

Deno.test("[S3d] a drain tells of the connections it ends, and of what waited for another try", async () => {
  await using receiver = new Receiver();
  const store = memory();
  await using server = site({ store, ...to(receiver, { limits: { firstWaitMs: 60_000 } }) });
  receiver.answer = () => new Response(null, { status: 503 });
  const anna = await connect(server, "anna");
  await anna.ask("send_message", { roomId: "tea", content: "Hello!" });
  await receiver.until(() => receiver.posted.length === 1, "the first try");
  receiver.answer = () => new Response(null, { status: 204 });
  const closed = anna.closed;
  await server.relay.drain();
  await closed;
  expect(receiver.of("message.saved").length).toBe(2);
  expect(receiver.of("connection.closed").map(({ data }) => data.code)).toEqual([1012]);
  await store.close();
});

Deno.test("[S3d] a drain says how many it could not deliver", async () => {
  await using receiver = new Receiver();
  const lines = new Lines();
  const options = to(receiver, { events: ["message.saved"], limits: { firstWaitMs: 60_000 } });
  await using server = site({ ...options, logger: lines.logger });
  receiver.answer = () => new Response(null, { status: 503 });
  for (let n = 0; n < 7; n++) await server.relay.publish("tea", "brewed", n);
  await server.relay.drain();
  expect(lines.of("webhooks_undelivered")).toMatchObject([{ level: "warn", count: 7 }]);
});

Deno.test("[S3] what an observer throws harms neither the hub nor another observer", async () => {
  await using receiver = new Receiver();
  const lines = new Lines();
  const messageLog = { ...lines.logger, info: () => expect("the log").toBe("there") };
  await using server = site({
    ...to(receiver, { events: ["message.saved"] }),
    messageLog,
    logger: lines.logger,
  });
  expect((await server.relay.publish("tea", "brewed", 1)).offset).toBe(1);
  await receiver.until(() => receiver.posted.length === 1, "the message");
  expect(lines.of("observer_failed").length).toBe(1);
});

Deno.test("[S3] [J2] a user is here once on each node, whatever its sessions, until the grace is over", async () => {
  const told: string[] = [];
  const observer: Observer = {
    userHere: (roomId, { userId }) => void told.push(`${userId} here ${roomId}`),
    userGone: (roomId, { userId }) => void told.push(`${userId} gone ${roomId}`),
  };
  using relay = new Harness({ observer });
  const one = await relay.member("anna", "tea");
  const two = await relay.member("anna", "tea");
  one.cut();
  await relay.advance(5000);
  expect(told).toEqual(["anna here tea"]);
  two.cut();
  await relay.advance(1999);
  const three = await relay.member("anna", "tea");
  await relay.advance(5000);
  expect(told).toEqual(["anna here tea"]);
  three.cut();
  await relay.advance(2000);
  expect(told).toEqual(["anna here tea", "anna gone tea"]);
  await turn();
});
