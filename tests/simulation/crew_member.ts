/// <reference lib="deno.worker" />
import type { Failure, Task } from "./crew.ts";
import { loadParts, type Parts } from "./parts.ts";
import { simulate } from "./simulate.ts";

const known = new Map<string | undefined, Promise<Parts>>();

self.onmessage = async ({ data: task }: MessageEvent<Task>) => {
  const { source, nodes, from, to, untilFailure } = task;
  let parts = known.get(source);
  if (!parts) known.set(source, parts = loadParts(source === undefined ? undefined : new URL(source)));
  const failures: Failure[] = [];
  let seed = from;
  for (; seed <= to; seed++) {
    // deno-lint-ignore no-await-in-loop -- one world at a time
    const { violations } = await simulate(seed, await parts, { nodes });
    if (violations.length === 0) continue;
    failures.push({ seed, violations });
    if (untilFailure) break;
  }
  self.postMessage({ seeds: Math.min(seed, to) - from + 1, failures });
};
