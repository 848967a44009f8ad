import type { Failure } from "./crew.ts";
import type { Parts } from "./parts.ts";
import { scenarioOf } from "./scenario.ts";
import { simulate } from "./simulate.ts";
import { traceOf } from "./trace.ts";

export interface Replay {
  readonly nodes: number;
  /** `small` when the run was one with small pages */
  readonly pages: "real" | "small";
}

/** A failure for people: what was broken, how to see it again, and the shortest run that shows it. */
export async function explain({ seed, violations }: Failure, parts: Parts, replay: Replay): Promise<string> {
  const { nodes, pages } = replay;
  const again = `SEED=${seed} NODES=${nodes} PAGES=${pages} deno test -A tests/simulation/simulation_test.ts`;
  const broken = violations.slice(0, 5).map(({ rule, text }) => `  [${rule}] ${text}`).join("\n");
  return `Seed ${seed} breaks a promise:\n${broken}\nTo see it again: ${again}\n${await shortest(
    seed,
    parts,
    nodes,
  )}`;
}

/** Runs the seed with as few of its actions as show a violation. */
async function shortest(seed: number, parts: Parts, nodes: number): Promise<string> {
  const { actions } = scenarioOf(seed, nodes);
  for (let n = 0; n <= actions; n++) {
    const { events, violations: [first] } = await simulate(seed, parts, { nodes, actions: n });
    if (first) return `After ${n} actions [${first.rule}] ${first.text}:\n${traceOf(events, first)}`;
  }
  return "It does not happen again: the run is not determined by its seed";
}
