import { check, type Violation } from "./checker.ts";
import type { RunEvent } from "./events.ts";
import type { Parts } from "./parts.ts";
import { scenarioOf } from "./scenario.ts";
import { Trouble } from "./trouble.ts";
import { World } from "./world.ts";

export interface Outcome {
  readonly events: readonly RunEvent[];
  readonly violations: readonly Violation[];
}

export interface SimulateOptions {
  readonly nodes?: number;
  /** stops making trouble after this many of the run's actions */
  readonly actions?: number;
}

/** Runs one seed. The same seed, nodes and parts give the same events. */
export async function simulate(seed: number, parts: Parts, options: SimulateOptions = {}): Promise<Outcome> {
  const { nodes = 1, actions } = options;
  const world = new World(scenarioOf(seed, nodes), parts);
  await new Trouble(world).make(actions);
  world.makePeace();
  let events: RunEvent[] = [];
  let violations: Violation[] = [];
  // what is not level soon has to be in the end
  for (const quietMs of world.scenario.quietMs) {
    await world.scheduler.run(quietMs);
    events = [...world.events, ...await world.truth()];
    violations = check(events);
    if (violations.length === 0) break;
  }
  await world.empty();
  const bugs = world.bugs.map((text): Violation => ({ rule: "bug", text, at: -1 }));
  return { events, violations: [...violations, ...bugs] };
}
