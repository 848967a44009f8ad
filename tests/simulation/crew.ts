import type { Violation } from "./checker.ts";

/** What the crew is to do. */
export interface Task {
  readonly from: number;
  readonly to: number;
  readonly nodes: number;
  /** the source to run, or the real one */
  readonly source?: string;
  /** stops soon after the first seed that breaks this rule */
  readonly until?: string;
}

export interface Failure {
  readonly seed: number;
  readonly violations: readonly Violation[];
}

export interface Report {
  readonly seeds: number;
  readonly failures: readonly Failure[];
}

/** What a member says: that it begins a seed, or that its share is done. */
export type Word = { readonly begins: number } | { readonly done: Report };

/** seeds given out at once: few enough that all members end together */
const SHARE = 100;
/** A seed takes some milliseconds; one that takes this long runs in circles. */
const HANGS_MS = 30_000;

/** Runs many seeds on all cores. */
export class Crew implements Disposable {
  readonly #members: readonly Worker[];

  constructor(size: number = Math.max(1, navigator.hardwareConcurrency)) {
    const url = new URL("./crew_member.ts", import.meta.url).href;
    this.#members = Array.from({ length: size }, () => new Worker(url, { type: "module" }));
  }

  /** Runs the seeds of a task, shared among all. The failures come in the order of their seeds. */
  async run(task: Task): Promise<Report> {
    let next = task.from;
    let seeds = 0;
    const failures: Failure[] = [];
    const work = async (member: Worker) => {
      while (next <= task.to && !failures.some((failure) => breaks(failure, task.until))) {
        const from = next;
        const to = Math.min(task.to, from + SHARE - 1);
        next = to + 1;
        const report = await ask(member, { ...task, from, to });
        seeds += report.seeds;
        failures.push(...report.failures);
      }
    };
    await Promise.all(this.#members.map(work));
    failures.sort((a, b) => a.seed - b.seed);
    return { seeds, failures };
  }

  [Symbol.dispose](): void {
    for (const member of this.#members) member.terminate();
  }
}

/** Whether a failure is one of this rule; of none, when there is no rule. */
export function breaks({ violations }: Failure, rule: string | undefined): boolean {
  return rule !== undefined && violations.some((violation) => violation.rule === rule);
}

function ask(member: Worker, task: Task): Promise<Report> {
  const { promise, resolve, reject } = Promise.withResolvers<Report>();
  let seed = task.from;
  const hangs = () => reject(new Error(`Seed ${seed} runs in circles`));
  let watch = setTimeout(hangs, HANGS_MS);
  member.onmessage = ({ data }: MessageEvent<Word>) => {
    clearTimeout(watch);
    if ("done" in data) return resolve(data.done);
    seed = data.begins;
    watch = setTimeout(hangs, HANGS_MS);
  };
  member.onerror = (event) => {
    event.preventDefault();
    clearTimeout(watch);
    reject(new Error(`Seed ${seed} failed: ${event.message}`));
  };
  member.postMessage(task);
  return promise;
}
