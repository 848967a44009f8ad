import type { Clock } from "../hub/ports.ts";
import type { Attempts } from "./entry_rates.ts";

/** Who is told of what is counted. */
export interface AttemptEvents {
  /** An address was counted here. */
  readonly counted?: (address: string) => void;
  /** An address used up what it has: it may come again in so many ms. */
  readonly exceeded?: (address: string, forMs: number) => void;
}

const WINDOW_MS = 60_000;
/** Addresses that are counted at once: an attacker who has more of them only makes us forget the oldest. */
const MAX_ADDRESSES = 50_000;

interface Window {
  readonly endsMs: number;
  count: number;
}

/** Counts by address, each for a minute from its first. */
export class AttemptWindows implements Attempts {
  readonly #clock: Pick<Clock, "monotonic">;
  readonly #max: number;
  readonly #events: AttemptEvents;
  readonly #windows = new Map<string, Window>();

  /** `max` attempts an address and minute; 0 means any number. */
  constructor(clock: Pick<Clock, "monotonic">, max: number, events: AttemptEvents = {}) {
    this.#clock = clock;
    this.#max = max;
    this.#events = events;
  }

  count(address: string): number {
    if (this.#max === 0) return 0;
    const window = this.#add(address, 1);
    this.#events.counted?.(address);
    return window.count > this.#max ? window.endsMs - this.#clock.monotonic() : 0;
  }

  /** As many were counted elsewhere. */
  heard(address: string, count: number): void {
    if (this.#max > 0) this.#add(address, count);
  }

  exceeded(address: string): number {
    const nowMs = this.#clock.monotonic();
    const window = this.#current(address, nowMs);
    return window && this.#max > 0 && window.count >= this.#max ? window.endsMs - nowMs : 0;
  }

  #add(address: string, count: number): Window {
    const nowMs = this.#clock.monotonic();
    const window = this.#current(address, nowMs) ?? this.#start(address, nowMs);
    const before = window.count;
    window.count += count;
    if (before < this.#max && window.count >= this.#max) {
      this.#events.exceeded?.(address, window.endsMs - nowMs);
    }
    return window;
  }

  #current(address: string, nowMs: number): Window | undefined {
    const window = this.#windows.get(address);
    return window && window.endsMs > nowMs ? window : undefined;
  }

  #start(address: string, nowMs: number): Window {
    const window = { endsMs: nowMs + WINDOW_MS, count: 0 };
    this.#windows.delete(address);
    this.#windows.set(address, window);
    // in the order they began: the first are the first to be over
    for (const [oldest, { endsMs }] of this.#windows) {
      if (endsMs > nowMs && this.#windows.size <= MAX_ADDRESSES) break;
      this.#windows.delete(oldest);
    }
    return window;
  }
}
