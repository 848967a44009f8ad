import type { Config } from "../config.ts";
import type { Logger, Store } from "../hub/ports.ts";
import { kv } from "../stores/kv.ts";
import { memory } from "../stores/memory.ts";
import { redis } from "../stores/redis.ts";
import { sqlite } from "../stores/sqlite.ts";
import { openKv } from "./open_kv.ts";

/** The process's store, and ways to it for the isolates. */
export interface OpenStore extends Store {
  /** One more way to the store; a store without it is opened by each isolate for itself. */
  readonly port?: () => MessagePort;
}

/**
 * Opens what the configuration names, for the node of this name. A Redis is not waited for: until it is there calls
 * are refused. `onCommit` is told of each durable commit.
 * @throws {Error} when the file is damaged, or another process has it
 */
export function openStore(
  config: Config,
  nodeId: string,
  logger: Logger,
  onCommit: (writes: number, seconds: number) => void,
): OpenStore {
  const { store, dataDir, redis: address, retention } = config;
  switch (store) {
    case "kv":
      // the configuration allows it for a single isolate only, as memory
      return kv({ ...retention, open: () => openKv(config), onCommit });
    case "memory":
      return memory(retention);
    case "redis":
      return redis(address!.url, {
        ...retention,
        prefix: address!.prefix,
        announceAs: nodeId,
        logger,
        onCommit,
      });
    case "sqlite":
      return sqlite(`${dataDir}/denbun.db`, { ...retention, logger, onCommit });
  }
}
