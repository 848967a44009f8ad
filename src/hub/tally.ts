import type { Sealed } from "../protocol/sealed.ts";
import { ErrorCode, ServerType } from "../protocol/wire.ts";
import type { Batch } from "./batch.ts";
import { countedCodes, type LossReason, LossReasons } from "./closing.ts";
import type { Counter, Gauge, Histogram, Metrics } from "./ports.ts";

/** What made a node look into a room's log. */
const LookReasons = ["hint", "sweep", "append", "request"] as const;
export type LookReason = typeof LookReasons[number];

/** How a join went: without a position, or with one that was resumed from or was not. [R2] */
const JoinOutcomes = ["fresh", "recovered", "not_recovered"] as const;
export type JoinOutcome = typeof JoinOutcomes[number];

/** The label of types the relay does not know. */
const OTHER = "other";

interface Flow {
  readonly envelopes: Counter;
  readonly bytes: Counter;
}

/**
 * What one hub counts. Every counter is found once, here, so that counting is an addition: nothing is allocated
 * or looked up by labels while a message is on its way.
 */
export class Tally {
  readonly framesIn: Counter;
  readonly framesOut: Counter;
  readonly hintsIn: Counter;
  readonly hintsOut: Counter;
  readonly backplaneBad: Counter;
  readonly joins: Readonly<Record<JoinOutcome, Counter>>;
  readonly healed: Readonly<Record<LookReason, Counter>>;
  readonly lost: Readonly<Record<LossReason, Counter>>;
  readonly errors: Readonly<Record<ErrorCode, Counter>>;
  /** how many envelopes wait for the ones of their client before them */
  waiting = 0;
  readonly #metrics: Metrics;
  readonly #in: ReadonlyMap<string, Flow>;
  readonly #out: ReadonlyMap<string, Flow>;
  readonly #otherIn: Flow;
  readonly #otherOut: Flow;
  readonly #acks = new Map<string, Histogram>();
  readonly #connections = new Map<string, Gauge>();
  readonly #closes: ReadonlyMap<number, Counter>;
  readonly #otherClose: Counter;

  /** `clientTypes` are the types a client may send: whatever else it sends counts as one. */
  constructor(metrics: Metrics, clientTypes: Iterable<string>) {
    this.#metrics = metrics;
    this.framesIn = metrics.counter("frames_total", { direction: "in" });
    this.framesOut = metrics.counter("frames_total", { direction: "out" });
    this.hintsIn = metrics.counter("hints_total", { direction: "in" });
    this.hintsOut = metrics.counter("hints_total", { direction: "out" });
    this.backplaneBad = metrics.counter("backplane_bad_total");
    this.joins = each(JoinOutcomes, (outcome) => metrics.counter("resumes_total", { outcome }));
    this.healed = each(LookReasons, (by) => metrics.counter("gaps_healed_total", { by }));
    this.lost = each(LossReasons, (reason) => metrics.counter("connections_lost_total", { reason }));
    this.errors = each(Object.values(ErrorCode), (code) => metrics.counter("errors_total", { code }));
    const flow = (type: string, direction: "in" | "out"): Flow => ({
      envelopes: metrics.counter("envelopes_total", { type, direction }),
      bytes: metrics.counter("envelope_bytes_total", { type, direction }),
    });
    this.#in = new Map([...clientTypes].map((type) => [type, flow(type, "in")]));
    this.#out = new Map(Object.values(ServerType).map((type) => [type, flow(type, "out")]));
    this.#otherIn = flow(OTHER, "in");
    this.#otherOut = flow(OTHER, "out");
    const close = (code: string) => metrics.counter("closes_total", { code });
    this.#closes = new Map([...countedCodes].map((code) => [code, close(String(code))]));
    this.#otherClose = close(OTHER);
  }

  /** An envelope came in; its type may be anything. */
  received(type: string, bytes: number): void {
    const flow = this.#in.get(type) ?? this.#otherIn;
    flow.envelopes.add(1);
    flow.bytes.add(bytes);
  }

  /** Envelopes go to one reader. */
  sent(sealed: readonly Sealed[]): void {
    for (const one of sealed) this.#send(one, 1);
  }

  /** A room's batch went to its readers: counted once, however many they are. */
  shared({ shared, readers }: Batch): void {
    if (readers === 0) return;
    for (const one of shared) this.#send(one, readers);
  }

  /** An ack was queued `latencyMs` after its message came in. */
  acked(type: string, latencyMs: number): void {
    const known = this.#in.has(type) ? type : OTHER;
    let histogram = this.#acks.get(known);
    if (!histogram) {
      histogram = this.#metrics.histogram("ack_latency_seconds", { type: known });
      this.#acks.set(known, histogram);
    }
    histogram.observe(latencyMs / 1000);
  }

  closed(code: number): void {
    (this.#closes.get(code) ?? this.#otherClose).add(1);
  }

  connections(transport: string, codec: string): Gauge {
    const key = `${transport} ${codec}`;
    let gauge = this.#connections.get(key);
    if (!gauge) this.#connections.set(key, gauge = this.#metrics.gauge("connections", { transport, codec }));
    return gauge;
  }

  #send(sealed: Sealed, readers: number): void {
    const flow = this.#out.get(sealed.type) ?? this.#otherOut;
    flow.envelopes.add(readers);
    flow.bytes.add(readers * sealed.bytes);
  }
}

function each<K extends string, V>(keys: readonly K[], make: (key: K) => V): Record<K, V> {
  return Object.fromEntries(keys.map((key) => [key, make(key)])) as Record<K, V>;
}
