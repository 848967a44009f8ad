import type { Config } from "../config.ts";
import type { Logger } from "../hub/ports.ts";
import { broadcastChannel } from "../backplanes/broadcast_channel.ts";
import { systemClock } from "../runtime/clock.ts";
import { ConnectionCount } from "../transports/connection_count.ts";
import { WAITING_PER_USER } from "../transports/polling.ts";
import { unreachable } from "../hub/unreachable.ts";
import type { Release } from "../transports/places.ts";
import type { IsolateMetrics, Snapshot } from "../observability/metrics.ts";
import type { FromIsolate, ToIsolate } from "./isolate_messages.ts";
import { Questions } from "./questions.ts";

export interface SupervisorOptions {
  readonly config: Config;
  readonly workers: number;
  /** Opens one more way to the process's store. */
  readonly storePort: () => MessagePort;
  readonly logger: Logger;
  /** the supervisor's own measurements: commits, and what nobody caught */
  readonly metrics: IsolateMetrics;
  /** what a Worker runs */
  readonly isolate?: URL;
  /** Is told once, when all isolates listen. */
  readonly listening?: (address: Deno.NetAddr) => void;
}

/** The isolates of one process. */
export interface Supervisor {
  /** How often an isolate had to be replaced. */
  readonly replaced: number;
  /** Ends all conversations in an orderly way, then the isolates. */
  stop(): Promise<void>;
}

const PING_MS = 500;
/** How long an isolate may take until it listens. */
const START_MS = 30_000;
/** How long an isolate may take to say what it measured. */
const GATHER_MS = 1000;
/** An isolate that answers within less than this of its start is taken to be broken: its next start waits longer. */
const HEALTHY_MS = 5000;
const MAX_RESTART_MS = 5000;

interface Isolate {
  readonly nodeId: string;
  readonly worker: Worker;
  readonly startedMs: number;
  readonly places: Map<number, Release>;
  readonly snapshots: Questions<Snapshot>;
  heardMs: number;
  stopped: (() => void) | undefined;
  state: "starting" | "running" | "stopping" | "gone";
}

/**
 * Runs the serving Workers of a process and replaces one that dies: by a throw, or by a loop that does not turn
 * any more. Its siblings are told, so that its users are counted as gone unless they come back within the grace,
 * and go on undisturbed.
 */
export function supervise(options: SupervisorOptions): Supervisor {
  const { config, workers, logger } = options;
  const entry = options.isolate ?? new URL("./isolate.ts", import.meta.url);
  const places = {
    connections: new ConnectionCount(config.maxConnectionsPerIp),
    waiting: new ConnectionCount(WAITING_PER_USER),
  };
  // the supervisor speaks for isolates that can no longer speak themselves
  const backplane = broadcastChannel("denbun", { soon: systemClock.soon });
  const isolates = new Set<Isolate>();
  const timers = new Set<ReturnType<typeof setTimeout>>();
  let replaced = 0;
  let failures = 0;
  let listeners = 0;
  let stopping = false;

  const later = (ms: number, task: () => void) => {
    const timer = setTimeout(() => {
      timers.delete(timer);
      task();
    }, ms);
    timers.add(timer);
  };

  function start(): void {
    if (stopping) return;
    const nodeId = crypto.randomUUID().slice(0, 8);
    const worker = new Worker(entry, { type: "module", name: nodeId });
    const nowMs = performance.now();
    const isolate: Isolate = {
      nodeId,
      worker,
      startedMs: nowMs,
      places: new Map(),
      snapshots: new Questions(),
      heardMs: nowMs,
      stopped: undefined,
      state: "starting",
    };
    isolates.add(isolate);
    worker.addEventListener("message", ({ data }: MessageEvent<FromIsolate>) => hear(isolate, data));
    worker.addEventListener("error", (event) => {
      // without this the throw would end the whole process
      event.preventDefault();
      replace(isolate, event.message);
    });
    const store = options.storePort();
    worker.postMessage({ kind: "start", config, nodeId, store } satisfies ToIsolate, [store]);
  }

  function hear(isolate: Isolate, message: FromIsolate): void {
    if (isolate.state === "gone") return;
    isolate.heardMs = performance.now();
    switch (message.kind) {
      case "listening":
        isolate.state = "running";
        if (++listeners === workers) options.listening?.(message.address);
        return;
      case "pong":
        return;
      case "take": {
        const release = places[message.of].take(message.holder);
        if (release) isolate.places.set(message.id, release);
        return send(isolate, { kind: "place", id: message.id, granted: release !== undefined });
      }
      case "give_back":
        isolate.places.get(message.id)?.();
        isolate.places.delete(message.id);
        return;
      case "gather":
        gather(isolate).then((snapshots) => send(isolate, { kind: "gathered", id: message.id, snapshots }));
        return;
      case "snapshot":
        return isolate.snapshots.answered(message.id, message.snapshot);
      case "stopped":
        isolate.stopped?.();
        return;
      default:
        return unreachable(message);
    }
  }

  /** Everybody's measurements but the asker's; who does not answer in time is left out. */
  async function gather(asker: Isolate): Promise<Snapshot[]> {
    const others = [...isolates].filter((isolate) => isolate !== asker && isolate.state === "running");
    const late = new Promise<undefined>((resolve) => later(GATHER_MS, () => resolve(undefined)));
    const snapshots = await Promise.all(others.map((isolate) =>
      Promise.race([
        late,
        isolate.snapshots.ask((id) => send(isolate, { kind: "snapshot_wanted", id })),
      ])
    ));
    return [options.metrics.snapshot(), ...snapshots.filter((snapshot) => snapshot !== undefined)];
  }

  function replace(isolate: Isolate, reason: string): void {
    if (isolate.state === "gone") return;
    isolate.state = "gone";
    isolates.delete(isolate);
    isolate.worker.terminate();
    for (const release of isolate.places.values()) release();
    isolate.stopped?.();
    backplane.publish({ kind: "node_gone", nodeId: isolate.nodeId });
    if (stopping) return;
    replaced++;
    failures = performance.now() - isolate.startedMs > HEALTHY_MS ? 0 : failures + 1;
    const waitMs = failures <= 1 ? 0 : Math.min(MAX_RESTART_MS, 100 * 2 ** failures);
    logger.error("isolate_died", new Error(reason), { nodeId: isolate.nodeId, replaced, waitMs });
    if (waitMs === 0) start();
    else later(waitMs, start);
  }

  function look(): void {
    const nowMs = performance.now();
    for (const isolate of [...isolates]) {
      const silentMs = nowMs - isolate.heardMs;
      // one that loads its code does not turn its loop either
      const patienceMs = isolate.state === "starting" ? START_MS : config.isolateStallMs;
      if (isolate.state !== "stopping" && silentMs > patienceMs) {
        replace(isolate, `its loop did not turn for ${Math.round(silentMs)} ms`);
      } else send(isolate, { kind: "ping" });
    }
    if (!stopping) later(PING_MS, look);
  }

  for (let n = 0; n < workers; n++) start();
  later(PING_MS, look);

  return {
    get replaced() {
      return replaced;
    },
    async stop() {
      stopping = true;
      for (const timer of timers) clearTimeout(timer);
      await Promise.all([...isolates].map((isolate) => stopIsolate(isolate)));
      for (const isolate of isolates) isolate.worker.terminate();
      backplane.close();
    },
  };
}

function stopIsolate(isolate: Isolate): Promise<void> {
  isolate.state = "stopping";
  return new Promise((resolve) => {
    isolate.stopped = resolve;
    send(isolate, { kind: "stop" });
  });
}

function send({ worker }: Isolate, message: ToIsolate): void {
  worker.postMessage(message);
}
