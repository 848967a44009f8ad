import { expect } from "@std/expect";
import { meters } from "../../src/hub/meters.ts";
import { exposition, isolateMetrics } from "../../src/observability/metrics.ts";
import { parseExposition, valueIn } from "./exposition.ts";
import { read } from "./reading.ts";

Deno.test("the text has every meter, is well formed and keeps the conventions", async () => {
  const metrics = isolateMetrics();
  metrics.counter("errors_total", { code: 'a"b\\c\nd' }).add(2);
  metrics.histogram("ack_latency_seconds", { type: "send_message" }).observe(0.02);
  metrics.histogram("commit_writes").observe(1e9);
  metrics.gauge("queue_bytes", { queue: "reply" }).set(0.1 + 0.2);
  const families = parseExposition(await exposition([metrics.snapshot()]));
  expect([...families.keys()]).toEqual(Object.keys(meters).map((name) => `denbun_${name}`));
  for (const [name, { type, help }] of families) {
    const meter = meters[name.slice("denbun_".length) as keyof typeof meters];
    expect([type, help]).toEqual([meter.kind, meter.help]);
  }
  expect(valueIn(families, "denbun_errors_total", { code: 'a\\"b\\\\c\\nd' })).toBe(2);
  const bucket = (le: string) =>
    valueIn(families, "denbun_ack_latency_seconds_bucket", { type: "send_message", le });
  expect([bucket("0.01"), bucket("0.025"), bucket("+Inf")]).toEqual([0, 1, 1]);
  expect(valueIn(families, "denbun_commit_writes_bucket", { le: "1000" })).toBe(0);
  expect(valueIn(families, "denbun_commit_writes_bucket", { le: "+Inf" })).toBe(1);
});

Deno.test("a value on a bucket's bound is inside it", () => {
  const metrics = isolateMetrics();
  metrics.histogram("commit_writes").observe(10);
  const [family] = metrics.snapshot().filter(({ name }) => name === "denbun_commit_writes");
  expect(family!.values.filter(({ labels }) => labels.le === 5 || labels.le === 10).map(({ value }) => value))
    .toEqual([0, 1]);
});

Deno.test("the same name and labels are the same meter, whatever order the labels are in", () => {
  const metrics = isolateMetrics();
  metrics.counter("envelopes_total", { type: "ack", direction: "out" }).add(1);
  metrics.counter("envelopes_total", { direction: "out", type: "ack" }).add(1);
  metrics.counter("envelopes_total", { direction: "in", type: "ack" }).add(5);
  expect(read(metrics, "envelopes_total", { type: "ack", direction: "out" })).toBe(2);
});

Deno.test("isolates are added up; what cannot be added is the worst of them", async () => {
  const snapshots = [1, 2, 3].map((n) => {
    const metrics = isolateMetrics();
    metrics.counter("hints_total", { direction: "in" }).add(n);
    metrics.gauge("sessions").set(10 * n);
    metrics.gauge("event_loop_lag_seconds").set(n / 10);
    metrics.counter("process_cpu_seconds_total").add(n);
    metrics.gauge("process_resident_memory_bytes").set(100);
    metrics.gauge("process_start_time_seconds").set(1000 + n);
    metrics.histogram("commit_duration_seconds").observe(n / 1000);
    // as it comes from another isolate
    return structuredClone(metrics.snapshot());
  });
  const families = parseExposition(await exposition(snapshots));
  expect(valueIn(families, "denbun_isolates")).toBe(3);
  expect(valueIn(families, "denbun_hints_total", { direction: "in" })).toBe(6);
  expect(valueIn(families, "denbun_sessions")).toBe(60);
  expect(valueIn(families, "denbun_event_loop_lag_seconds")).toBe(0.3);
  expect(valueIn(families, "denbun_process_cpu_seconds_total")).toBe(3);
  expect(valueIn(families, "denbun_process_resident_memory_bytes")).toBe(100);
  expect(valueIn(families, "denbun_process_start_time_seconds")).toBe(1001);
  expect(valueIn(families, "denbun_commit_duration_seconds_count")).toBe(3);
  expect(valueIn(families, "denbun_commit_duration_seconds_bucket", { le: "0.001" })).toBe(1);
});

Deno.test("what is read at a scrape is read at each one, until it is ended", () => {
  const metrics = isolateMetrics();
  let sessions = 0;
  const gauge = metrics.gauge("sessions");
  const end = metrics.onScrape(() => gauge.set(++sessions));
  expect(read(metrics, "sessions")).toBe(1);
  expect(read(metrics, "sessions")).toBe(2);
  end();
  end();
  expect(read(metrics, "sessions")).toBe(2);
});

Deno.test("the reader of the text sees what is wrong with one", () => {
  const wrong = {
    "no end": "# HELP a_total a\n# TYPE a_total counter\na_total 1",
    "no announcement": "a_total 1\n",
    "no type": "# HELP a_total a\na_total 1\n",
    "twice": "# HELP a_total a\n# TYPE a_total counter\na_total 1\na_total 2\n",
    "another's sample": "# HELP a_total a\n# TYPE a_total counter\nb_total 1\n",
    "not a number": "# HELP a_total a\n# TYPE a_total counter\na_total one\n",
    "a raw quote": '# HELP a_total a\n# TYPE a_total counter\na_total{b="c"d"} 1\n',
    "a counter without _total": "# HELP a a\n# TYPE a counter\na 1\n",
    "a negative counter": "# HELP a_total a\n# TYPE a_total counter\na_total -1\n",
    "shrinking buckets":
      '# HELP a a\n# TYPE a histogram\na_bucket{le="1"} 2\na_bucket{le="+Inf"} 1\na_sum 1\na_count 1\n',
    "no +Inf": '# HELP a a\n# TYPE a histogram\na_bucket{le="1"} 1\na_sum 1\na_count 1\n',
  };
  for (const [what, text] of Object.entries(wrong)) {
    expect([what, throws(() => parseExposition(text))]).toEqual([what, true]);
  }
});

function throws(task: () => unknown): boolean {
  try {
    task();
    return false;
  } catch {
    return true;
  }
}
