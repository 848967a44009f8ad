import type { Cancel, Clock } from "../../hub/ports.ts";
import { STEP_MS } from "./rules.ts";

/** A timer may be this much early: the step it is for has come. */
const EARLY_MS = 1;
/** A loop that fell further behind than this goes on from now: catching up would make it later still. */
const MOST_STEPS = 6;
/** How many of the last steps the lateness is told of: two seconds. */
const REMEMBERED = 120;

/**
 * Calls `tick` once for each step that has become due: at a fixed rate by the clock, whatever the timers do. What
 * one of them is late the next one is early.
 */
export class Ticker {
  readonly #clock: Clock;
  readonly #tick: (steps: number) => void;
  readonly #late: number[] = [];
  #latest = 0;
  #dueMs: number;
  #timer: Cancel;

  constructor(clock: Clock, tick: (steps: number) => void) {
    this.#clock = clock;
    this.#tick = tick;
    this.#dueMs = clock.monotonic() + STEP_MS;
    this.#timer = clock.after(STEP_MS, this.#turn);
  }

  /** How far from its moment a step was, in ms: the worst but one in a hundred of the last two seconds. */
  get jitterMs(): number {
    if (this.#late.length === 0) return 0;
    const sorted = this.#late.toSorted((a, b) => a - b);
    return sorted[Math.ceil(0.99 * sorted.length) - 1]!;
  }

  close(): void {
    this.#timer();
    this.#timer = () => {};
  }

  readonly #turn = (): void => {
    const nowMs = this.#clock.monotonic();
    this.#note(Math.abs(nowMs - this.#dueMs));
    const due = Math.max(0, Math.floor((nowMs + EARLY_MS - this.#dueMs) / STEP_MS) + 1);
    this.#dueMs = due > MOST_STEPS ? nowMs + STEP_MS : this.#dueMs + due * STEP_MS;
    // before the tick: one that closes the ticker ends this timer
    this.#timer = this.#clock.after(Math.max(0, this.#dueMs - nowMs), this.#turn);
    if (due > 0) this.#tick(Math.min(due, MOST_STEPS));
  };

  #note(lateMs: number): void {
    this.#late[this.#latest] = lateMs;
    this.#latest = (this.#latest + 1) % REMEMBERED;
  }
}
