import type { Cancel, Clock, Metrics } from "../hub/ports.ts";

const EVERY_MS = 250;
/** How long a delay is told of at least: longer than the usual time between two scrapes would be too long to wait. */
const WINDOW_MS = 15_000;

/**
 * Measures by how much the loop is late, with a timer that ought to be on time. What is published is the worst of
 * the last one or two windows, so that a stall between two scrapes is seen by the second.
 */
export function watchLoopLag(metrics: Metrics, clock: Clock): Cancel {
  const gauge = metrics.gauge("event_loop_lag_seconds");
  let dueMs = clock.monotonic() + EVERY_MS;
  let windowEndsMs = dueMs + WINDOW_MS;
  let worstMs = 0;
  let worstBeforeMs = 0;

  const look = () => {
    const nowMs = clock.monotonic();
    if (nowMs >= windowEndsMs) {
      worstBeforeMs = worstMs;
      worstMs = 0;
      windowEndsMs = nowMs + WINDOW_MS;
    }
    worstMs = Math.max(worstMs, nowMs - dueMs);
  };
  const tick = () => {
    look();
    dueMs = clock.monotonic() + EVERY_MS;
    cancel = clock.after(EVERY_MS, tick);
  };
  let cancel = clock.after(EVERY_MS, tick);
  // a scrape may come before the timer that is late
  const forget = metrics.onScrape(() => {
    look();
    gauge.set(Math.max(worstMs, worstBeforeMs) / 1000);
  });
  return () => {
    cancel();
    forget();
  };
}
