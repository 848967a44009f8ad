import type { Clock } from "../hub/ports.ts";
import type { AttemptKind, Attempts } from "../transports/entry_rates.ts";
import type { FromIsolate } from "./isolate_messages.ts";
import { Questions } from "./questions.ts";

/** Attempts that the supervisor counts for all isolates. Who is over is told to all of them, and not asked again. */
export class IsolateAttempts {
  readonly connects: Attempts;
  readonly failures: Attempts;
  readonly #exceeded: Readonly<Record<AttemptKind, Exceeded>>;
  readonly #questions = new Questions<number>();

  constructor(tell: (message: FromIsolate) => void, clock: Pick<Clock, "monotonic">) {
    this.#exceeded = { connects: new Exceeded(clock), failures: new Exceeded(clock) };
    const attempts = (of: AttemptKind): Attempts => ({
      count: (address) =>
        this.#exceeded[of].for(address) ||
        this.#questions.ask((id) => tell({ kind: "attempt", id, of, address })).then((retryAfterMs) => {
          // an isolate that began later was not told that the address is over
          if (retryAfterMs > 0) this.#exceeded[of].note(address, retryAfterMs);
          return retryAfterMs;
        }),
      exceeded: (address) => this.#exceeded[of].for(address),
    });
    this.connects = attempts("connects");
    this.failures = attempts("failures");
  }

  answered(id: number, retryAfterMs: number): void {
    this.#questions.answered(id, retryAfterMs);
  }

  exceeded(of: AttemptKind, address: string, forMs: number): void {
    this.#exceeded[of].note(address, forMs);
  }
}

/** Addresses that have to wait. */
class Exceeded {
  readonly #clock: Pick<Clock, "monotonic">;
  /** in the order in which they came, by when they may come again */
  readonly #untilMs = new Map<string, number>();

  constructor(clock: Pick<Clock, "monotonic">) {
    this.#clock = clock;
  }

  note(address: string, forMs: number): void {
    const nowMs = this.#clock.monotonic();
    for (const [earlier, untilMs] of this.#untilMs) {
      if (untilMs > nowMs) break;
      this.#untilMs.delete(earlier);
    }
    this.#untilMs.delete(address);
    this.#untilMs.set(address, nowMs + forMs);
  }

  for(address: string): number {
    return Math.max(0, (this.#untilMs.get(address) ?? 0) - this.#clock.monotonic());
  }
}
