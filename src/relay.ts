import type { Hono } from "hono";
import type { Members } from "./auth/members.ts";
import { local } from "./backplanes/local.ts";
import { entrance, type EntranceOptions } from "./entrance.ts";
import { httpApp } from "./http_app.ts";
import type { Feature } from "./hub/feature.ts";
import { APPLICATION } from "./hub/feature_host.ts";
import { Hub } from "./hub/hub.ts";
import type { Limits } from "./hub/limits.ts";
import { type Observer, observers } from "./hub/observer.ts";
import type { Backplane, Logger, Store } from "./hub/ports.ts";
import { within } from "./hub/within.ts";
import { jsonLines } from "./observability/log.ts";
import { watchLoopLag } from "./observability/loop_lag.ts";
import { messageLog } from "./observability/message_log.ts";
import { meteredStore } from "./observability/metered_store.ts";
import { type IsolateMetrics, isolateMetrics, type Snapshot } from "./observability/metrics.ts";
import { residentBytes, watchProcess } from "./observability/process_metrics.ts";
import { vitals } from "./observability/vitals.ts";
import { RelayError } from "./protocol/errors.ts";
import type { Saved } from "./protocol/messages.ts";
import { MessageId, Publish } from "./protocol/schemas.ts";
import { ErrorCode } from "./protocol/wire.ts";
import { systemClock } from "./runtime/clock.ts";
import { systemIds } from "./runtime/ids.ts";
import { standardFeatures } from "./standard_features.ts";
import {
  AddressCounts,
  type AddressLimits,
  type CountsByAddress,
  defaultAddressLimits,
} from "./transports/address_counts.ts";
import { guardMemory } from "./transports/memory_guard.ts";
import { OpenSockets } from "./transports/open_sockets.ts";
import type { Places } from "./transports/places.ts";
import type { Posture } from "./transports/status.ts";
import type { ServeHandler } from "./transports/upgrade_guard.ts";
import { type WebhookOptions, webhooks } from "./webhooks/webhooks.ts";

/** What a relay is made of: a store, and whatever differs from the defaults. */
export interface RelayOptions extends EntranceOptions, Partial<AddressLimits> {
  /** Where rooms are kept. The relay does not close it. */
  readonly store: Store;
  /** carries news between nodes; a relay that is alone needs none */
  readonly backplane?: Backplane;
  /** what can be done in rooms: `standardFeatures()`, by default */
  readonly features?: readonly Feature[];
  /** what differs from `defaultLimits` */
  readonly limits?: Partial<Limits>;
  /**
   * Counts by address where several isolates share it; then it knows the limits. By default the relay counts, and
   * tells the nodes that its backplane reaches.
   */
  readonly addresses?: CountsByAddress | undefined;
  /** counts requests that wait, by user: 4 a user, by default [T4] */
  readonly waitingPlaces?: Places;
  /**
   * Bytes the process may hold: above it WebSockets end that completed no message lately (4001), newest first; by
   * default any number. [H0]
   */
  readonly maxMemoryBytes?: number;
  /**
   * Is told once that the process holds too much and a connection that takes ever more does not end: only the end
   * of the isolate frees what it keeps.
   */
  readonly overwhelmed?: (() => void) | undefined;
  /** JSON lines from `info` up to standard output, by default */
  readonly logger?: Logger;
  /** Is told `message_saved` of each message that is stored, without its body; nobody is, by default. */
  readonly messageLog?: Logger;
  /** Where the application is told what happens: nowhere, by default. [S3] */
  readonly webhooks?: WebhookOptions | undefined;
  /** what the relay counts in; give your own to count more, but to one relay only */
  readonly metrics?: IsolateMetrics;
  /**
   * Asks the other isolates of the process for their numbers, which `/metrics` adds to its own. `own` is what it
   * adds them to: once told, numbers that only grow must not be taken back when this isolate dies.
   */
  readonly gather?: (own: Snapshot) => Promise<readonly Snapshot[]>;
  /** names this node in `welcome` and in logs */
  readonly nodeId?: string;
  /** What `/readyz` says besides: plain data, no secrets. */
  readonly readiness?: () => object;
  /** What `GET /api/status` says of the process beside how the relay is set up: anybody may read it. */
  readonly about?: Readonly<Record<string, boolean | string | number>>;
  /** Folder of built pages to serve, none by default. */
  readonly pages?: URL;
}

/** A Hono app with the relay's routes: `/ws`, `/api/…`, `/healthz`, `/readyz`, `/metrics` and its documents. */
export type App = Hono;

/** A running relay: a Hono app and what an application does with it. */
export interface Relay {
  /** Mount it with `app.route("/realtime", relay.app)`. */
  readonly app: App;
  /**
   * The relay's inside, for its own tests.
   * @internal
   */
  readonly hub: Hub;
  /** the numbers of this isolate */
  readonly metrics: IsolateMetrics;
  /** Give this to `Deno.serve`: the app, or `guard(outer.fetch)` when it is mounted in another one. */
  readonly fetch: ServeHandler;
  /** Wraps an outer app so that nothing in it can spoil an upgrade. */
  guard(handler: ServeHandler): ServeHandler;
  /**
   * Stores an event in a room and delivers it, as the application itself.
   * @throws {RelayError} `bad_request`, `conflict`, `store_unavailable`, `draining`
   */
  publish(roomId: string, event: string, data: unknown, messageId?: string): Promise<Saved>;
  /** Refuses all tokens of a user that were issued until now, and ends what was opened with them. [S1] */
  revoke(userId: string): Promise<void>;
  /** Ends a user's connections; it may come back. [S1] */
  disconnect(userId: string): Promise<void>;
  /** The members of private rooms; changes take effect at once on who is there. [S1] */
  readonly members: Members;
  /** Asks the policy again about everybody who is in a room: what it goes by changed. */
  roomChanged(roomId: string): Promise<void>;
  /** Ends every conversation in an orderly way, within `withinMs`. */
  drain(withinMs?: number): Promise<void>;
  /** Ends timers and subscriptions at once; `drain` first when clients are still connected. */
  close(): void;
}

/** How long closed sockets may take to be gone before the listener ends under them. */
const CLOSED_WITHIN_MS = 1000;

/** Puts a relay together. */
export function relay(options: RelayOptions): Relay {
  const { logger = jsonLines("info"), metrics = isolateMetrics() } = options;
  const { gather = () => Promise.resolve([]) } = options;
  const store = meteredStore(options.store, metrics);
  const counts = options.addresses ? undefined : addressCounts(options);
  const addresses = options.addresses ?? counts!;
  const door = entrance(options, { table: store, clock: systemClock, logger, attempts: addresses });
  const readAll = async () => {
    const own = metrics.snapshot();
    return [...await gather(own), own];
  };
  const features = options.features ?? standardFeatures();
  const hooks = options.webhooks &&
    webhooks(options.webhooks, { table: store, clock: systemClock, ids: systemIds, logger, metrics });
  const watchers: Observer[] = [
    ...options.messageLog ? [messageLog(options.messageLog)] : [],
    ...hooks ? [hooks.observer] : [],
  ];
  const hub: Hub = new Hub({
    clock: systemClock,
    ids: systemIds,
    store,
    backplane: options.backplane ?? local(),
    policy: door.policy,
    identities: door.identities,
    logger,
    metrics,
    ...watchers.length > 0 && {
      observer: observers(watchers, (error) => hub.noise.error("observer_failed", error)),
    },
    features,
    vitals: vitals(readAll, systemClock),
    nodeId: options.nodeId ?? systemIds.next().slice(0, 8),
    ...options.limits === undefined ? {} : { limits: options.limits },
  });
  const publish: Relay["publish"] = async (roomId, event, data, messageId) => {
    const { payload, id } = publication({ roomId, event, data }, messageId);
    const body = { event: payload.event, data: payload.data };
    return await hub.publish({ roomId, type: "event", body, identity: APPLICATION, messageId: id });
  };
  const sockets = new OpenSockets();
  const { app, fetch, guard } = httpApp({
    hub,
    door,
    features,
    places: addresses.connections,
    waitingPlaces: options.waitingPlaces,
    sockets,
    publish,
    readAll,
    posture: postureOf(options, hub.limits),
    readiness: options.readiness,
    pages: options.pages,
    requests: metrics.counter("http_requests_total"),
    logger,
  });
  const watches = [
    watchLoopLag(metrics, systemClock),
    watchProcess(metrics),
    guardMemory({
      clock: systemClock,
      sockets,
      maxBytes: options.maxMemoryBytes ?? 0,
      heldBytes: residentBytes,
      logger: hub.noise,
      shed: metrics.counter("connections_shed_total"),
      overwhelmed: options.overwhelmed ?? (() => {}),
    }),
  ];
  return {
    app,
    hub,
    metrics,
    fetch,
    guard,
    publish,
    revoke: (userId) => door.revoke(hub, userId),
    disconnect: (userId) => hub.access.disconnected(userId),
    members: door.members(hub),
    roomChanged: (roomId) => hub.access.roomChanged(roomId),
    async drain(withinMs) {
      await hub.drain(withinMs);
      await Promise.all([
        within(systemClock, CLOSED_WITHIN_MS, sockets.emptied()),
        hooks?.drain(CLOSED_WITHIN_MS),
      ]);
    },
    close() {
      hub.close();
      hooks?.close();
      counts?.close();
      for (const stop of watches) stop();
    },
  };
}

/** Counts here, and with the nodes that the backplane reaches. */
function addressCounts(options: RelayOptions): AddressCounts {
  const { backplane, maxConnectionsPerIp, connectsPerMinute, failuresPerMinute } = {
    ...defaultAddressLimits,
    ...options,
  };
  const limits = { maxConnectionsPerIp, connectsPerMinute, failuresPerMinute };
  return new AddressCounts({ ...limits, backplane, clock: systemClock, teller: systemIds.next() });
}

function postureOf(options: RelayOptions, limits: Limits): Posture {
  const { auth, guests = !auth, serverKeys = [], allowedOrigins = [], about } = options;
  return {
    guests,
    tokens: auth !== undefined,
    serverKey: serverKeys.length > 0,
    otherOrigins: allowedOrigins.length > 0,
    messageLimit: limits.ratePerSecond > 0,
    ...about,
  };
}

/** What the application publishes is held to what clients are: an id must not be able to break a message. [E5] */
function publication(
  payload: unknown,
  messageId: string | undefined,
): { payload: Publish; id: string | undefined } {
  const checked = Publish.safeParse(payload);
  const id = MessageId.optional().safeParse(messageId);
  if (checked.success && id.success) return { payload: checked.data, id: id.data };
  const issue = (checked.error ?? id.error)?.issues[0];
  throw new RelayError(ErrorCode.badRequest, `Cannot publish: ${issue?.message}`);
}
