import { setImmediate } from "node:timers";
import type { Cancel } from "../../src/hub/ports.ts";

interface Planned {
  readonly dueMs: number;
  readonly order: number;
  readonly settles: boolean;
  task: (() => void) | undefined;
}

/**
 * Virtual time: what is planned happens in the order of its time, and between two things that concern the relay
 * the real loop turns once, so that every promise that can settle has settled. Nothing else moves time.
 */
export class Scheduler {
  #nowMs = 0;
  #order = 0;
  readonly #heap: Planned[] = [];

  get nowMs(): number {
    return this.#nowMs;
  }

  /** Runs `task` after `delayMs`, and lets the promises it touched settle. */
  after(delayMs: number, task: () => void): Cancel {
    return this.#plan(this.#nowMs + Math.max(0, delayMs), task, true);
  }

  /** Runs `task` at a moment. Of tasks for the same moment, the one planned first goes first. */
  at(dueMs: number, task: () => void): Cancel {
    return this.#plan(Math.max(this.#nowMs, dueMs), task, true);
  }

  /** The same as `after` for a task that touches no promise: it costs no turn of the real loop. */
  afterQuietly(delayMs: number, task: () => void): Cancel {
    return this.#plan(this.#nowMs + Math.max(0, delayMs), task, false);
  }

  /** Lets `durationMs` pass. Rejects when a task throws. */
  run(durationMs: number): Promise<void> {
    const endMs = this.#nowMs + durationMs;
    return new Promise((resolve, reject) => {
      const turn = () => {
        try {
          for (let next = this.#take(endMs); next; next = this.#take(endMs)) {
            this.#nowMs = next.dueMs;
            next.task?.();
            if (next.settles) return void setImmediate(turn);
          }
          this.#nowMs = endMs;
          resolve();
        } catch (error) {
          reject(error);
        }
      };
      setImmediate(turn);
    });
  }

  #plan(dueMs: number, task: () => void, settles: boolean): Cancel {
    const planned: Planned = { dueMs, order: this.#order++, settles, task };
    this.#push(planned);
    return () => {
      planned.task = undefined;
    };
  }

  /** The next thing due, cancelled ones passed over. */
  #take(endMs: number): Planned | undefined {
    for (;;) {
      const first = this.#heap[0];
      if (first === undefined || first.dueMs > endMs) return undefined;
      this.#pop();
      if (first.task) return first;
    }
  }

  #push(planned: Planned): void {
    const heap = this.#heap;
    let at = heap.push(planned) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!before(planned, heap[parent]!)) break;
      heap[at] = heap[parent]!;
      at = parent;
    }
    heap[at] = planned;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop()!;
    if (heap.length === 0) return;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && before(heap[child + 1]!, heap[child]!)) child++;
      if (!before(heap[child]!, last)) break;
      heap[at] = heap[child]!;
      at = child;
    }
    heap[at] = last;
  }
}

function before(a: Planned, b: Planned): boolean {
  return a.dueMs < b.dueMs || (a.dueMs === b.dueMs && a.order < b.order);
}
