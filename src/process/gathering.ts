import { within } from "../hub/within.ts";
import { Departed } from "../observability/departed.ts";
import type { Snapshot } from "../observability/metrics.ts";
import { systemClock } from "../runtime/clock.ts";

/** How long an isolate may take to say what it measured; then what it said last stands for it. */
const WITHIN_MS = 1000;

/**
 * What all isolates of a process have measured, those that are gone too. Whatever was told once is never taken
 * back: of who does not answer, or died, the last word counts.
 */
export class Gathering<Isolate> {
  readonly #own: () => Snapshot;
  readonly #latest = new Map<Isolate, Snapshot>();
  readonly #departed = new Departed();

  /** `own` are the supervisor's measurements. */
  constructor(own: () => Snapshot) {
    this.#own = own;
  }

  heard(isolate: Isolate, snapshot: Snapshot): void {
    this.#latest.set(isolate, snapshot);
  }

  left(isolate: Isolate): void {
    const last = this.#latest.get(isolate);
    if (last) this.#departed.add(last);
    this.#latest.delete(isolate);
  }

  /** Everybody's measurements but the asker's. `answers` resolve once an isolate has been `heard`. */
  async collect(asker: Isolate, answers: readonly Promise<unknown>[]): Promise<Snapshot[]> {
    await within(systemClock, WITHIN_MS, Promise.all(answers));
    // one view: who leaves while the others answer is in one of the two, never in both or in none
    const others = [...this.#latest].filter(([isolate]) => isolate !== asker).map(([, snapshot]) => snapshot);
    return [this.#own(), this.#departed.snapshot(), ...others];
  }
}
