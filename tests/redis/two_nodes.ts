import { readConfig } from "../../src/config.ts";
import type { Logger, Store } from "../../src/hub/ports.ts";
import { openBackplane } from "../../src/process/open_backplane.ts";
import { openStore } from "../../src/process/open_store.ts";
import { listen, type Listening } from "../harness/server.ts";
import { RedisServer } from "./redis_server.ts";
import { Strait } from "./strait.ts";
import { up } from "./up.ts";

/** A relay over a Redis, and what it logged. */
export interface Node extends AsyncDisposable {
  readonly server: Listening;
  readonly store: Store;
  readonly events: string[];
}

/** A relay in this process that is wired as one of several processes is. */
export function node(url: string): Node {
  const events: string[] = [];
  const note = (event: string) => void events.push(event);
  const logger: Logger = { debug() {}, info: note, warn: note, error: note };
  const config = readConfig({ REDIS_URL: url });
  const nodeId = crypto.randomUUID();
  const store = openStore(config, nodeId, logger, () => {});
  const backplane = openBackplane(config, nodeId, logger);
  const server = listen({
    nodeId,
    store,
    backplane,
    logger,
    limits: { ratePerSecond: 0, userRatePerSecond: 0 },
  });
  return {
    server,
    store,
    events,
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      await Promise.all([backplane.close(), store.close()]);
    },
  };
}

/** Two relays and their Redis: one of them reaches it over a strait. */
export interface World extends AsyncDisposable {
  readonly redis: RedisServer;
  readonly strait: Strait;
  readonly far: Node;
  readonly near: Node;
}

export async function twoNodes(args?: readonly string[]): Promise<World> {
  const redis = await RedisServer.start(args);
  const strait = new Strait(redis.port);
  const far = node(strait.url);
  const near = node(redis.url);
  await Promise.all([up(far.store), up(near.store)]);
  return {
    redis,
    strait,
    far,
    near,
    async [Symbol.asyncDispose]() {
      redis.signal("SIGCONT");
      strait.weather = "open";
      await Promise.all([far[Symbol.asyncDispose](), near[Symbol.asyncDispose]()]);
      await strait[Symbol.asyncDispose]();
      await redis[Symbol.asyncDispose]();
    },
  };
}
