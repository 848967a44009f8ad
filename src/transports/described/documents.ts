import { type Context, Hono } from "hono";
import { about } from "./parts.ts";

/** What is made of the relay's own schemas, once, when it is first asked for. */
export interface DocumentsOptions {
  readonly openapi: () => object;
  readonly asyncapi: () => object;
}

/** Anybody may read them, a page of another origin too: they say what the protocol says, and no secret. */
const HEADERS = { "access-control-allow-origin": "*", "cache-control": "no-cache" };

/** `GET /openapi.json` and `GET /asyncapi.json`. [S2b] */
export function documents({ openapi, asyncapi }: DocumentsOptions): Hono {
  const app = new Hono();
  const answers = { 200: "application/json" } as const;
  const once = (make: () => object) => {
    let made: object | undefined;
    return () => made ??= make();
  };
  const routes = once(openapi);
  const messages = once(asyncapi);
  const http = about({ about: "This document. [S2b]", answers });
  app.get("/openapi.json", http, (c) => c.json(routes(), 200, HEADERS));
  const wire = about({ about: "The messages of the wire, as an AsyncAPI document. [S2b]", answers });
  app.get("/asyncapi.json", wire, (c) => c.json({ ...messages(), servers: serversOf(c) }, 200, HEADERS));
  return app;
}

/** Where it was asked for. TLS ends at a proxy, which nobody here sees: so both are named. */
function serversOf(c: Context): object {
  const { host, pathname } = new URL(c.req.url);
  const base = pathname.replace(/\/[^/]*$/, "");
  const server = (protocol: string) => ({ host, protocol, ...base !== "" && { pathname: base } });
  return { secure: server("wss"), plain: server("ws") };
}
