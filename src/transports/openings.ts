import type { Cancel, Clock } from "../hub/ports.ts";

/** Something that has to open soon. */
export interface Opening {
  /** It did not. */
  late(): void;
}

/** Ends what does not open in time: one timer for all that wait, not one for each. */
export class Openings {
  readonly #clock: Clock;
  readonly #withinMs: number;
  /** until when each may wait, in the order they came */
  readonly #waiting = new Map<Opening, number>();
  #timer: Cancel | undefined;

  constructor(clock: Clock, withinMs: number) {
    this.#clock = clock;
    this.#withinMs = withinMs;
  }

  add(opening: Opening): void {
    this.#waiting.set(opening, this.#clock.monotonic() + this.#withinMs);
    this.#timer ??= this.#clock.after(this.#withinMs, this.#look);
  }

  /** It opened, or is gone. Safe to call more than once. */
  delete(opening: Opening): void {
    if (!this.#waiting.delete(opening) || this.#waiting.size > 0) return;
    this.#timer?.();
    this.#timer = undefined;
  }

  readonly #look = (): void => {
    this.#timer = undefined;
    const nowMs = this.#clock.monotonic();
    for (const [opening, untilMs] of this.#waiting) {
      if (untilMs > nowMs) {
        this.#timer ??= this.#clock.after(untilMs - nowMs, this.#look);
        return;
      }
      this.#waiting.delete(opening);
      opening.late();
    }
  };
}
