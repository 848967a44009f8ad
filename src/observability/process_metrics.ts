import process from "node:process";
import type { Cancel, Metrics } from "../hub/ports.ts";

/** Publishes what the runtime says of this process and this isolate. */
export function watchProcess(metrics: Metrics): Cancel {
  const cpu = metrics.counter("process_cpu_seconds_total");
  const resident = metrics.gauge("process_resident_memory_bytes");
  const heapUsed = metrics.gauge("heap_used_bytes");
  const heapTotal = metrics.gauge("heap_total_bytes");
  metrics.gauge("process_start_time_seconds").set(performance.timeOrigin / 1000);
  let countedS = 0;

  return metrics.onScrape(() => {
    const { user, system } = process.cpuUsage();
    const cpuS = (user + system) / 1e6;
    cpu.add(cpuS - countedS);
    countedS = cpuS;
    const memory = Deno.memoryUsage();
    resident.set(memory.rss);
    heapUsed.set(memory.heapUsed);
    heapTotal.set(memory.heapTotal);
  });
}

/** What the whole process holds, all its isolates together. */
export function residentBytes(): number {
  return Deno.memoryUsage().rss;
}
