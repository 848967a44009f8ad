import { kvBackplane } from "../backplanes/kv.ts";
import { local } from "../backplanes/local.ts";
import type { Config } from "../config.ts";
import type { Backplane } from "../hub/ports.ts";
import { openKv } from "./open_kv.ts";

/** What carries news between this process and others, when it serves with one isolate. */
export function openBackplane(config: Config): Backplane {
  // whoever else opens the database has the same rooms
  return config.store === "kv" ? kvBackplane({ open: () => openKv(config) }) : local();
}
