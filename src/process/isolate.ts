/// <reference lib="deno.worker" />
/**
 * What one of several serving Workers runs: a node on the port they share. A store that the process has one of is
 * behind a MessagePort, one on the network each isolate opens for itself.
 * @module
 */
import type { Store } from "../hub/ports.ts";
import { unreachable } from "../hub/unreachable.ts";
import { commitMeter } from "../observability/commit_meter.ts";
import { jsonLines } from "../observability/log.ts";
import { isolateMetrics, type Snapshot } from "../observability/metrics.ts";
import { systemClock } from "../runtime/clock.ts";
import { connectStore } from "../stores/remote.ts";
import { guardUncaught } from "./guards.ts";
import { IsolateAttempts } from "./isolate_attempts.ts";
import type { FromIsolate, ToIsolate } from "./isolate_messages.ts";
import { IsolatePlaces } from "./isolate_places.ts";
import { type Node, startNode } from "./node.ts";
import { openBackplane } from "./open_backplane.ts";
import { openStore } from "./open_store.ts";
import { Questions } from "./questions.ts";

const tell = (message: FromIsolate) => self.postMessage(message);
const places = new IsolatePlaces(tell);
const attempts = new IsolateAttempts(tell, systemClock);
const metrics = isolateMetrics();
const gathering = new Questions<Snapshot[]>();
let node: Node | undefined;
let store: Store | undefined;

self.addEventListener("message", ({ data }: MessageEvent<ToIsolate>) => {
  switch (data.kind) {
    case "start":
      node = start(data);
      return;
    case "ping":
      return tell({ kind: "pong" });
    case "place":
      return places.answered(data.id, data.granted);
    case "attempted":
      return attempts.answered(data.id, data.retryAfterMs);
    case "exceeded":
      return attempts.exceeded(data.of, data.address, data.forMs);
    case "snapshot_wanted":
      return tell({ kind: "snapshot", id: data.id, snapshot: metrics.snapshot() });
    case "gathered":
      return gathering.answered(data.id, data.snapshots);
    case "stop":
      stop().finally(() => tell({ kind: "stopped" }));
      return;
    default:
      return unreachable(data);
  }
});

function start({ config, nodeId, store: port }: Extract<ToIsolate, { kind: "start" }>): Node {
  const logger = jsonLines(config.logLevel);
  store = port ? connectStore(port) : openStore(config, nodeId, logger, commitMeter(metrics));
  const started = startNode({
    config,
    store,
    backplane: openBackplane(config, nodeId, logger),
    addresses: { connections: places.connections, connects: attempts.connects, failures: attempts.failures },
    waitingPlaces: places.waiting,
    logger,
    metrics,
    gather: (own) => gathering.ask((id) => tell({ kind: "gather", id, own })),
    nodeId,
    shared: true,
    listening: (address) => tell({ kind: "listening", address }),
    overwhelmed: () => tell({ kind: "overwhelmed" }),
  });
  // from here on nothing ends the isolate; a start that fails does, and is tried again
  guardUncaught(logger, metrics.counter("uncaught_total"));
  return started;
}

async function stop(): Promise<void> {
  await node?.stop();
  await store?.close();
}
