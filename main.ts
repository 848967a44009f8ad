import { type Config, ConfigError, readConfig } from "./src/config.ts";
import type { Logger } from "./src/hub/ports.ts";
import { commitMeter } from "./src/observability/commit_meter.ts";
import { jsonLines } from "./src/observability/log.ts";
import { type IsolateMetrics, isolateMetrics } from "./src/observability/metrics.ts";
import { keepFreedMemory } from "./src/process/allocator.ts";
import { type End, endOnSignals, ExitCode, failStart, orderlyEnd } from "./src/process/endings.ts";
import { guardUncaught } from "./src/process/guards.ts";
import { startNode } from "./src/process/node.ts";
import { environment } from "./src/process/permissions.ts";
import { supervise } from "./src/process/supervisor.ts";
import { openBackplane } from "./src/process/open_backplane.ts";
import { type OpenStore, openStore } from "./src/process/open_store.ts";
import { misfits, platform } from "./src/process/platform.ts";

if (import.meta.main) {
  try {
    main();
  } catch (error) {
    failStart(error);
  }
}

/** Runs the relay as the environment says, until a signal ends it. */
export function main(): void {
  keepFreedMemory();
  const config = configOrExit();
  const logger = jsonLines(config.logLevel);
  const metrics = isolateMetrics();
  const nodeId = crypto.randomUUID().slice(0, 8);
  // isolates open a store on the network by themselves
  const store = config.workers > 1 && config.redis
    ? undefined
    : openStore(config, nodeId, logger, commitMeter(metrics));
  if (config.guests) logger.warn("guest_mode", { reason: "everybody may enter, without a token as a guest" });
  for (const { name, reason } of misfits(config, platform())) logger.warn(name, { reason });
  const end = orderlyEnd(logger, async () => {
    await running.stop();
    await store?.close();
  });
  const running = start(config, nodeId, store, logger, metrics, end);
  // from here on nothing ends the process; a start that fails does
  guardUncaught(logger, metrics.counter("uncaught_total"));
  endOnSignals(end);
}

function start(
  config: Config,
  nodeId: string,
  store: OpenStore | undefined,
  logger: Logger,
  metrics: IsolateMetrics,
  end: End,
): { stop(): Promise<void> } {
  const listening = ({ hostname, port }: Deno.NetAddr) => {
    const { store, workers } = config;
    logger.info("listening", { url: `http://localhost:${port}/`, hostname, port, store, workers });
  };
  if (config.workers > 1 || !store) {
    const stuck = () => end(ExitCode.stuck, { reason: "an isolate does not end" });
    return supervise({ config, storePort: store?.port, logger, metrics, listening, stuck });
  }
  return startNode({
    config,
    store,
    backplane: openBackplane(config, nodeId, logger),
    logger,
    metrics,
    nodeId,
    platform: platform(),
    listening,
    overwhelmed: () =>
      end(ExitCode.memory, { reason: "its connections take too much memory and do not end" }),
  });
}

function configOrExit(): Config {
  const cores = Deno.args.includes("--all-cores") ? navigator.hardwareConcurrency : 1;
  try {
    // on Deploy a file is an instance's own, and goes with it
    return readConfig(environment(), { workers: cores, store: platform().deploy ? "kv" : "sqlite" });
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    Deno.stderr.writeSync(new TextEncoder().encode(`${error.message}\n`));
    Deno.exit(ExitCode.config);
  }
}
