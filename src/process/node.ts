import { jwt } from "../auth/jwt.ts";
import type { Config } from "../config.ts";
import type { Backplane, Logger, Store } from "../hub/ports.ts";
import { jsonLines } from "../observability/log.ts";
import type { IsolateMetrics, Snapshot } from "../observability/metrics.ts";
import { type Relay, relay } from "../relay.ts";
import { standardFeatures } from "../standard_features.ts";
import type { CountsByAddress } from "../transports/address_counts.ts";
import type { Places } from "../transports/places.ts";
import { systemClock } from "../runtime/clock.ts";
import { Neighbours } from "./neighbours.ts";
import { misfits, type Platform } from "./platform.ts";
import { serve } from "./serve.ts";

export interface NodeOptions {
  readonly config: Config;
  readonly store: Store;
  readonly backplane: Backplane;
  /** counts by address, when other isolates have some of them */
  readonly addresses?: CountsByAddress;
  /** counts requests that wait by user, when other isolates have some of them */
  readonly waitingPlaces?: Places;
  readonly logger: Logger;
  readonly metrics: IsolateMetrics;
  /** The measurements of the process's other isolates, told one's own. */
  readonly gather?: (own: Snapshot) => Promise<readonly Snapshot[]>;
  readonly nodeId: string;
  /** where it runs: what of the configuration cannot work there is said in `/readyz`, too */
  readonly platform?: Platform;
  /** several isolates listen on one port */
  readonly shared?: boolean;
  readonly listening: (address: Deno.NetAddr) => void;
  /** Is told once that the isolate has to end for its memory to be freed. */
  readonly overwhelmed: () => void;
}

/** One relay that listens: the whole of a small process, or one isolate of a large one. */
export interface Node {
  readonly relay: Relay;
  /** Ends all conversations in an orderly way, then stops. */
  stop(): Promise<void>;
}

const PAGES = new URL("../../static/dist/", import.meta.url);

/** Starts a node. The store is its owner's to close. */
export function startNode(options: NodeOptions): Node {
  const { config, store, backplane, logger, metrics, nodeId } = options;
  const warnings = options.platform ? misfits(config, options.platform).map(({ name }) => name) : [];
  const running = relay({
    auth: config.jwt && jwt(config.jwt),
    guests: config.guests,
    serverKeys: config.serverKeys,
    webhooks: config.webhooks,
    trustedProxies: config.trustedProxies,
    allowedOrigins: config.allowedOrigins,
    maxConnectionsPerIp: config.maxConnectionsPerIp,
    connectsPerMinute: config.connectsPerMinute,
    failuresPerMinute: config.failuresPerMinute,
    maxMemoryBytes: config.maxMemoryBytes,
    overwhelmed: options.overwhelmed,
    limits: config.limits,
    store,
    backplane,
    addresses: options.addresses,
    ...options.waitingPlaces && { waitingPlaces: options.waitingPlaces },
    logger,
    // switched on by itself, whatever the level of the other lines
    ...config.messageLog && { messageLog: jsonLines("info") },
    metrics,
    ...options.gather && { gather: options.gather },
    nodeId,
    features: standardFeatures({ demo: config.guests }),
    readiness: () => ({
      ...neighbours && { nodes: neighbours.neighbourhood },
      ...warnings.length > 0 && { warnings },
    }),
    about: {
      store: config.store,
      durable: config.store !== "memory" && warnings.length === 0,
      connectionLimit: config.maxConnectionsPerIp > 0,
      isolates: config.workers,
    },
    pages: PAGES,
  });
  // other processes may have the same rooms
  const neighbours = config.store === "kv" || config.store === "redis"
    ? new Neighbours({
      table: store,
      nodeId,
      heard: () => running.hub.otherNodes,
      clock: systemClock,
      logger,
    })
    : undefined;
  const serving = serve({
    port: config.port,
    hostname: config.host,
    reusePort: options.shared ?? false,
    logger,
    handler: running.fetch,
    listening: options.listening,
  });
  return {
    relay: running,
    async stop() {
      // the drain comes first: stopping the listener closes every socket at once
      await running.drain();
      await serving.stop();
      await neighbours?.stop();
      running.close();
      await backplane.close();
    },
  };
}
