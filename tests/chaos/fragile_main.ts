/**
 * The relay on fragile isolates. SIGUSR2 makes one of them die; a line `victim` says which. `FRAGILE_HOW` is how, by a
 * `throw` or a `stall`, which takes `FRAGILE_FOR_MS` or for ever.
 * Everything else is what main.ts does.
 */
import { readConfig } from "../../src/config.ts";
import { jsonLines } from "../../src/observability/log.ts";
import { isolateMetrics } from "../../src/observability/metrics.ts";
import { endOnSignals, ExitCode, orderlyEnd } from "../../src/process/endings.ts";
import { supervise } from "../../src/process/supervisor.ts";
import { sqlite } from "../../src/stores/sqlite.ts";

const config = readConfig(Deno.env.toObject());
const logger = jsonLines(config.logLevel);
const store = sqlite(`${config.dataDir}/denbun.db`);
const orders = new BroadcastChannel("denbun-tests-fragile");
const isolates: string[] = [];
orders.addEventListener("message", ({ data }) => isolates.push(data.hello));

const end = orderlyEnd(logger, async () => {
  await supervisor.stop();
  await store.close();
});
const supervisor = supervise({
  config,
  storePort: () => store.port(),
  logger,
  metrics: isolateMetrics(),
  isolate: new URL("./fragile_isolate.ts", import.meta.url),
  listening: () => logger.info("listening"),
  stuck: () => end(ExitCode.stuck, { reason: "an isolate does not end" }),
});
endOnSignals(end);
Deno.addSignalListener("SIGUSR2", () => {
  const nodeId = isolates[0]!;
  logger.info("victim", { nodeId });
  const how = Deno.env.get("FRAGILE_HOW") ?? "stall";
  orders.postMessage({ nodeId, how, forMs: Number(Deno.env.get("FRAGILE_FOR_MS") ?? Infinity) });
});
