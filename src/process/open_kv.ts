import type { Config } from "../config.ts";
import { platform } from "./platform.ts";

/**
 * Opens the KV database of a configuration: what it names; else, on Deno Deploy, the one that is assigned; else a
 * file in the data folder, which other processes may open, too.
 */
export async function openKv({ kvPath, dataDir }: Config): Promise<Deno.Kv> {
  if (kvPath !== undefined) return await Deno.openKv(kvPath);
  if (platform().deploy) return await Deno.openKv();
  await Deno.mkdir(dataDir, { recursive: true });
  return await Deno.openKv(`${dataDir}/denbun.kv`);
}
