import type { RunEvent } from "../events.ts";

/** Notes a broken rule; the checker knows which event showed it. */
export type Report = (rule: string, text: string) => void;

/** Watches a run for one kind of promise. */
export interface Judge {
  see(event: RunEvent): void;
  end(): void;
}

/** A value for each key, made at its first use. */
export class Store<V> extends Map<string, V> {
  readonly #make: (key: string) => V;

  constructor(make: (key: string) => V) {
    super();
    this.#make = make;
  }

  of(key: string): V {
    let value = this.get(key);
    if (value === undefined) this.set(key, value = this.#make(key));
    return value;
  }
}
