import { broadcastChannel } from "../backplanes/broadcast_channel.ts";
import { kvBackplane } from "../backplanes/kv.ts";
import { local } from "../backplanes/local.ts";
import { redisBackplane } from "../backplanes/redis.ts";
import type { Config } from "../config.ts";
import type { Backplane, Logger } from "../hub/ports.ts";
import { systemClock } from "../runtime/clock.ts";
import { openKv } from "./open_kv.ts";

/** What carries news between all that serve the same rooms. Each isolate opens its own end, under its node's name. */
export function openBackplane(config: Config, nodeId: string, logger: Logger): Backplane {
  const { store, redis, workers } = config;
  const { soon } = systemClock;
  if (redis) {
    const { url, prefix } = redis;
    return redisBackplane(url, { prefix, name: nodeId, announced: true, logger, soon });
  }
  // whoever else opens the database has the same rooms
  if (store === "kv") return kvBackplane({ open: () => openKv(config) });
  return workers > 1 ? broadcastChannel("denbun", { soon }) : local();
}
