import { type Context, Hono } from "hono";
import { checked } from "../hub/checked.ts";
import type { FeatureRequest, FeatureRoute } from "../hub/feature_route.ts";
import { RelayError } from "../protocol/errors.ts";
import { ErrorCode } from "../protocol/wire.ts";
import { about } from "./described/parts.ts";
import { optionalBody } from "./optional_body.ts";
import { NAMES_SESSION, type Requester } from "./requester.ts";

export interface FeatureApiOptions {
  readonly routes: readonly FeatureRoute[];
  /** Finds out which user asks. @throws {RelayError} */
  readonly requester: (c: Context) => Promise<Requester>;
  /** Lets the application's servers in. @throws {RelayError} `forbidden`, `unauthorized` */
  readonly checkServer: (headers: Headers) => void;
}

/** What features answer over HTTP. */
export function featureApi(options: FeatureApiOptions): Hono {
  const app = new Hono();
  for (const route of options.routes) {
    const { who, schema, about: what = `${route.method} ${route.path}`, answers = {} } = route;
    const part = { about: what, who, input: schema, answers, refuses: [ErrorCode.badRequest] };
    const does = who === "user" ? about(NAMES_SESSION, part) : about(part);
    app.on(route.method, route.path, does, async (c) => {
      const identity = await admit(c, route, options);
      const input = checked(schema, await inputOf(c), "request");
      const { status = 200, body } = await route.handle({ input, identity });
      return Response.json(body, { status });
    });
  }
  return app;
}

async function admit(
  c: Context,
  { who }: FeatureRoute,
  { requester, checkServer }: FeatureApiOptions,
): Promise<FeatureRequest<unknown>["identity"]> {
  switch (who) {
    case "server":
      checkServer(c.req.raw.headers);
      return undefined;
    case "user":
      return (await requester(c)).identity;
    case "anybody":
      return undefined;
  }
}

async function inputOf(c: Context): Promise<object> {
  const body = c.req.method === "GET" ? {} : await optionalBody(c.req);
  if (typeof body !== "object" || body === null || Array.isArray(body)) {
    throw new RelayError(ErrorCode.badRequest, "Cannot read body: it is not an object");
  }
  // the address stands above what the body says
  return { ...c.req.query(), ...body, ...c.req.param() };
}
