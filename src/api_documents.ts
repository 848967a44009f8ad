import type { Hono } from "hono";
import { SESSION_COOKIE } from "./auth/credentials.ts";
import type { Feature } from "./hub/feature.ts";
import type { Hub } from "./hub/hub.ts";
import { HubMessages } from "./protocol/server_schemas.ts";
import { ErrorCode } from "./protocol/wire.ts";
import { asyncapi, Handshake } from "./transports/described/asyncapi.ts";
import { documents } from "./transports/described/documents.ts";
import { openapi } from "./transports/described/openapi.ts";
import type { RoutePart } from "./transports/described/parts.ts";
import { describedRoutes } from "./transports/described/routes.ts";
import { WebhookBodies } from "./webhooks/events.ts";

/** What documents say of `/ws`: the rest is said in its own. */
export const UPGRADE: RoutePart = {
  about: "Becomes a WebSocket. What is said there is in asyncapi.json. [C1]",
  who: "reader",
  query: Handshake,
  headers: ["Sec-WebSocket-Protocol"],
  answers: { 101: null },
  refuses: [ErrorCode.badRequest, { status: 426, code: ErrorCode.badRequest }],
};

/** Whose documents they are. */
export interface Described {
  readonly app: Hono;
  readonly hub: Hub;
  readonly features: readonly Feature[];
  /** whether who brings nothing may enter */
  readonly guests: boolean;
}

/** The documents of a relay, read off its own routes, handlers and features when they are asked for. [S2b] */
export function apiDocuments({ app, hub, features, guests }: Described): Hono {
  return documents({
    openapi: () =>
      openapi({
        routes: describedRoutes(app.routes),
        guests,
        cookie: SESSION_COOKIE,
        webhooks: WebhookBodies,
      }),
    asyncapi: () =>
      asyncapi({
        receives: hub.handlers,
        sends: Object.assign({}, HubMessages, ...features.map(({ sends }) => sends)),
      }),
  });
}
