import type { Cancel, Clock } from "../../hub/ports.ts";

/** Names that are held back at a time: for one more the one that was told longest ago is told at once. */
const MAX_NAMES = 64;

interface Slot<T> {
  /** what came since the last time it was told */
  waiting: { readonly value: T } | undefined;
  readonly cancel: Cancel;
}

/** Lets values through at most every `leastMs` for each name: the first at once, of the others the latest. */
export class Coalescer<T> {
  readonly #clock: Clock;
  readonly #leastMs: number;
  readonly #tell: (name: string, value: T) => void;
  readonly #slots = new Map<string, Slot<T>>();

  constructor(clock: Clock, leastMs: number, tell: (name: string, value: T) => void) {
    this.#clock = clock;
    this.#leastMs = leastMs;
    this.#tell = tell;
  }

  put(name: string, value: T): void {
    const slot = this.#slots.get(name);
    if (slot) slot.waiting = { value };
    else this.#through(name, value);
  }

  close(): void {
    for (const { cancel } of this.#slots.values()) cancel();
    this.#slots.clear();
  }

  #through(name: string, value: T): void {
    if (this.#slots.size >= MAX_NAMES) {
      const [oldest, slot] = this.#slots.entries().next().value!;
      slot.cancel();
      this.#slots.delete(oldest);
      if (slot.waiting) this.#tell(oldest, slot.waiting.value);
    }
    const cancel = this.#clock.after(this.#leastMs, () => {
      const waiting = this.#slots.get(name)?.waiting;
      this.#slots.delete(name);
      if (waiting) this.#through(name, waiting.value);
    });
    this.#slots.set(name, { waiting: undefined, cancel });
    this.#tell(name, value);
  }
}
