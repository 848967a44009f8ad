import { type Context, Hono } from "hono";
import type { FeatureRequest, FeatureRoute } from "../hub/feature_route.ts";
import type { Hub } from "../hub/hub.ts";
import { RelayError } from "../protocol/errors.ts";
import { ErrorCode } from "../protocol/wire.ts";
import { about } from "./described/parts.ts";
import { countRead, NAMES_SESSION, type Requester } from "./requester.ts";

export interface FeatureApiOptions {
  readonly hub: Hub;
  readonly routes: readonly FeatureRoute[];
  /** Finds out which user asks. @throws {RelayError} `unauthorized` */
  readonly requester: (c: Context) => Promise<Requester>;
  /** Lets the application's servers in. @throws {RelayError} `forbidden`, `unauthorized` */
  readonly checkServer: (headers: Headers) => void;
}

/** What features answer over HTTP. */
export function featureApi(options: FeatureApiOptions): Hono {
  const app = new Hono();
  for (const route of options.routes) {
    const { who, schema: input, about: what = `${route.method} ${route.path}`, answers = {} } = route;
    const part = { about: what, who, input, answers, refuses: [ErrorCode.badRequest] };
    const does = who === "user" ? about(NAMES_SESSION, part) : about(part);
    app.on(route.method, route.path, does, async (c) => {
      const identity = await admit(c, route, options);
      const { status = 200, body } = await route.handle({ input: read(route, await inputOf(c)), identity });
      return new Response(JSON.stringify(body), {
        status,
        headers: { "content-type": "application/json", "cache-control": "no-store" },
      });
    });
  }
  return app;
}

async function admit(
  c: Context,
  { who }: FeatureRoute,
  { hub, requester, checkServer }: FeatureApiOptions,
): Promise<FeatureRequest<unknown>["identity"]> {
  switch (who) {
    case "server":
      checkServer(c.req.raw.headers);
      return undefined;
    case "user": {
      const caller = await requester(c);
      countRead(hub, caller);
      return caller.identity;
    }
    case "anybody":
      return undefined;
  }
}

async function inputOf(c: Context): Promise<object> {
  const text = c.req.method === "GET" ? "" : await c.req.text();
  let body: unknown = {};
  try {
    if (text !== "") body = JSON.parse(text);
  } catch (cause) {
    throw new RelayError(ErrorCode.badRequest, "Cannot read body: it is not JSON", { cause });
  }
  if (typeof body !== "object" || body === null || Array.isArray(body)) {
    throw new RelayError(ErrorCode.badRequest, "Cannot read body: it is not an object");
  }
  // the address stands above what the body says
  return { ...c.req.query(), ...body, ...c.req.param() };
}

function read<P>({ schema }: FeatureRoute<P>, input: object): P {
  const result = schema.safeParse(input);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const path = issue?.path.join(".");
  throw new RelayError(
    ErrorCode.badRequest,
    `Cannot read request: ${path ? `${path}: ` : ""}${issue?.message}`,
  );
}
