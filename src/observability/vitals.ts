import type { Clock } from "../hub/ports.ts";
import type { Family, Sample, Snapshot } from "./metrics.ts";
import { quantile } from "./quantile.ts";

/** What a process says of itself at one moment. Rates are over the time since it was last asked. */
export type Vitals = Readonly<Record<string, number>>;

/** A rate over a longer time than this would hide what happens now. */
const MAX_SPAN_MS = 10_000;

/** Numbers that only grow, and the ack latencies' buckets: what rates are made of. */
interface Totals {
  readonly atMs: number;
  readonly cpuS: number;
  readonly requests: number;
  readonly messagesIn: number;
  readonly messagesOut: number;
  readonly acks: ReadonlyMap<number, number>;
}

/**
 * Makes a process's metrics, those of all its isolates, a few numbers that a person can look at. The names are the
 * units too; what cannot be told yet, as a rate when it is asked for the first time, is left out.
 */
export function vitals(
  read: () => Promise<readonly Snapshot[]>,
  clock: Pick<Clock, "monotonic">,
): () => Promise<Vitals> {
  let before: Totals | undefined;
  return async () => {
    const snapshots = await read();
    const family = finder(snapshots);
    const totals = totalsOf(family, clock.monotonic());
    const connections = family("connections");
    const values: Record<string, number> = {
      memoryBytes: family("process_resident_memory_bytes").max(),
      heapBytes: family("heap_used_bytes").sum(),
      connectionsWebsocket: connections.sum(({ transport }) => transport === "websocket"),
      connectionsSse: connections.sum(({ transport }) => transport === "sse"),
      connectionsPolling: connections.sum(({ transport }) => transport === "polling"),
      rooms: family("rooms_active").sum(),
      loopLagMs: family("event_loop_lag_seconds").max() * 1000,
      isolates: family("isolates").sum(),
      ...rates(before, totals),
    };
    before = totals;
    return values;
  };
}

function rates(before: Totals | undefined, now: Totals): Record<string, number> {
  const spanMs = before ? now.atMs - before.atMs : Infinity;
  if (!before || spanMs <= 0 || spanMs > MAX_SPAN_MS) return {};
  // an isolate that was replaced begins at 0 again: that is no negative rate
  const grown = (one: number, other: number) => Math.max(0, one - other);
  const perSecond = (one: number, other: number) => grown(one, other) * 1000 / spanMs;
  const acks = new Map([...now.acks].map(([le, count]) => [le, grown(count, before.acks.get(le) ?? 0)]));
  const p50 = quantile(acks, 0.5);
  const p99 = quantile(acks, 0.99);
  return {
    cpuPercent: perSecond(now.cpuS, before.cpuS) * 100,
    requestsPerSecond: perSecond(now.requests, before.requests),
    messagesInPerSecond: perSecond(now.messagesIn, before.messagesIn),
    messagesOutPerSecond: perSecond(now.messagesOut, before.messagesOut),
    ...p50 !== undefined && p99 !== undefined && { ackP50Ms: p50 * 1000, ackP99Ms: p99 * 1000 },
  };
}

function totalsOf(family: ReturnType<typeof finder>, atMs: number): Totals {
  const envelopes = family("envelopes_total");
  return {
    atMs,
    cpuS: family("process_cpu_seconds_total").max(),
    requests: family("http_requests_total").sum(),
    messagesIn: envelopes.sum(({ direction }) => direction === "in"),
    messagesOut: envelopes.sum(({ direction }) => direction === "out"),
    acks: family("ack_latency_seconds").buckets(),
  };
}

type Labels = Sample["labels"];

/** Looks families up in the snapshots of several isolates, and puts their values together. */
function finder(snapshots: readonly Snapshot[]) {
  return (name: string) => {
    const families = snapshots.flatMap((snapshot) =>
      snapshot.filter((one: Family) => one.name === `denbun_${name}`)
    );
    const samples = families.flatMap(({ values }) => values);
    return {
      sum: (wanted: (labels: Labels) => boolean = () => true) =>
        samples.reduce((sum, { labels, value }) => wanted(labels) ? sum + value : sum, 0),
      max: () => samples.reduce((most, { value }) => Math.max(most, value), 0),
      /** by upper bound, each counting what is at or below it */
      buckets() {
        const found = new Map<number, number>();
        for (const { metricName, labels: { le }, value } of samples) {
          if (!metricName?.endsWith("_bucket")) continue;
          const bound = le === "+Inf" ? Infinity : Number(le);
          found.set(bound, (found.get(bound) ?? 0) + value);
        }
        return found;
      },
    };
  };
}
