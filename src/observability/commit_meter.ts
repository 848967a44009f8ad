import type { Metrics } from "../hub/ports.ts";

/** What a store is to tell of each durable commit. */
export function commitMeter(metrics: Metrics): (writes: number, seconds: number) => void {
  const sizes = metrics.histogram("commit_writes");
  const durations = metrics.histogram("commit_duration_seconds");
  return (writes, seconds) => {
    sizes.observe(writes);
    durations.observe(seconds);
  };
}
