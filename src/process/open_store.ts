import type { Config } from "../config.ts";
import type { Logger, Store } from "../hub/ports.ts";
import { kv } from "../stores/kv.ts";
import { memory } from "../stores/memory.ts";
import { sqlite } from "../stores/sqlite.ts";
import { openKv } from "./open_kv.ts";

/** The process's one store, and ways to it for the isolates. */
export interface OpenStore extends Store {
  /** One more way to the store. */
  port(): MessagePort;
}

/**
 * Opens what the configuration names. `onCommit` is told of each durable commit.
 * @throws {Error} when the file is damaged, or another process has it
 */
export function openStore(
  config: Config,
  logger: Logger,
  onCommit: (writes: number, seconds: number) => void,
): OpenStore {
  const { store, dataDir, retention } = config;
  switch (store) {
    case "kv":
      // the configuration allows it for a single isolate only, as memory
      return Object.assign(kv({ ...retention, open: () => openKv(config), onCommit }), { port: noPort });
    case "memory":
      return Object.assign(memory(retention), { port: noPort });
    case "sqlite":
      return sqlite(`${dataDir}/denbun.db`, { ...retention, logger, onCommit });
  }
}

function noPort(): never {
  throw new TypeError("Cannot share this store between isolates");
}
