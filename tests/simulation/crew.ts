import type { Violation } from "./checker.ts";

/** What one member of the crew is to do. */
export interface Task {
  /** the source to run, or the real one */
  readonly source?: string;
  readonly nodes: number;
  readonly from: number;
  readonly to: number;
  /** stops at the first seed that fails */
  readonly untilFailure?: boolean;
}

export interface Failure {
  readonly seed: number;
  readonly violations: readonly Violation[];
}

export interface Report {
  readonly seeds: number;
  readonly failures: readonly Failure[];
}

/** seeds given out at once: few enough that all members end together */
const SHARE = 100;

/** Runs many seeds on all cores. The failures come in the order of their seeds. */
export class Crew implements AsyncDisposable {
  readonly #members: readonly Worker[];

  constructor(size: number = Math.max(1, navigator.hardwareConcurrency)) {
    const url = new URL("./crew_member.ts", import.meta.url).href;
    this.#members = Array.from({ length: size }, () => new Worker(url, { type: "module" }));
  }

  /** Runs the seeds of a task, shared among all. */
  async run(task: Task): Promise<Report> {
    let next = task.from;
    let seeds = 0;
    const failures: Failure[] = [];
    const work = async (member: Worker) => {
      while (next <= task.to && !(task.untilFailure && failures.length > 0)) {
        const from = next;
        const to = Math.min(task.to, from + SHARE - 1);
        next = to + 1;
        // deno-lint-ignore no-await-in-loop -- a member does one share at a time
        const report = await ask(member, { ...task, from, to });
        seeds += report.seeds;
        failures.push(...report.failures);
      }
    };
    await Promise.all(this.#members.map(work));
    failures.sort((a, b) => a.seed - b.seed);
    return { seeds, failures };
  }

  [Symbol.asyncDispose](): Promise<void> {
    for (const member of this.#members) member.terminate();
    return Promise.resolve();
  }
}

function ask(member: Worker, task: Task): Promise<Report> {
  return new Promise((resolve, reject) => {
    member.onmessage = ({ data }: MessageEvent<Report>) => resolve(data);
    member.onerror = (event) => {
      event.preventDefault();
      reject(new Error(`A member of the crew failed: ${event.message}`));
    };
    member.postMessage(task);
  });
}
