import { expect } from "@std/expect";
import { exposition, isolateMetrics } from "../../src/observability/metrics.ts";
import { Gathering } from "../../src/process/gathering.ts";
import { parseExposition, valueIn } from "../observability/exposition.ts";

/** A gathering over named isolates, and what their numbers are together. */
function gatheringOf(...names: string[]) {
  const isolates = new Map(names.map((name) => [name, isolateMetrics()]));
  const gathering = new Gathering<string>(() => isolateMetrics().snapshot());
  return {
    gathering,
    metrics: (name: string) => isolates.get(name)!,
    hear: (name: string) => gathering.heard(name, structuredClone(isolates.get(name)!.snapshot())),
    async sum(asker: string, answers: readonly Promise<unknown>[] = []) {
      const own = isolates.get(asker)!.snapshot();
      gathering.heard(asker, own);
      return parseExposition(await exposition([...await gathering.collect(asker, answers), own]));
    },
  };
}

const hints = { direction: "in" };

Deno.test("[S2] what an isolate counted stays counted when it is gone, what it held does not", async () => {
  const { gathering, metrics, hear, sum } = gatheringOf("a", "b", "c");
  for (const [n, name] of ["a", "b", "c"].entries()) {
    metrics(name).counter("hints_total", hints).add(10 ** n);
    metrics(name).counter("process_cpu_seconds_total").add(n + 1);
    metrics(name).histogram("ack_latency_seconds", { type: "send_message" }).observe(0.02);
    metrics(name).gauge("sessions").set(5);
    hear(name);
  }
  expect(valueIn(await sum("a"), "denbun_hints_total", hints)).toBe(111);
  gathering.left("c");
  gathering.left("c");
  gathering.left("b");
  const families = await sum("a");
  expect(valueIn(families, "denbun_hints_total", hints)).toBe(111);
  expect(valueIn(families, "denbun_ack_latency_seconds_count", { type: "send_message" })).toBe(3);
  expect(
    valueIn(families, "denbun_ack_latency_seconds_bucket", { type: "send_message", le: "0.025" }),
  ).toBe(3);
  expect(valueIn(families, "denbun_sessions")).toBe(5);
  // what is not added while they live is not added afterwards
  expect(valueIn(families, "denbun_process_cpu_seconds_total")).toBe(3);
});

Deno.test("[S2] the last word of who asked stands for it when it is gone", async () => {
  const { gathering, metrics, sum } = gatheringOf("a", "b");
  metrics("a").counter("hints_total", hints).add(7);
  expect(valueIn(await sum("a"), "denbun_hints_total", hints)).toBe(7);
  gathering.left("a");
  expect(valueIn(await sum("b"), "denbun_hints_total", hints)).toBe(7);
});

Deno.test("[S2] who does not answer is counted as it was, not left out", async () => {
  const { metrics, hear, sum } = gatheringOf("a", "b");
  metrics("b").counter("hints_total", hints).add(3);
  hear("b");
  metrics("b").counter("hints_total", hints).add(4);
  const silence = new Promise(() => {});
  expect(valueIn(await sum("a", [silence]), "denbun_hints_total", hints)).toBe(3);
});

Deno.test("[S2] who leaves while the others answer is counted once", async () => {
  const { gathering, metrics, hear, sum } = gatheringOf("a", "b", "c");
  metrics("b").counter("hints_total", hints).add(3);
  hear("b");
  const { promise, resolve } = Promise.withResolvers<void>();
  const summing = sum("a", [promise]);
  gathering.left("b");
  resolve();
  expect(valueIn(await summing, "denbun_hints_total", hints)).toBe(3);
});
