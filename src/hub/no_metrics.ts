import type { Counter, Gauge, Histogram, Metrics } from "./ports.ts";

const nothing: Counter & Gauge & Histogram = { add() {}, set() {}, observe() {} };

/** For tests, and for a hub whose numbers nobody reads. */
export const noMetrics: Metrics = {
  counter: () => nothing,
  gauge: () => nothing,
  histogram: () => nothing,
  onScrape: () => () => {},
};
