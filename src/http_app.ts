import { type Context, Hono } from "hono";
import { HTTPException } from "hono/http-exception";
import { apiDocuments, UPGRADE } from "./api_documents.ts";
import { offeredSubprotocols } from "./auth/credentials.ts";
import type { Entrance } from "./entrance.ts";
import type { Feature } from "./hub/feature.ts";
import type { Hub } from "./hub/hub.ts";
import type { Counter, Logger } from "./hub/ports.ts";
import { exposition, type Snapshot } from "./observability/metrics.ts";
import { RelayError } from "./protocol/errors.ts";
import { ErrorCode } from "./protocol/wire.ts";
import { systemIds } from "./runtime/ids.ts";
import { applicationApi, type ApplicationApiOptions } from "./transports/application_api.ts";
import { ConnectionCount } from "./transports/connection_count.ts";
import { marked } from "./transports/described/parts.ts";
import { featureApi } from "./transports/feature_api.ts";
import { health } from "./transports/health.ts";
import { metrics } from "./transports/metrics.ts";
import type { OpenSockets } from "./transports/open_sockets.ts";
import { pages } from "./transports/pages.ts";
import type { Places } from "./transports/places.ts";
import { WAITING_PER_USER } from "./transports/polling.ts";
import { problem } from "./transports/problem.ts";
import { requesters } from "./transports/requester.ts";
import { SessionNames } from "./transports/session_names.ts";
import { type Posture, status } from "./transports/status.ts";
import { streams } from "./transports/streams.ts";
import { type ServeHandler, UpgradeGuard } from "./transports/upgrade_guard.ts";
import { opensSocket, webSocketHandler } from "./transports/websocket.ts";

/** What the routes of a relay lead to. */
export interface HttpAppOptions {
  readonly hub: Hub;
  readonly door: Entrance;
  readonly features: readonly Feature[];
  /** places of connections, by address */
  readonly places: Places;
  /** requests that wait, by user */
  readonly waitingPlaces?: Places | undefined;
  readonly sockets: OpenSockets;
  readonly publish: ApplicationApiOptions["publish"];
  /** the numbers of all isolates of the process */
  readonly readAll: () => Promise<readonly Snapshot[]>;
  readonly posture: Posture;
  readonly readiness?: (() => object) | undefined;
  /** folder of built pages */
  readonly pages?: URL | undefined;
  readonly requests: Counter;
  readonly logger: Logger;
}

/** A relay as a server sees it. */
export interface HttpApp {
  readonly app: Hono;
  /** all of it, for a listener of its own */
  readonly fetch: ServeHandler;
  /** Wraps an outer app so that nothing in it can spoil an upgrade. */
  guard(handler: ServeHandler): ServeHandler;
}

/** Puts together what is answered over HTTP, and what stands around it. */
export function httpApp(options: HttpAppOptions): HttpApp {
  const { hub, door, features, places, posture, requests } = options;
  const upgrades = new UpgradeGuard();
  const webSocket = webSocketHandler({
    hub,
    ids: systemIds,
    logger: options.logger,
    authenticate: door.admit,
    originAllowed: door.originAllowed,
    offered: offeredSubprotocols,
    places,
    sockets: options.sockets,
    upgraded: upgrades.note,
  });
  const names = new SessionNames(hub.store, hub.clock);
  const requester = requesters(hub, names, door.identify);

  const app = new Hono();
  // a handler and nothing else: whatever stands around it could spoil an upgrade
  app.get("/ws", marked(UPGRADE, (c: Context) => webSocket(c.req.raw, door.addressOf(c.req.raw, c.env))));
  app.route("/", health(hub, () => door.untrustedForwards, options.readiness));
  app.route("/", door.routes(hub));
  app.route("/", applicationApi({ hub, check: door.checkServer, publish: options.publish }));
  app.route("/", status(posture));
  app.route(
    "/",
    featureApi({
      routes: features.flatMap(({ routes = [] }) => routes),
      requester: requester("poll"),
      checkServer: door.checkServer,
    }),
  );
  app.route(
    "/",
    streams({
      hub,
      names,
      admit: door.admitReader,
      requester,
      addressOf: door.addressOf,
      places,
      waitingPlaces: options.waitingPlaces ?? new ConnectionCount(WAITING_PER_USER),
    }),
  );
  app.route(
    "/",
    metrics(
      async () => exposition(await options.readAll()),
      (error) => hub.noise.error("metrics_failed", error),
    ),
  );
  app.route("/", apiDocuments({ app, hub, features, guests: posture.guests }));
  if (options.pages) app.route("/", pages(options.pages));
  app.onError((error) => problem(toRelayError(error, hub)));
  app.notFound((c) => problem(new RelayError(ErrorCode.notFound, `Cannot find ${c.req.path}`)));

  const guard = (handler: ServeHandler): ServeHandler => {
    const guarded = upgrades.wrap(handler, (error) => problem(hub.toRelayError(error, "http")));
    return (request, info) => {
      requests.add(1);
      return guarded(request, info);
    };
  };
  return {
    app,
    // the most frequent way in need not be searched for
    fetch: guard((request, info) =>
      opensSocket(request) ? webSocket(request, door.addressOf(request, info)) : app.fetch(request, info)
    ),
    guard,
  };
}

function toRelayError(error: unknown, hub: Hub): RelayError {
  if (error instanceof HTTPException && error.status < 500) {
    return new RelayError(ErrorCode.badRequest, `Cannot answer: ${error.message}`, { cause: error });
  }
  return hub.toRelayError(error, "http");
}
