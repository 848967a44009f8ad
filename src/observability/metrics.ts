import { AggregatorRegistry } from "prom-client";
import { type Labels, type Meter, type MeterName, meters } from "../hub/meters.ts";
import type { Counter, Gauge, Histogram, Metrics } from "../hub/ports.ts";
import { Buckets, Cell } from "./cells.ts";

type LabelValues = Readonly<Record<string, string>>;

/** The value of one series. */
export interface Sample {
  /** in the unit of the name */
  readonly value: number;
  /** label values by label name */
  readonly labels: Readonly<Record<string, string | number>>;
  /** the series' own name, when it is not the family's */
  readonly metricName?: string;
}

/** One meter with all its series, as prom-client puts several isolates' together. */
export interface Family {
  /** with the prefix `denbun_` */
  readonly name: string;
  /** one sentence for whoever reads the numbers */
  readonly help: string;
  /** as Prometheus calls the kind of meter */
  readonly type: Meter["kind"];
  /** how the values of several isolates become one */
  readonly aggregator: NonNullable<Meter["across"]>;
  /** one or more for each combination of labels */
  readonly values: readonly Sample[];
}

/** All numbers of one isolate at one moment. Plain data: it can be posted to another isolate. */
export type Snapshot = readonly Family[];

/** The metrics of one isolate. */
export interface IsolateMetrics extends Metrics {
  /** What they are now. */
  snapshot(): Snapshot;
}

const PREFIX = "denbun_";

/**
 * prom-client's own counters build a string of the labels each time they are counted, which the fan-out cannot
 * afford. So numbers live in cells, and prom-client is given them when they are read: it adds up the isolates and
 * writes the text.
 */
class CellMetrics implements IsolateMetrics {
  readonly #cells = new Map<MeterName, Map<string, { labels: LabelValues; cell: Cell | Buckets }>>();
  readonly #reads = new Set<() => void>();

  counter<N extends MeterName<"counter">>(name: N, ...labels: Labels<N>): Counter {
    return this.#cell(name, labels, () => new Cell());
  }

  gauge<N extends MeterName<"gauge">>(name: N, ...labels: Labels<N>): Gauge {
    return this.#cell(name, labels, () => new Cell());
  }

  histogram<N extends MeterName<"histogram">>(name: N, ...labels: Labels<N>): Histogram {
    return this.#cell(name, labels, () => new Buckets(meters[name].buckets));
  }

  onScrape(read: () => void): () => void {
    this.#reads.add(read);
    return () => void this.#reads.delete(read);
  }

  snapshot(): Snapshot {
    for (const read of this.#reads) read();
    return (Object.keys(meters) as MeterName[]).map((name) => this.#family(name));
  }

  #family(key: MeterName): Family {
    const { kind, help, across = "sum" }: Meter = meters[key];
    const name = PREFIX + key;
    const series = this.#cells.get(key)?.values() ?? untouched(meters[key]);
    const values = [...series].flatMap(({ labels, cell }) =>
      cell instanceof Buckets ? bucketSamples(name, labels, cell) : [{ value: cell.value, labels }]
    );
    return { name, help, type: kind, aggregator: across, values };
  }

  #cell<C extends Cell | Buckets>(name: MeterName, [labels = {}]: readonly LabelValues[], make: () => C): C {
    let cells = this.#cells.get(name);
    if (!cells) this.#cells.set(name, cells = new Map());
    const key = JSON.stringify(meters[name].labels.map((label) => (labels as LabelValues)[label]));
    let found = cells.get(key);
    if (!found) cells.set(key, found = { labels, cell: make() });
    return found.cell as C;
  }
}

/** The metrics of this isolate. */
export function isolateMetrics(): IsolateMetrics {
  const metrics = new CellMetrics();
  metrics.gauge("isolates").set(1);
  return metrics;
}

/** The text a Prometheus server reads, of one or more isolates together. */
export function exposition(snapshots: readonly Snapshot[]): Promise<string> {
  return AggregatorRegistry.aggregate([...snapshots]).metrics();
}

/** What only grows stands at 0 before it is first counted, so that the first count is seen as one. */
function untouched({ kind, labels, buckets = [] }: Meter): { labels: LabelValues; cell: Cell | Buckets }[] {
  if (labels.length > 0 || kind === "gauge") return [];
  return [{ labels: {}, cell: kind === "counter" ? new Cell() : new Buckets(buckets) }];
}

function bucketSamples(name: string, labels: LabelValues, buckets: Buckets): Sample[] {
  const counts = buckets.cumulative();
  const count = counts.at(-1)!;
  return [
    ...counts.map((value, n) => ({
      metricName: `${name}_bucket`,
      labels: { ...labels, le: buckets.bounds[n] ?? "+Inf" },
      value,
    })),
    { metricName: `${name}_sum`, labels, value: buckets.sum },
    { metricName: `${name}_count`, labels, value: count },
  ];
}
