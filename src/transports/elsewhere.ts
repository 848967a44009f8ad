import type { News } from "../hub/news.ts";

type Told = Pick<Extract<News, { kind: "addresses" }>, "teller" | "version" | "state" | "connections">;

interface Teller {
  version: number;
  heardMs: number;
  /** by address, in the order in which they were told last */
  readonly counts: Map<string, { readonly count: number; readonly heardMs: number }>;
}

/** A process that said nothing for this long is gone, and its connections with it. */
const SILENT_MS = 15_000;
/** What was not told again for this long is not so any more: its end was lost on the way. */
const FORGET_MS = 100_000;
/** Addresses of one process that are remembered: what is told of more is not counted. */
const MAX_ADDRESSES = 200_000;

/** The connections that addresses have through other processes, as those told: what each said last counts. [L6] */
export class Elsewhere {
  readonly #tellers = new Map<string, Teller>();
  readonly #totals = new Map<string, number>();

  /** How many other processes are heard. */
  get tellers(): number {
    return this.#tellers.size;
  }

  count(address: string): number {
    return this.#totals.get(address) ?? 0;
  }

  /** Takes what a process tells. False when it was heard before, or is older than that. */
  heard({ teller: name, version, state, connections }: Told, nowMs: number): boolean {
    let teller = this.#tellers.get(name);
    if (teller && version <= teller.version) return false;
    if (!teller) this.#tellers.set(name, teller = { version, heardMs: nowMs, counts: new Map() });
    teller.version = version;
    teller.heardMs = nowMs;
    for (const [address, count] of connections) this.#set(teller, address, count, nowMs);
    if (state === "leaves") this.#lost(name, teller);
    return true;
  }

  /** Drops what nobody stands for any more. */
  forget(nowMs: number): void {
    for (const [name, teller] of this.#tellers) {
      if (teller.heardMs <= nowMs - SILENT_MS) this.#lost(name, teller);
      for (const [address, { heardMs }] of teller.counts) {
        if (heardMs > nowMs - FORGET_MS) break;
        this.#set(teller, address, 0, nowMs);
      }
    }
  }

  clear(): void {
    this.#tellers.clear();
    this.#totals.clear();
  }

  #lost(name: string, teller: Teller): void {
    this.#tellers.delete(name);
    for (const address of [...teller.counts.keys()]) this.#set(teller, address, 0, 0);
  }

  #set({ counts }: Teller, address: string, count: number, nowMs: number): void {
    const before = counts.get(address)?.count ?? 0;
    counts.delete(address);
    const kept = counts.size < MAX_ADDRESSES ? count : 0;
    if (kept > 0) counts.set(address, { count: kept, heardMs: nowMs });
    const total = this.count(address) - before + kept;
    if (total > 0) this.#totals.set(address, total);
    else this.#totals.delete(address);
  }
}
