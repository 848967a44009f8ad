import type { Labels, MeterName } from "../../src/hub/meters.ts";
import type { IsolateMetrics } from "../../src/observability/metrics.ts";
import { seriesKey } from "./exposition.ts";

/** The value of a counter or gauge, or how often a histogram was told something. */
export function read<N extends MeterName>(metrics: IsolateMetrics, name: N, ...[labels]: Labels<N>): number {
  const family = metrics.snapshot().find((one) => one.name === `denbun_${name}`);
  if (!family) throw new Error(`there is no ${name}`);
  const wanted = seriesKey("", labels as Record<string, string> | undefined);
  const sample = family.values.find(({ labels, metricName }) =>
    (metricName === undefined || metricName.endsWith("_count")) &&
    seriesKey("", labels as Record<string, string>) === wanted
  );
  return sample?.value ?? 0;
}
