/**
 * The relay on isolates that can be made to die: `POST /<nodeId>` at CONTROL_PORT does it. As a process of its own it
 * starts without checking types, which several isolates at once may take half a minute for.
 */
import { readConfig } from "../../src/config.ts";
import { jsonLines } from "../../src/observability/log.ts";
import { isolateMetrics } from "../../src/observability/metrics.ts";
import { guardUncaught } from "../../src/process/guards.ts";
import { supervise } from "../../src/process/supervisor.ts";
import { sqlite } from "../../src/stores/sqlite.ts";

const config = readConfig(Deno.env.toObject());
const logger = jsonLines(config.logLevel);
const metrics = isolateMetrics();
const store = sqlite(`${config.dataDir}/denbun.db`);
const orders = new BroadcastChannel("denbun-tests-fragile");

guardUncaught(logger, metrics.counter("uncaught_total"));
supervise({
  config,
  storePort: () => store.port(),
  logger,
  metrics,
  isolate: new URL("../chaos/fragile_isolate.ts", import.meta.url),
  listening: ({ port }) => logger.info("listening", { port }),
  stuck: () => logger.error("stuck", new Error("an isolate does not end")),
});
Deno.serve(
  { port: Number(Deno.env.get("CONTROL_PORT")), hostname: config.host, onListen() {} },
  ({ url }) => {
    orders.postMessage({ nodeId: new URL(url).pathname.slice(1), how: "throw" });
    return new Response();
  },
);
