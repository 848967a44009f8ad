import type { Limits } from "../../src/hub/limits.ts";
import { Random } from "./random.ts";
import type { BackplaneFaults } from "./unsteady_backplane.ts";
import type { StoreFaults } from "./unsteady_store.ts";

/** One thing that happens in a run. */
export type Action =
  | "say"
  | "burst"
  | "publish"
  | "repeat"
  | "join"
  | "leave"
  | "mark"
  | "type"
  | "flicker"
  | "page"
  | "probe"
  | "stall"
  | "cut"
  | "quit"
  | "store_restart"
  | "store_loss"
  | "kill"
  | "drain"
  | "clock_jump"
  | "garble";

/** Everything about a run that its seed decides before it starts. */
export interface Scenario {
  readonly seed: number;
  readonly nodes: number;
  readonly rooms: readonly string[];
  readonly users: number;
  readonly clients: number;
  readonly actions: number;
  readonly everyMs: number;
  readonly weights: Readonly<Record<Action, number>>;
  readonly retentionMessages: number;
  readonly store: StoreFaults;
  readonly backplane: BackplaneFaults;
  /** nothing on the backplane is forged */
  readonly trusted: boolean;
  readonly latencyMs: number;
  /** share of readers that take little */
  readonly slowReaders: number;
  readonly policyMs: number;
  readonly limits: Partial<Limits>;
  readonly typingMs: number;
  /** how long the world is at peace before it is judged, and before it is judged again if that was too soon */
  readonly quietMs: readonly number[];
}

const USUAL: Readonly<Record<Action, number>> = {
  say: 30,
  burst: 3,
  publish: 3,
  repeat: 2,
  join: 3,
  leave: 2,
  mark: 5,
  type: 3,
  flicker: 2,
  page: 2,
  probe: 2,
  stall: 2,
  cut: 6,
  quit: 2,
  store_restart: 0,
  store_loss: 0,
  kill: 0,
  drain: 0,
  clock_jump: 0.3,
  garble: 0,
};

/** Draws a run: most of them have some kinds of trouble, few have all, some have none. */
export function scenarioOf(seed: number, nodes: number): Scenario {
  const random = new Random(seed);
  const often = (probability: number, weight: number) => random.chance(probability) ? weight : 0;
  const faulty = random.chance(0.5);
  const many = nodes > 1;
  return {
    seed,
    nodes,
    rooms: random.chance(0.7) ? ["hall"] : ["hall", "den"],
    users: 2 + random.below(2),
    clients: 3 + random.below(2),
    actions: 20 + random.below(20),
    everyMs: random.pick([20, 60, 150]),
    weights: {
      ...USUAL,
      burst: often(0.4, 6),
      stall: often(0.4, 4),
      store_restart: often(0.3, 2),
      store_loss: often(0.3, 2),
      kill: often(0.25, 2),
      drain: often(0.25, 2),
      garble: many ? often(0.4, 5) : 0,
    },
    retentionMessages: random.pick([3, 8, 20, 1000, 1000]),
    store: {
      before: faulty ? random.pick([0, 0.05, 0.2]) : 0,
      after: faulty ? random.pick([0, 0.05, 0.2]) : 0,
      slow: random.pick([0, 0.1, 0.5]),
      slowMs: random.pick([5, 60, 250]),
    },
    // a node that is alone meets another only while one takes the other's place
    backplane: {
      lost: many ? random.pick([0, 0.1, 0.5]) : 0,
      doubled: many ? random.pick([0, 0.3]) : 0,
      late: many ? random.pick([0, 0.3]) : 0,
      lateMs: random.pick([20, 300, 3000]),
    },
    latencyMs: random.pick([0.5, 5, 40]),
    slowReaders: random.pick([0, 0, 0.5]),
    policyMs: random.chance(0.2) ? 10 : 0,
    limits: {
      unsentBytes: 2000,
      replyBytes: 64 * 1024,
      keyedBytes: 700,
      behindBytes: 3000,
      notReadingMs: 3000,
      leaveGraceMs: 500,
      sweepMs: many ? 1500 : 700,
      ratePerSecond: 0,
      ephemeralPerSecond: 0,
    },
    typingMs: 1500,
    // a node that was killed is missed after 20 s of silence; where there is one, another may be about to end
    quietMs: many ? [5000, 15_000, 30_000] : [3000, 5000, 30_000],
    trusted: random.chance(0.5),
  };
}
