import { Hono, type MiddlewareHandler } from "hono";
import { RelayError } from "../protocol/errors.ts";
import { ErrorCode } from "../protocol/wire.ts";
import { marked } from "./described/parts.ts";
import { maxBody } from "./max_body.ts";
import { problem } from "./problem.ts";

export interface ApiEntryOptions {
  readonly originAllowed: (headers: Headers) => boolean;
  /** Lets an address show a credential. @throws {RelayError} `rate_limited` */
  readonly mayTry: (request: Request, info: unknown) => void;
  /** Is told of each answer 401, before it is given. */
  readonly failed: (request: Request, info: unknown) => Promise<void>;
}

const PREFLIGHT = {
  "access-control-allow-methods": "GET, POST, PUT, DELETE",
  "access-control-allow-headers": "Authorization, Content-Type, Denbun-Session, If-None-Match, Last-Event-ID",
  "access-control-max-age": "7200",
};
const EXPOSED = "ETag, Retry-After, Denbun-Session";
/** What a body may have where its route does not say. */
const MAX_BODY_BYTES = 2 * 1024 * 1024;

/**
 * What every request to `/api` passes. Pages of origins that are not allowed get nothing, not even a body they could
 * not read; those that are get their own origin back, never `*`, and never with credentials: the cookie is for our
 * own pages. What changes something has to be JSON, which no form can send. No answer is kept by a cache that does not
 * say so itself. [C2]
 */
export function apiEntry(options: ApiEntryOptions): Hono {
  const app = new Hono();
  app.use("/api/*", notKept);
  app.use("/api/*", cors(options.originAllowed));
  app.use("/api/*", limitTries(options));
  app.use("/api/*", jsonOnly);
  app.use("/api/*", maxBody(MAX_BODY_BYTES));
  return app;
}

const notKept: MiddlewareHandler = async (c, next) => {
  await next();
  const { headers } = c.res;
  if (!headers.has("cache-control")) headers.set("cache-control", "no-store");
};

function cors(originAllowed: ApiEntryOptions["originAllowed"]): MiddlewareHandler {
  return marked({ refuses: [ErrorCode.forbidden] }, async (c, next): Promise<Response | void> => {
    const origin = c.req.header("origin");
    if (origin !== undefined && !originAllowed(c.req.raw.headers)) {
      return problem(new RelayError(ErrorCode.forbidden, "Cannot answer: pages of this origin may not ask"), {
        headers: { vary: "Origin" },
      });
    }
    if (origin === undefined || c.req.method !== "OPTIONS") await next();
    else c.res = new Response(null, { status: 204, headers: PREFLIGHT });
    // afterwards, so that errors carry them too
    const { headers } = c.res;
    headers.append("vary", "Origin");
    if (origin === undefined) return;
    headers.set("access-control-allow-origin", origin);
    headers.set("access-control-expose-headers", EXPOSED);
  });
}

function limitTries({ mayTry, failed }: ApiEntryOptions): MiddlewareHandler {
  return marked({ refuses: [ErrorCode.rateLimited] }, async (c, next) => {
    const request = c.req.raw;
    const { env } = c;
    mayTry(request, env);
    await next();
    if (c.res.status === 401) await failed(request, env);
  });
}

const CHANGING: ReadonlySet<string> = new Set(["POST", "PUT", "PATCH"]);

/** A request without a body needs no type if it carries what no page can send unasked: an `Authorization`. */
const jsonOnly: MiddlewareHandler = marked({
  refuses: [{ status: 415, code: ErrorCode.badRequest }],
  methods: [...CHANGING],
}, async (c, next) => {
  if (!CHANGING.has(c.req.method)) return await next();
  const type = c.req.header("content-type")?.replace(/;.*/, "").trim().toLowerCase();
  const bare = type === undefined && !hasBody(c.req.raw.headers) &&
    c.req.header("authorization") !== undefined;
  if (type === "application/json" || bare) return await next();
  const message = "Cannot take request: its Content-Type must be application/json";
  return problem(new RelayError(ErrorCode.badRequest, message), { status: 415 });
});

/** By what HTTP says of it: the runtime has a stream for each request that might have one. [RFC 9112 6.3] */
function hasBody(headers: Headers): boolean {
  return headers.has("transfer-encoding") || (headers.get("content-length") ?? "0") !== "0";
}
