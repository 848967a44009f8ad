/// <reference lib="deno.worker" />
import { breaks, type Failure, type Task, type Word } from "./crew.ts";
import { loadParts, type Parts } from "./parts.ts";
import { simulate } from "./simulate.ts";

const known = new Map<string | undefined, Promise<Parts>>();

self.onmessage = async ({ data: task }: MessageEvent<Task>) => {
  const { source, nodes, from, to, until } = task;
  let parts = known.get(source);
  if (!parts) known.set(source, parts = loadParts(source === undefined ? undefined : new URL(source)));
  const failures: Failure[] = [];
  let seeds = 0;
  for (let seed = from; seed <= to; seed++) {
    say({ begins: seed });
    const { violations } = await simulate(seed, await parts, { nodes });
    seeds++;
    if (violations.length === 0) continue;
    failures.push({ seed, violations });
    if (breaks({ seed, violations }, until)) break;
  }
  say({ done: { seeds, failures } });
};

function say(word: Word): void {
  self.postMessage(word);
}
