import { setImmediate } from "node:timers";
import type { Cancel, Clock } from "../../src/hub/ports.ts";

interface Timer {
  readonly dueMs: number;
  readonly order: number;
  readonly task: () => void;
}

/** Time that moves only when a test says so. */
export class FakeClock implements Clock {
  /** wall time in ms; a test may set it to anything, as an administrator may */
  wallMs: number;
  #monotonicMs = 0;
  #order = 0;
  readonly #timers = new Set<Timer>();
  #soon: (() => void)[] = [];

  constructor(wallMs: number = Date.UTC(2026, 10, 21, 10, 30)) {
    this.wallMs = wallMs;
  }

  now(): number {
    return this.wallMs;
  }

  monotonic(): number {
    return this.#monotonicMs;
  }

  after(delayMs: number, task: () => void): Cancel {
    const timer = { dueMs: this.#monotonicMs + Math.max(0, delayMs), order: this.#order++, task };
    this.#timers.add(timer);
    return () => void this.#timers.delete(timer);
  }

  soon(task: () => void): void {
    this.#soon.push(task);
  }

  /** How many timers are waiting: what is left after a close was forgotten. */
  get timers(): number {
    return this.#timers.size;
  }

  /** Lets everything happen that needs no time to pass. */
  async settle(): Promise<void> {
    do {
      await turn();
    } while (this.#runSoon());
  }

  /** Moves time on, running each timer at its moment. */
  async advance(ms: number): Promise<void> {
    const endMs = this.#monotonicMs + ms;
    await this.settle();
    for (let timer = this.#next(endMs); timer; timer = this.#next(endMs)) {
      this.#moveTo(timer.dueMs);
      this.#timers.delete(timer);
      timer.task();
      await this.settle();
    }
    this.#moveTo(endMs);
  }

  #next(endMs: number): Timer | undefined {
    let next: Timer | undefined;
    for (const timer of this.#timers) {
      if (timer.dueMs > endMs) continue;
      const sooner = !next || timer.dueMs < next.dueMs ||
        (timer.dueMs === next.dueMs && timer.order < next.order);
      if (sooner) next = timer;
    }
    return next;
  }

  #moveTo(ms: number): void {
    this.wallMs += ms - this.#monotonicMs;
    this.#monotonicMs = ms;
  }

  #runSoon(): boolean {
    const tasks = this.#soon;
    this.#soon = [];
    for (const task of tasks) task();
    return tasks.length > 0;
  }
}

/** One turn of the real loop: every promise that can settle without I/O has settled after it. */
export function turn(): Promise<void> {
  return new Promise((resolve) => void setImmediate(resolve));
}
