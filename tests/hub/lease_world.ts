import type { Lease } from "../../src/hub/lease.ts";
import type { Clock, Table } from "../../src/hub/ports.ts";
import { RelayError } from "../../src/protocol/errors.ts";
import { memory } from "../../src/stores/memory.ts";
import { Random } from "../simulation/random.ts";
import { Scheduler } from "../simulation/scheduler.ts";

/** Something an owner did, at a moment of the world's own time. */
export interface Act {
  readonly atMs: number;
  readonly node: string;
  readonly term: number;
}

export interface LeaseRun {
  readonly seed: number;
  readonly acts: readonly Act[];
}

const NODES = 3;
const RUN_MS = 30_000;
/** How often an owner acts, as a game's loop does. */
const ACT_MS = 50;

/**
 * Some nodes that want one lease. Their clocks run up to 4 % apart, they are paused as by a debugger or a machine
 * that sleeps, and their store is slow, fails, or does what it was asked and says nothing.
 */
export async function runLeases(seed: number, Parts: typeof Lease): Promise<LeaseRun> {
  const random = new Random(seed);
  const scheduler = new Scheduler();
  const store = memory({ now: () => scheduler.nowMs });
  const acts: Act[] = [];
  for (let n = 0; n < NODES; n++) {
    const node = new PausedNode(`node-${n}`, scheduler, random);
    const table = unsteady(store, scheduler, random, node);
    let lives = 0;
    const open = (): Lease => {
      const ownerId = `${node.id}-${++lives}`;
      const events = { won() {}, lost() {}, failed() {} };
      return new Parts({ table, clock: node.clock, name: "game:tea", ownerId, note: () => ownerId }, events);
    };
    let lease = open();
    const act = () => {
      const { term } = lease;
      if (term !== undefined) acts.push({ atMs: scheduler.nowMs, node: node.id, term });
      if (random.chance(0.002)) {
        lease.close();
        lease = open();
      }
      node.clock.after(ACT_MS, act);
    };
    act();
    node.trouble();
  }
  await scheduler.run(RUN_MS);
  return { seed, acts };
}

/** What is wrong with a run: terms that go back, or a term that two nodes acted under. */
export function judgeLeases({ seed, acts }: LeaseRun): string | undefined {
  const owners = new Map<number, string>();
  let highest = 0;
  for (const { atMs, node, term } of acts) {
    const at = `seed ${seed}, ${Math.round(atMs)} ms: ${node} acts under term ${term}`;
    if (term < highest) return `${at} after term ${highest}`;
    if ((owners.get(term) ?? node) !== node) return `${at}, which is ${owners.get(term)}'s`;
    owners.set(term, node);
    highest = term;
  }
  return undefined;
}

/** A node that now and then stands still: its clock goes on, and nothing of it runs. */
class PausedNode {
  readonly id: string;
  readonly clock: Clock;
  readonly #scheduler: Scheduler;
  readonly #random: Random;
  #pausedUntilMs = 0;

  constructor(id: string, scheduler: Scheduler, random: Random) {
    this.id = id;
    this.#scheduler = scheduler;
    this.#random = random;
    const speed = random.between(0.98, 1.02);
    this.clock = {
      now: () => scheduler.nowMs,
      monotonic: () => scheduler.nowMs * speed,
      after: (delayMs, task) => {
        let waiting = true;
        scheduler.after(delayMs / speed, () => this.awake(() => waiting && task()));
        return () => waiting = false;
      },
      soon: (task) => void scheduler.after(0, () => this.awake(task)),
    };
  }

  /** Runs a task, or runs it when the pause is over. */
  awake(task: () => void): void {
    if (this.#scheduler.nowMs >= this.#pausedUntilMs) return task();
    this.#scheduler.at(this.#pausedUntilMs, () => this.awake(task));
  }

  trouble(): void {
    const { nowMs } = this.#scheduler;
    this.#pausedUntilMs = nowMs + this.#random.wait(1200);
    this.#scheduler.at(this.#pausedUntilMs + this.#random.wait(3000), () => this.trouble());
  }
}

/** The store as one node reaches it: an answer that comes while the node stands still is heard later. */
function unsteady(store: Table, scheduler: Scheduler, random: Random, node: PausedNode): Table {
  const travelMs = () => random.wait(random.chance(0.15) ? 700 : 3);
  const run = <T>(work: () => Promise<T>): Promise<T> =>
    new Promise((resolve, reject) => {
      const fails = random.chance(0.1);
      const fail = () => reject(new RelayError("store_unavailable", "Cannot reach the store: it is to fail"));
      const answer = (settle: () => void) => void scheduler.after(travelMs(), () => node.awake(settle));
      scheduler.after(travelMs(), () => {
        if (fails && random.chance(0.5)) return answer(fail);
        work().then((result) => answer(fails ? fail : () => resolve(result)), reject);
      });
    });
  return {
    get: (table, key) => run(() => store.get(table, key)),
    list: (table) => run(() => store.list(table)),
    put: (table, key, value, options) => run(() => store.put(table, key, value, options)),
    delete: (table, key) => run(() => store.delete(table, key)),
  };
}
