import { isLoopback } from "./ip.ts";
import type { Places, Release } from "./places.ts";

/** What other processes count of the same addresses. */
export interface OthersConnections {
  /** How many connections an address has there. */
  elsewhere(address: string): number;
  /** How many it has here changed. */
  changed(address: string): void;
}

const notCounted: Release = () => {};
const nobodyElse: OthersConnections = { elsewhere: () => 0, changed() {} };

/** Counts connections by client address. [M29] */
export class ConnectionCount implements Places {
  readonly #max: number;
  readonly #others: OthersConnections;
  readonly #counts = new Map<string, number>();

  /** `max` connections an address, those elsewhere included; 0 means any number. */
  constructor(max: number, others: OthersConnections = nobodyElse) {
    this.#max = max;
    this.#others = others;
  }

  /** How many each address has here. */
  get here(): ReadonlyMap<string, number> {
    return this.#counts;
  }

  /** `address` as a counting key. */
  take(address: string): Release | undefined {
    if (this.#max === 0 || isLoopback(address)) return notCounted;
    const count = this.#counts.get(address) ?? 0;
    if (count + this.#others.elsewhere(address) >= this.#max) return undefined;
    this.#set(address, count + 1);
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      this.#set(address, this.#counts.get(address)! - 1);
    };
  }

  #set(address: string, count: number): void {
    if (count === 0) this.#counts.delete(address);
    else this.#counts.set(address, count);
    this.#others.changed(address);
  }
}
