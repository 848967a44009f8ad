import { expect } from "@std/expect";
import * as z from "zod";
import { silent } from "../../src/observability/log.ts";
import { type Relay, relay } from "../../src/relay.ts";
import { standardFeatures } from "../../src/standard_features.ts";
import { memory } from "../../src/stores/memory.ts";
import { Problem } from "../../src/transports/described/openapi.ts";
import type { AnswerBody } from "../../src/transports/described/parts.ts";
import { describedRoutes } from "../../src/transports/described/routes.ts";
import { excessOf } from "../harness/strict.ts";

const KEY = "0123456789abcdefghijklmnopqrstuvwxyz";
const NAMED = { type: "join_room", messageId: "j-1", payload: { roomId: "tea" } };

/** Asks a relay, and compares each answer with what its documents say of it. */
class Examiner {
  readonly #relay: Relay;
  readonly asked = new Set<string>();
  token = "";

  constructor(relay: Relay) {
    this.#relay = relay;
  }

  /** `request` names the route, `path` where of it. */
  async ask(
    status: number,
    request: string,
    body?: unknown,
    path = request.split(" ")[1]!,
  ): Promise<Response> {
    const [method, route] = request.split(" ") as [string, string];
    const server = /members|revoke|disconnect|publish|presence|GET \/api\/rooms$|users|dashboard/.test(
      request,
    );
    const answer = await this.#relay.app.request(`http://localhost${path}`, {
      method,
      headers: {
        ...(server || this.token) && { "authorization": `Bearer ${server ? KEY : this.token}` },
        ...body !== undefined && { "content-type": "application/json" },
      },
      ...body !== undefined && { body: JSON.stringify(body) },
    });
    expect([request, answer.status]).toEqual([request, status]);
    // what is asked for with credentials no cache keeps
    const unkept = /^(?:no-store|private, no-cache)/.test(answer.headers.get("cache-control") ?? "");
    if (route.startsWith("/api/")) expect([request, unkept]).toEqual([request, true]);
    const parts = describedRoutes(this.#relay.app.routes)
      .find((one) => one.method === method && one.path === route)!.parts;
    const known: Record<number, AnswerBody> = Object.assign({}, ...parts.map(({ answers }) => answers));
    expect([request, Object.keys(known)]).toContainEqual(expect.arrayContaining([String(status)]));
    await this.#compare(request, answer, known[status]!);
    this.asked.add(request);
    return answer;
  }

  async #compare(request: string, answer: Response, body: AnswerBody): Promise<void> {
    if (body === null) return expect(answer.body).toBeNull();
    const type = typeof body === "string" ? body : "application/json";
    expect(`${request}: ${answer.headers.get("content-type")}`).toContain(type);
    if (body instanceof z.ZodType) {
      expect(excessOf(body, await answer.clone().json(), request)).toBeUndefined();
    }
  }
}

Deno.test("[S2b] every route answers what openapi.json says, and nothing more", async () => {
  const store = memory();
  const running = relay({
    store,
    logger: silent,
    features: standardFeatures({ demo: true }),
    serverKeys: [KEY],
    guests: true,
  });
  const examiner = new Examiner(running);
  const ask = examiner.ask.bind(examiner);
  const stream = async (status: number, request: string, body?: unknown, path?: string) =>
    await (await ask(status, request, body, path)).body?.cancel();

  const begun = await (await ask(200, "POST /api/session", { name: "Anna" })).json();
  examiner.token = begun.token;
  const own = begun.userId;
  await ask(200, "GET /api/session");
  await ask(200, "POST /api/tickets", {});
  for (const path of ["/healthz", "/readyz", "/metrics", "/api/status", "/openapi.json", "/asyncapi.json"]) {
    await ask(200, `GET ${path}`);
  }
  const sent = { content: "Hello!", messageId: "m-1" };
  await ask(201, "POST /api/rooms/:roomId/messages", sent, "/api/rooms/tea/messages");
  await ask(200, "POST /api/rooms/:roomId/messages", sent, "/api/rooms/tea/messages");
  await ask(200, "POST /api/send", { type: "ping", messageId: "p-1" });
  await ask(200, "GET /api/rooms/:roomId/messages", undefined, "/api/rooms/tea/messages?limit=1");
  await ask(
    200,
    "GET /api/rooms/:roomId/messages/wait",
    undefined,
    "/api/rooms/tea/messages/wait?timeoutMs=0",
  );
  await stream(200, "GET /api/events", undefined, "/api/events?rooms=tea");
  await stream(200, "GET /api/notifications");
  await stream(200, "POST /api/events", { joins: [NAMED] });
  const { turn } = await (await ask(200, "POST /api/poll", { joins: [NAMED] })).json();
  await ask(200, "POST /api/poll", { joins: [], turn });

  await ask(200, "POST /api/publish", { rooms: ["tea"], event: "brewed", messageId: "m-2" });
  await ask(207, "POST /api/publish", { rooms: ["tea"], event: "poured", messageId: "m-2" });
  await ask(200, "GET /api/rooms");
  await ask(200, "GET /api/rooms/:roomId/presence", undefined, "/api/rooms/tea/presence");
  await ask(204, "PUT /api/rooms/:roomId/members/:userId", { rights: "rw" }, "/api/rooms/tea/members/anna");
  await ask(200, "GET /api/rooms/:roomId/members", undefined, "/api/rooms/tea/members");
  await ask(204, "DELETE /api/rooms/:roomId/members/:userId", undefined, "/api/rooms/tea/members/anna");
  await ask(204, "DELETE /api/rooms/:roomId/members", undefined, "/api/rooms/tea/members");
  await ask(
    201,
    "POST /api/users/:userId/notifications",
    { title: "Tea!" },
    `/api/users/${own}/notifications`,
  );
  await ask(200, "GET /api/inbox");
  await ask(201, "POST /api/demo/notifications", { title: "Tea!" });
  await ask(202, "POST /api/demo/rush", {});
  await ask(202, "POST /api/dashboard", { source: "orders", values: { open: 1 } });
  await ask(204, "POST /api/users/:userId/disconnect", undefined, `/api/users/${own}/disconnect`);
  await ask(204, "POST /api/users/:userId/revoke", undefined, `/api/users/${own}/revoke`);
  await ask(204, "DELETE /api/session");

  const all = describedRoutes(running.app.routes).map(({ method, path }) => `${method} ${path}`);
  expect(all.filter((route) => !examiner.asked.has(route))).toEqual(["GET /ws"]);
  running.close();
  await store.close();
});

Deno.test("[S2b] an answer with a field that nobody describes is found", async () => {
  const store = memory();
  const running = relay({ store, logger: silent, about: { secret: { word: 1 } as unknown as string } });
  const examiner = new Examiner(running);
  await expect(examiner.ask(200, "GET /api/status")).rejects.toThrow("secret");
  running.close();
  await store.close();
});

Deno.test("[S2b] [E4] wrong credentials and foreign pages are refused on every route as openapi.json says", async () => {
  const store = memory();
  const running = relay({ store, logger: silent, serverKeys: [KEY], failuresPerMinute: 0 });
  const { paths } = await (await running.app.request("http://localhost/openapi.json")).json();
  let refused = 0;
  for (const { method, path, parts } of describedRoutes(running.app.routes)) {
    const url = `http://localhost${path.replace(/:\w+/g, "tea")}`;
    const body = ["POST", "PUT"].includes(method) ? { body: "{}" } : {};
    const ask = (headers: Record<string, string>) =>
      running.app.request(url, {
        method,
        headers: { "content-type": "application/json", ...headers },
        ...body,
      });
    const known = Object.keys(paths[path.replace(/:(\w+)/g, "{$1}")][method.toLowerCase()].responses);
    const guarded = parts.some(({ who }) => who === "server" || who === "user");
    const answers = [
      await ask({ authorization: "Bearer wrong" }),
      await ask({ origin: "https://evil.example" }),
    ];
    // some read a request before they ask who sends it
    if (guarded) expect([path, [400, 401]]).toContainEqual(expect.arrayContaining([answers[0]!.status]));
    for (const answer of answers) {
      if (answer.ok) {
        await answer.body?.cancel();
        continue;
      }
      refused++;
      expect([method, path, known]).toContainEqual(expect.arrayContaining([String(answer.status)]));
      expect(answer.headers.get("content-type")).toBe("application/problem+json");
      expect(excessOf(Problem, await answer.json(), path)).toBeUndefined();
    }
  }
  expect(refused).toBeGreaterThan(40);
  running.close();
  await store.close();
});
