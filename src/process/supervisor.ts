import type { Config } from "../config.ts";
import type { Logger } from "../hub/ports.ts";
import { unreachable } from "../hub/unreachable.ts";
import type { IsolateMetrics, Snapshot } from "../observability/metrics.ts";
import { Gathering } from "./gathering.ts";
import type { FromIsolate, ToIsolate } from "./isolate_messages.ts";
import { openBackplane } from "./open_backplane.ts";
import { claimPort } from "./port.ts";
import { Questions } from "./questions.ts";
import { SharedCounts } from "./shared_counts.ts";

export interface SupervisorOptions {
  readonly config: Config;
  /** Opens one more way to the process's store; without it each isolate opens its own. */
  readonly storePort?: (() => MessagePort) | undefined;
  readonly logger: Logger;
  /** the supervisor's own measurements: commits, replaced isolates, and what nobody caught */
  readonly metrics: IsolateMetrics;
  /** what a Worker runs */
  readonly isolate?: URL;
  /** Is told once, when all isolates listen. */
  readonly listening?: (address: Deno.NetAddr) => void;
  /**
   * Is told once that a loop does not end. The runtime cannot end it, and as long as the process lives its listener
   * takes a part of all new connections and answers none: the process has to be ended.
   */
  readonly stuck: () => void;
}

/** The isolates of one process. */
export interface Supervisor {
  /** How often an isolate had to be replaced. */
  readonly replaced: number;
  /** Ends all conversations in an orderly way, then the isolates; not those that are stuck. */
  stop(): Promise<void>;
}

const PING_MS = 500;
/** How often an isolate says what it measured, so that little of it is lost when it dies. */
const SNAPSHOT_MS = 2000;
/** How long an isolate may take until it listens. */
const START_MS = 30_000;
/** After this many times the patience with a loop that does not turn it is taken to be endless. */
const STUCK_STALLS = 3;
/** An isolate that served for less than this is taken to be broken: the next start waits longer. */
const HEALTHY_MS = 5000;
const MAX_RESTART_MS = 5000;

interface Isolate {
  readonly nodeId: string;
  readonly worker: Worker;
  /** when it began to serve; `Infinity` before it does */
  servingMs: number;
  readonly snapshots: Questions<void>;
  heardMs: number;
  /**
   * Looks since it was heard. Time itself says nothing: a machine that sleeps or starves stops the supervisor too,
   * and when it goes on everybody has been silent for long.
   */
  unanswered: number;
  stopped: (() => void) | undefined;
  /** a stalled one was replaced, but holds what it has until its loop turns again */
  state: "starting" | "running" | "stalled" | "stopping" | "gone";
}

/**
 * Runs the serving Workers of a process and replaces one that dies: by a throw, or by a loop that does not turn
 * any more. Its siblings are told, so that its users are counted as gone unless they come back within the grace,
 * and go on undisturbed.
 */
export function supervise(options: SupervisorOptions): Supervisor {
  const { logger, metrics } = options;
  const config = { ...options.config, port: claimPort(options.config) };
  const entry = options.isolate ?? new URL("./isolate.ts", import.meta.url);
  const gathering = new Gathering<Isolate>(() => metrics.snapshot());
  // the supervisor speaks for isolates that can no longer speak themselves
  const backplane = openBackplane(config, crypto.randomUUID(), logger);
  const isolates = new Set<Isolate>();
  const counts = new SharedCounts<Isolate>({
    config,
    // without Redis the process is alone with its rooms
    backplane: config.redis && backplane,
    exceeded: (of, address, forMs) => {
      for (const isolate of isolates) send(isolate, { kind: "exceeded", of, address, forMs });
    },
  });
  const timers = new Set<ReturnType<typeof setTimeout>>();
  const uncaught = metrics.counter("uncaught_total");
  const replacedBy = {
    error: metrics.counter("isolates_replaced_total", { cause: "error" }),
    stall: metrics.counter("isolates_replaced_total", { cause: "stall" }),
    memory: metrics.counter("isolates_replaced_total", { cause: "memory" }),
  };
  // it serves nobody, and is there longer than any of those who do
  metrics.gauge("isolates").set(0);
  metrics.gauge("process_start_time_seconds").set(performance.timeOrigin / 1000);
  let replaced = 0;
  let failures = 0;
  let listeners = 0;
  let stuck = false;
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
      servingMs: Infinity,
      snapshots: new Questions(),
      heardMs: nowMs,
      unanswered: 0,
      stopped: undefined,
      state: "starting",
    };
    isolates.add(isolate);
    worker.addEventListener("message", ({ data }: MessageEvent<FromIsolate>) => hear(isolate, data));
    worker.addEventListener("error", (event) => {
      // without this the throw would end the whole process
      event.preventDefault();
      uncaught.add(1);
      if (isolate.state === "stalled") end(isolate);
      else replace(isolate, "error", event.message);
    });
    const store = options.storePort?.();
    const message: ToIsolate = { kind: "start", config, nodeId, store };
    worker.postMessage(message, store ? [store] : []);
  }

  function hear(isolate: Isolate, message: FromIsolate): void {
    if (isolate.state === "gone") return;
    if (isolate.state === "stalled") return release(isolate);
    isolate.heardMs = performance.now();
    isolate.unanswered = 0;
    switch (message.kind) {
      case "listening":
        isolate.state = "running";
        isolate.servingMs = performance.now();
        if (++listeners === config.workers) options.listening?.(message.address);
        return;
      case "pong":
        return;
      case "overwhelmed":
        return replace(isolate, "memory", "its connections take too much memory and do not end");
      case "take": {
        const { id, of, holder } = message;
        return send(isolate, { kind: "place", id, granted: counts.take(isolate, id, of, holder) });
      }
      case "give_back":
        return counts.giveBack(isolate, message.id);
      case "attempt": {
        const { id, of, address } = message;
        return send(isolate, { kind: "attempted", id, retryAfterMs: counts.attempt(of, address) });
      }
      case "gather":
        gathering.heard(isolate, message.own);
        gather(isolate).then((snapshots) => send(isolate, { kind: "gathered", id: message.id, snapshots }));
        return;
      case "snapshot":
        gathering.heard(isolate, message.snapshot);
        return isolate.snapshots.answered(message.id, undefined);
      case "stopped":
        isolate.stopped?.();
        return;
      default:
        return unreachable(message);
    }
  }

  function gather(asker: Isolate): Promise<Snapshot[]> {
    const others = [...isolates].filter((isolate) => isolate !== asker && isolate.state === "running");
    return gathering.collect(asker, others.map(askSnapshot));
  }

  function askSnapshot(isolate: Isolate): Promise<void> {
    return isolate.snapshots.ask((id) => send(isolate, { kind: "snapshot_wanted", id }));
  }

  function replace(isolate: Isolate, cause: keyof typeof replacedBy, reason: string): void {
    if (isolate.state === "gone") return;
    gathering.left(isolate);
    counts.left(isolate);
    if (cause === "stall") {
      isolate.state = "stalled";
      tellGone(isolate);
    } else end(isolate);
    if (stopping) return;
    replaced++;
    replacedBy[cause].add(1);
    failures = performance.now() - isolate.servingMs > HEALTHY_MS ? 0 : failures + 1;
    const waitMs = failures <= 1 ? 0 : Math.min(MAX_RESTART_MS, 100 * 2 ** failures);
    logger.error("isolate_died", new Error(reason), { nodeId: isolate.nodeId, cause, replaced, waitMs });
    if (waitMs === 0) start();
    else later(waitMs, start);
  }

  function end(isolate: Isolate): void {
    isolate.state = "gone";
    isolates.delete(isolate);
    isolate.worker.terminate();
    isolate.stopped?.();
    tellGone(isolate);
  }

  /** Its loop turns again: only now can it be ended, and its sockets with it, whose clients come back elsewhere. */
  function release(isolate: Isolate): void {
    const stalledMs = Math.round(performance.now() - isolate.heardMs);
    logger.warn("isolate_released", { nodeId: isolate.nodeId, stalledMs });
    end(isolate);
  }

  function tellGone({ nodeId }: Isolate): void {
    backplane.publish({ kind: "node_gone", nodeId });
  }

  function look(): void {
    const nowMs = performance.now();
    for (const isolate of [...isolates]) {
      const { state, nodeId } = isolate;
      const silentMs = Math.round(nowMs - isolate.heardMs);
      const waitedMs = isolate.unanswered++ * PING_MS;
      // one that loads its code does not turn its loop either
      const patienceMs = state === "starting" ? START_MS : config.isolateStallMs;
      if (state === "stalled" && waitedMs > STUCK_STALLS * config.isolateStallMs && !stuck) {
        stuck = true;
        logger.error("isolate_stuck", new Error("its loop does not end"), { nodeId, silentMs });
        options.stuck();
      } else if ((state === "starting" || state === "running") && waitedMs > patienceMs) {
        replace(isolate, "stall", `its loop did not turn for ${silentMs} ms`);
      }
      // whatever it is, an answer is a sign of life
      send(isolate, { kind: "ping" });
    }
    if (!stopping) later(PING_MS, look);
  }

  function measure(): void {
    // of nobody's question: what it says is kept all the same
    for (const isolate of isolates) send(isolate, { kind: "snapshot_wanted", id: 0 });
    if (!stopping) later(SNAPSHOT_MS, measure);
  }

  for (let n = 0; n < config.workers; n++) start();
  later(PING_MS, look);
  later(SNAPSHOT_MS, measure);

  return {
    get replaced() {
      return replaced;
    },
    async stop() {
      stopping = true;
      for (const timer of timers) clearTimeout(timer);
      const willing = [...isolates].filter(({ state }) => state !== "stalled");
      await Promise.all(willing.map((isolate) => stopIsolate(isolate)));
      for (const isolate of isolates) isolate.worker.terminate();
      counts.close();
      await backplane.close();
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
