import type { ClientClock } from "../../../src/client/types.ts";

interface Timer {
  atMs: number;
  fn: () => void;
}

/** Time that moves only when a test moves it. */
export class FakeClock implements ClientClock {
  #nowMs = 0;
  #timers: Timer[] = [];

  now(): number {
    return this.#nowMs;
  }

  after(ms: number, fn: () => void): () => void {
    const timer = { atMs: this.#nowMs + ms, fn };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  }

  /** How many timers have not run. */
  get pending(): number {
    return this.#timers.length;
  }

  /** Lets time pass: every timer runs at its moment, and what it starts has settled before the next one runs. */
  async advance(ms: number): Promise<void> {
    const endMs = this.#nowMs + ms;
    await settle();
    for (let timer = this.#next(endMs); timer; timer = this.#next(endMs)) {
      this.#nowMs = Math.max(this.#nowMs, timer.atMs);
      this.#timers.splice(this.#timers.indexOf(timer), 1);
      timer.fn();
      await settle();
    }
    this.#nowMs = endMs;
  }

  #next(endMs: number): Timer | undefined {
    const due = this.#timers.filter(({ atMs }) => atMs <= endMs);
    return due.reduce<Timer | undefined>(
      (first, timer) => !first || timer.atMs < first.atMs ? timer : first,
      undefined,
    );
  }
}

/** Lets every promise that can settle do so: nothing in the SDK waits for as many turns as this. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 60; turn++) await Promise.resolve();
}
