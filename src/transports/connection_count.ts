import { isLoopback } from "./ip.ts";
import type { Places, Release } from "./places.ts";

/** Counts connections by client address. [M29] */
export class ConnectionCount implements Places {
  readonly #max: number;
  readonly #counts = new Map<string, number>();

  /** `max` connections an address; 0 means any number. */
  constructor(max: number) {
    this.#max = max;
  }

  /** `address` as a counting key. */
  take(address: string): Release | undefined {
    if (this.#max === 0 || isLoopback(address)) return () => {};
    const count = this.#counts.get(address) ?? 0;
    if (count >= this.#max) return undefined;
    this.#counts.set(address, count + 1);
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      const left = this.#counts.get(address)! - 1;
      if (left === 0) this.#counts.delete(address);
      else this.#counts.set(address, left);
    };
  }
}
