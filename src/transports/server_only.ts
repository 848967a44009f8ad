import type { MiddlewareHandler } from "hono";
import { marked } from "./described/parts.ts";

/** Lets the application's servers in alone. `check` throws `forbidden` or `unauthorized` at others. [S0] */
export function serverOnly(check: (headers: Headers) => void): MiddlewareHandler {
  return marked({ who: "server" }, async (c, next) => {
    check(c.req.raw.headers);
    await next();
  });
}
