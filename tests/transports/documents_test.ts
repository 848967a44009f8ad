import { expect } from "@std/expect";
import { Validator } from "@seriousme/openapi-schema-validator";
import { Ajv } from "ajv";
import { Hono } from "hono";
import * as z from "zod";
import asyncapiSchema from "@asyncapi/specs/schemas/3.0.0.json" with { type: "json" };
import { polls } from "../../examples/embed/polls.ts";
import { featureRoute } from "../../src/hub/feature.ts";
import { ClientType, ErrorCode, ServerType } from "../../src/protocol/wire.ts";
import { type App, relay } from "../../src/relay.ts";
import { standardFeatures } from "../../src/standard_features.ts";
import { memory } from "../../src/stores/memory.ts";
import { silent } from "../../src/observability/log.ts";
import type { Feature } from "../../src/hub/feature.ts";
import { WebhookBodies } from "../../src/webhooks/events.ts";

// deno-lint-ignore no-explicit-any -- a test looks wherever it wants
type Document = any;

interface World extends AsyncDisposable {
  readonly app: App;
  readonly routes: readonly string[];
  openapi(): Promise<Document>;
  asyncapi(address?: string): Promise<Document>;
  ask(request: string, init?: RequestInit): Promise<Response>;
}

const KEY = "the key of our servers, 32 bytes long";

function world(features: readonly Feature[] = standardFeatures({ demo: true })): World {
  const store = memory();
  const running = relay({ store, features, logger: silent, serverKeys: [KEY] });
  const ask = async (request: string, init: RequestInit = {}) => {
    const [method, path] = request.split(" ");
    return await running.app.request(`http://localhost${path}`, { ...init, method: method! });
  };
  return {
    app: running.app,
    routes: [...new Set(running.app.routes.filter(({ method }) => method !== "ALL").map(nameOf))],
    ask,
    openapi: async () => await (await ask("GET /openapi.json")).json(),
    asyncapi: async () => await (await ask("GET /asyncapi.json")).json(),
    async [Symbol.asyncDispose]() {
      running.close();
      await store.close();
    },
  };
}

function nameOf({ method, path }: { readonly method: string; readonly path: string }): string {
  return `${method} ${path.replace(/:(\w+)/g, "{$1}")}`;
}

function documented({ paths }: Document): string[] {
  return Object.entries(paths).flatMap(([path, operations]) =>
    Object.keys(operations as object).map((method) => `${method.toUpperCase()} ${path}`)
  );
}

Deno.test("[S2b] openapi.json has every route of the relay, and no other", async () => {
  await using relay = world();
  const document = await relay.openapi();
  expect(relay.routes.length).toBeGreaterThan(25);
  expect(documented(document).toSorted()).toEqual(relay.routes.toSorted());
  for (const operations of Object.values(document.paths)) {
    for (const operation of Object.values(operations as Document) as Document[]) {
      expect(operation.summary.length).toBeGreaterThan(8);
      expect(Object.keys(operation.responses).length).toBeGreaterThan(1);
    }
  }
  expect(Object.keys(document.webhooks)).toEqual(Object.keys(WebhookBodies));
});

Deno.test("[S2b] openapi.json is valid OpenAPI, and a broken one is not", async () => {
  await using relay = world();
  const document = await relay.openapi();
  expect((await new Validator().validate(structuredClone(document))).errors).toBeUndefined();
  const broken = structuredClone(document);
  broken.paths["/api/rooms"].get.responses["200"] = { content: {} };
  expect((await new Validator().validate(broken)).valid).toBe(false);
});

Deno.test("[S2b] what a route checks, who may ask and how it refuses stand in openapi.json", async () => {
  await using relay = world();
  const { paths, components } = await relay.openapi();
  const page = paths["/api/rooms/{roomId}/messages"].get;
  const parameter = (name: string) => page.parameters.find((one: Document) => one.name === name);
  expect(parameter("roomId")).toMatchObject({ in: "path", required: true, schema: { type: "string" } });
  expect(parameter("limit")).toMatchObject({ in: "query", required: false });
  expect(parameter("limit").schema).toMatchObject({ type: "integer", minimum: 1, maximum: 200 });
  expect(page.security).toEqual([{ token: [] }, { cookie: [] }]);
  expect(Object.keys(page.responses)).toEqual(["200", "304", "400", "401", "403", "429", "503", "default"]);
  const publish = paths["/api/publish"].post;
  expect(publish.security).toEqual([{ serverKey: [] }]);
  expect(publish.requestBody.content["application/json"].schema.anyOf[0].required).toEqual([
    "event",
    "rooms",
  ]);
  expect(publish.responses["415"].content).toHaveProperty(["application/problem+json"]);
  expect(components.schemas.Problem.properties.code.enum).toEqual(Object.values(ErrorCode));
  // a feature's route says itself what comes from the address
  const notify = paths["/api/users/{userId}/notifications"].post;
  expect(notify.parameters.map(({ name }: Document) => name)).toEqual(["userId"]);
  expect(notify.requestBody.content["application/json"].schema.required).toEqual(["title"]);
});

Deno.test("[S2b] asyncapi.json has every message of the wire, both ways", async () => {
  await using relay = world(standardFeatures());
  const { operations, components, channels, servers } = await relay.asyncapi();
  const named = (action: string, prefix: string) =>
    Object.entries(operations as Record<string, Document>)
      .filter(([name, one]) => one.action === action && name.startsWith(prefix))
      .map(([name]) => name.slice(prefix.length)).toSorted();
  expect(named("receive", "receive_")).toEqual(Object.values(ClientType).toSorted());
  const sent: string[] = Object.values(ServerType).filter((type) => type !== "batch");
  expect(named("send", "send_")).toEqual(sent.toSorted());
  expect(Object.keys(components.messages).toSorted()).toEqual(
    [...Object.values(ClientType), ...Object.values(ServerType)].toSorted(),
  );
  expect(components.messages.document_change.payload.properties.payload.properties.changes)
    .toEqual({ type: "string", contentEncoding: "base64" });
  expect(operations.receive_join_room.reply.messages.map(({ $ref }: Document) => $ref.split("/").at(-1)))
    .toEqual(["ack", "error", "joined_room"]);
  expect(channels.socket).toMatchObject({ address: "/ws", bindings: { ws: { method: "GET" } } });
  expect(servers).toEqual({
    secure: { host: "localhost", protocol: "wss" },
    plain: { host: "localhost", protocol: "ws" },
  });
});

Deno.test("[S2b] asyncapi.json is valid AsyncAPI, and a broken one is not", async () => {
  await using relay = world();
  const document = await relay.asyncapi();
  const validate = new Ajv({ strict: false, validateFormats: false, logger: false, meta: false }).compile(
    asyncapiSchema,
  );
  expect([validate(document), validate.errors]).toEqual([true, null]);
  for (const { $ref } of refsIn(document)) expect([$ref, resolve(document, $ref)]).not.toContain(undefined);
  const broken = structuredClone(document);
  broken.operations.receive_ping.action = "publish";
  expect(validate(broken)).toBe(false);
});

function refsIn(value: Document): { $ref: string }[] {
  if (typeof value !== "object" || value === null) return [];
  return typeof value.$ref === "string" ? [value] : Object.values(value).flatMap(refsIn);
}

function resolve(document: Document, ref: string): unknown {
  return ref.slice(2).split("/").reduce((at, key) => at?.[key], document);
}

Deno.test("[S2b] a feature's messages and routes appear by themselves; what nobody describes does not", async () => {
  const route = featureRoute<object>({
    method: "GET",
    path: "/api/polls/:poll",
    who: "anybody",
    schema: z.object({ poll: z.string(), full: z.string().optional() }),
    handle: () => ({ body: {} }),
  });
  const Voted = z.object({ option: z.string() }).describe("Somebody voted.");
  await using relay = world([{ ...polls(), routes: [route], sends: { voted: Voted } }]);
  const { paths } = await relay.openapi();
  expect(paths["/api/polls/{poll}"].get.parameters.map((one: Document) => [one.name, one.in, one.required]))
    .toEqual([["poll", "path", true], ["full", "query", false]]);
  expect(paths).not.toHaveProperty(["/api/inbox"]);
  const { operations, components } = await relay.asyncapi();
  expect(components.messages.vote.payload.properties.payload.required).toEqual(["roomId", "option"]);
  expect(components.messages.voted.summary).toBe("Somebody voted.");
  expect(operations).not.toHaveProperty("receive_send_message");
});

Deno.test("[S2b] a relay that is mounted says where; pages of other origins may read both documents", async () => {
  await using relay = world();
  const outer = new Hono();
  outer.route("/realtime", relay.app);
  const headers = { origin: "https://editor.example" };
  const http = await outer.request("https://app.example/realtime/openapi.json", { headers });
  expect(http.headers.get("access-control-allow-origin")).toBe("*");
  const document = await http.json();
  // relative to where it was read: /realtime
  expect(document.servers).toEqual([{ url: "." }]);
  expect(documented(document).toSorted()).toEqual(relay.routes.toSorted());
  const wire = await outer.request("https://app.example/realtime/asyncapi.json", { headers });
  expect(wire.headers.get("access-control-allow-origin")).toBe("*");
  expect((await wire.json()).servers.secure).toEqual({
    host: "app.example",
    protocol: "wss",
    pathname: "/realtime",
  });
});
