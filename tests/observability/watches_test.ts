import { expect } from "@std/expect";
import type { Clock, Draft } from "../../src/hub/ports.ts";
import { commitMeter } from "../../src/observability/commit_meter.ts";
import { watchLoopLag } from "../../src/observability/loop_lag.ts";
import { meteredStore } from "../../src/observability/metered_store.ts";
import { isolateMetrics } from "../../src/observability/metrics.ts";
import { watchProcess } from "../../src/observability/process_metrics.ts";
import { memory } from "../../src/stores/memory.ts";
import { sqlite } from "../../src/stores/sqlite.ts";
import { ControlledStore, FakeClock } from "../harness/mod.ts";
import { read } from "./reading.ts";

function draftOf(messageId: string): Draft {
  return {
    roomId: "room",
    id: `id-${messageId}`,
    type: "event",
    userId: "ann",
    userName: "Ann",
    messageId,
    timestampMs: 0,
    body: "{}",
  };
}

/** A clock whose loop a test can stall: timers that fall due meanwhile run late, as they would. */
class StallingClock extends FakeClock {
  #stalledMs = 0;

  override monotonic(): number {
    return super.monotonic() + this.#stalledMs;
  }

  stall(ms: number): void {
    this.#stalledMs += ms;
  }
}

Deno.test("loop lag is by how much the loop was late at worst, and is forgotten after a while", async () => {
  const clock = new StallingClock();
  const metrics = isolateMetrics();
  const stop = watchLoopLag(metrics, clock);
  await clock.advance(10_000);
  expect(read(metrics, "event_loop_lag_seconds")).toBe(0);
  clock.stall(1200);
  await clock.advance(250);
  expect(read(metrics, "event_loop_lag_seconds")).toBeCloseTo(1.2, 6);
  clock.stall(300);
  await clock.advance(10_000);
  expect(read(metrics, "event_loop_lag_seconds")).toBeCloseTo(1.2, 6);
  await clock.advance(30_000);
  expect(read(metrics, "event_loop_lag_seconds")).toBe(0);
  stop();
  expect(clock.timers).toBe(0);
});

Deno.test("a scrape that comes right after a stall sees it, though the late timer did not run yet", () => {
  const clock = new StallingClock();
  const metrics = isolateMetrics();
  const stop = watchLoopLag(metrics, clock satisfies Clock);
  clock.stall(2250);
  expect(read(metrics, "event_loop_lag_seconds")).toBe(2);
  stop();
});

Deno.test("the process's own numbers are there and move", () => {
  const metrics = isolateMetrics();
  const stop = watchProcess(metrics);
  const cpu = read(metrics, "process_cpu_seconds_total");
  expect(cpu).toBeGreaterThan(0);
  let sum = 0;
  while (read(metrics, "process_cpu_seconds_total") === cpu) sum += Math.sqrt(sum + 1);
  expect(read(metrics, "process_cpu_seconds_total")).toBeGreaterThan(cpu);
  expect(read(metrics, "process_resident_memory_bytes")).toBeGreaterThan(1_000_000);
  expect(read(metrics, "heap_used_bytes")).toBeGreaterThan(100_000);
  expect(read(metrics, "heap_total_bytes")).toBeGreaterThanOrEqual(read(metrics, "heap_used_bytes"));
  const ageS = Date.now() / 1000 - read(metrics, "process_start_time_seconds");
  expect(ageS).toBeGreaterThanOrEqual(0);
  expect(ageS).toBeLessThan(3600);
  stop();
});

Deno.test("[A3] a store's failures are counted by operation, and stay failures", async () => {
  const inner = new ControlledStore(memory());
  const metrics = isolateMetrics();
  const store = meteredStore(inner, metrics);
  const draft = draftOf("m-1");
  const operations = {
    append: () => store.append(draft),
    read: () => store.read("room", { after: 0, limit: 1 }),
    heads: () => store.heads(["room"]),
    get: () => store.get("t", "k"),
    list: () => store.list("t"),
    put: () => store.put("t", "k", "1"),
    delete: () => store.delete("t", "k"),
    retain: () => store.retain("room", 0),
  } as const;
  const names = Object.keys(operations) as (keyof typeof operations)[];
  const errors = () => names.map((operation) => read(metrics, "store_errors_total", { operation }));
  expect(await Promise.all(names.map((name) => operations[name]().then(() => "ok")))).toEqual(
    names.map(() => "ok"),
  );
  expect((await store.append(draft)).outcome).toBe("duplicate");
  expect(errors()).toEqual(names.map(() => 0));
  inner.failing = "before";
  const failed = await Promise.all(
    names.map((name) => operations[name]().then(() => "ok", (error) => error.code)),
  );
  expect(failed).toEqual(names.map(() => "store_unavailable"));
  expect(errors()).toEqual(names.map(() => 1));
});

Deno.test("durable commits are counted by what is in them, none of them lost at the end", async () => {
  const folder = await Deno.makeTempDir();
  const metrics = isolateMetrics();
  const store = sqlite(`${folder}/denbun.db`, { onCommit: commitMeter(metrics) });
  // its Worker may take long to load where the machine is busy; then it says so, and is asked again
  while (await store.get("table", "key").then(() => false, () => true));
  await Promise.all([1, 2, 3].map((n) => store.append(draftOf(`m-${n}`))));
  await store.put("table", "key", "1");
  await store.close();
  await Deno.remove(folder, { recursive: true });
  const commits = read(metrics, "commit_writes");
  expect(commits).toBeGreaterThanOrEqual(2);
  expect(commits).toBeLessThanOrEqual(4);
  expect(read(metrics, "commit_duration_seconds")).toBe(commits);
  const sum = (name: string) =>
    metrics.snapshot().find((one) => one.name === name)!.values.find(({ metricName }) =>
      metricName === `${name}_sum`
    )!
      .value;
  expect(sum("denbun_commit_writes")).toBe(4);
  expect(sum("denbun_commit_duration_seconds")).toBeGreaterThan(0);
});
