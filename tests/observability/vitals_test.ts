import { expect } from "@std/expect";
import { isolateMetrics } from "../../src/observability/metrics.ts";
import { quantile } from "../../src/observability/quantile.ts";
import { vitals } from "../../src/observability/vitals.ts";

Deno.test("vitals put all isolates of a process together, and tell rates from the second time on", async () => {
  const isolates = [isolateMetrics(), isolateMetrics()];
  let nowMs = 0;
  const read = vitals(() => Promise.resolve(isolates.map((one) => one.snapshot())), {
    monotonic: () => nowMs,
  });
  isolates.forEach((one, n) => {
    one.gauge("connections", { transport: "sse", codec: "json" }).set(n + 1);
    one.gauge("process_resident_memory_bytes").set(100 + n);
    one.gauge("event_loop_lag_seconds").set(0.001 * (n + 1));
    one.counter("http_requests_total").add(1000);
  });
  expect(await read()).toMatchObject({ connectionsSse: 3, memoryBytes: 101, loopLagMs: 2, isolates: 2 });
  expect(await read()).not.toHaveProperty("requestsPerSecond");
  nowMs = 2000;
  for (const one of isolates) {
    one.counter("http_requests_total").add(10);
    one.counter("envelopes_total", { type: "send_message", direction: "in" }).add(4);
    one.counter("envelopes_total", { type: "new_message", direction: "out" }).add(40);
    for (const s of [0.002, 0.002, 0.002, 0.2]) {
      one.histogram("ack_latency_seconds", { type: "send_message" }).observe(s);
    }
  }
  const values = await read();
  expect(values).toMatchObject({ requestsPerSecond: 10, messagesInPerSecond: 4, messagesOutPerSecond: 40 });
  expect(values.ackP50Ms).toBeGreaterThan(1);
  expect(values.ackP50Ms).toBeLessThanOrEqual(2.5);
  expect(values.ackP99Ms).toBeGreaterThan(100);
  // after a long pause a rate would be of another time
  nowMs = 60_000;
  expect(await read()).not.toHaveProperty("requestsPerSecond");
});

Deno.test("a quantile is found within its bucket, and is none of nothing", () => {
  const buckets = new Map([[1, 0], [2, 10], [4, 20], [Infinity, 20]]);
  expect(quantile(buckets, 0.5)).toBe(2);
  expect(quantile(buckets, 0.75)).toBe(3);
  expect(quantile(new Map([[1, 0], [Infinity, 0]]), 0.5)).toBeUndefined();
  expect(quantile(new Map([[1, 0], [Infinity, 3]]), 0.5)).toBe(1);
});
