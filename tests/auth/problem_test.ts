import { expect } from "@std/expect";
import { ErrorCode } from "../../src/protocol/wire.ts";
import { relay } from "../../src/relay.ts";
import { silent } from "../../src/observability/log.ts";
import { memory } from "../../src/stores/memory.ts";
import { plainTokens } from "../transports_http/harness/mod.ts";

const CODES: readonly string[] = Object.values(ErrorCode);

/** Everything there is, the application's own routes with it. */
function everything() {
  const store = memory();
  const running = relay({
    store,
    auth: plainTokens,
    logger: silent,
    serverKeys: ["a server key of 32 bytes or more"],
  });
  const routes = new Set(
    running.app.routes.filter(({ method, path }) => method !== "ALL" && !path.includes("*"))
      .map(({ method, path }) => `${method} ${path.replace(/:(\w+)\??/g, "x-$1")}`),
  );
  const close = async () => {
    running.close();
    await store.close();
  };
  return { app: running.app, routes: [...routes], close };
}

const json = { "content-type": "application/json" };
const known = { authorization: "Bearer anna" };

/** Ways to ask wrongly, where there is one; each may be right for a route that does not look. */
const ways: [string, (method: string, path: string) => [string, RequestInit] | undefined][] = [
  ["nobody", (method, path) => [path, { method }]],
  ["a token that is none", (method, path) => [path, { method, headers: { authorization: "Bearer nobody" } }]],
  ["a token in the address", (method, path) => [`${path}?token=x`, { method, headers: known }]],
  ["a page of elsewhere", (method, path) => [
    path,
    { method, headers: { ...json, ...known, origin: "https://evil.example" } },
  ]],
  [
    "an id that is none",
    (method, path) => [path.replaceAll("x-", "%20"), { method, headers: { ...json, ...known } }],
  ],
  ["numbers that are none", (method, path) => [
    `${path}?limit=x&before=x&since=x&timeoutMs=x&history=x&rooms=%00`,
    { method, headers: known },
  ]],
  ["a body that is none", (method, path) => withBody(method, path, "{")],
  ["a body that is too large", (method, path) => withBody(method, path, " ".repeat(3_000_000))],
  ["another method", (_method, path) => [path, { method: "PROPFIND", headers: known }]],
];

function withBody(method: string, path: string, body: string): [string, RequestInit] | undefined {
  return method === "GET" ? undefined : [path, { method, headers: { ...json, ...known }, body }];
}

Deno.test("[E4] whatever refuses whichever request, its answer is a problem document with a code of the list", async () => {
  const { app, routes, close } = everything();
  expect(routes.length).toBeGreaterThan(15);
  let refused = 0;
  for (const route of routes) {
    const [method, path] = route.split(" ") as [string, string];
    for (const [name, way] of ways) {
      const asked = way(method, path);
      if (!asked) continue;
      const answer = await app.request(...asked);
      if (answer.status < 400) {
        await answer.body?.cancel();
        continue;
      }
      refused++;
      expect([name, route, answer.headers.get("content-type")]).toEqual([
        name,
        route,
        "application/problem+json",
      ]);
      const problem = await answer.json();
      expect([name, route, problem.status]).toEqual([name, route, answer.status]);
      expect([name, route, CODES.includes(problem.code)]).toEqual([name, route, true]);
      // of us there are no faults here
      expect([name, route, problem.code]).not.toEqual([name, route, "internal"]);
    }
  }
  expect(refused).toBeGreaterThan(routes.length * 3);
  await close();
});
