import { News } from "../hub/news.ts";
import { OwnPause } from "../hub/own_pause.ts";
import type { Backplane, Cancel, Clock } from "../hub/ports.ts";
import type { OthersConnections } from "./connection_count.ts";
import { Elsewhere } from "./elsewhere.ts";
import type { AttemptKind } from "./entry_rates.ts";

export interface AddressNewsOptions {
  readonly backplane: Backplane;
  readonly clock: Pick<Clock, "after" | "monotonic">;
  /** names the process among those that count, another one after each start */
  readonly teller: string;
  /** The connections that addresses have here. */
  readonly here: () => ReadonlyMap<string, number>;
  /** An address was counted so often elsewhere. */
  readonly heard: (of: AttemptKind, address: string, count: number) => void;
}

type Addresses = Extract<News, { kind: "addresses" }>;

/** What is counted in this time is told together: so long others may let in too many. */
const TELL_MS = 100;
/** How often a process says that it is there. */
const BEAT_MS = 5000;
/** Every so many beats it says again what it has, for whom it did not reach. */
const REPEAT_BEATS = 6;
/** Addresses in one piece of news. */
const MAX_TOLD = 1000;
/** Addresses whose attempts may wait to be told; who has more of them is not stopped by counting them. */
const MAX_WAITING = 10_000;

/**
 * Tells other processes what this one counts by address, and keeps what they tell: nobody is asked while somebody
 * waits to come in. Connections are told as they are, so that what was lost, doubled or late is made up for by what is
 * told next; attempts as so many more. [L6] [L9]
 */
export class AddressNews implements OthersConnections {
  readonly #options: AddressNewsOptions;
  readonly #elsewhere = new Elsewhere();
  readonly #changed = new Set<string>();
  readonly #attempts: Readonly<Record<AttemptKind, Map<string, number>>> = {
    connects: new Map(),
    failures: new Map(),
  };
  readonly #pause: OwnPause;
  readonly #unsubscribe: Cancel;
  #beat: Cancel;
  #beats = 0;
  #telling: Cancel | undefined;
  #version = 0;

  constructor(options: AddressNewsOptions) {
    this.#options = options;
    this.#unsubscribe = options.backplane.subscribe((news) => this.#hear(news), () => this.#ask());
    this.#pause = new OwnPause(BEAT_MS, options.clock.monotonic());
    this.#beat = options.clock.after(BEAT_MS, this.#turn);
    this.#ask();
  }

  elsewhere(address: string): number {
    return this.#elsewhere.count(address);
  }

  changed(address: string): void {
    if (this.#elsewhere.tellers === 0) return;
    this.#changed.add(address);
    this.#tellSoon();
  }

  /** An address was counted here. */
  counted(of: AttemptKind, address: string): void {
    const waiting = this.#attempts[of];
    if (this.#elsewhere.tellers === 0 || waiting.size >= MAX_WAITING) return;
    waiting.set(address, (waiting.get(address) ?? 0) + 1);
    this.#tellSoon();
  }

  close(): void {
    this.#unsubscribe();
    this.#beat();
    this.#telling?.();
    // who goes after this is told to nobody
    this.#elsewhere.clear();
    this.#publish("leaves", { connections: [], connects: [], failures: [] });
  }

  /** What was said until now may have been missed, here and there. */
  #ask(): void {
    this.#elsewhere.clear();
    this.#publish("asks", { connections: [], connects: [], failures: [] });
  }

  #hear(unknown: unknown): void {
    // of all else the hub knows what it is worth
    if ((unknown as { kind?: unknown } | null)?.kind !== "addresses") return;
    const checked = News.safeParse(unknown);
    if (!checked.success || checked.data.kind !== "addresses") return;
    const { data: news } = checked;
    if (news.teller === this.#options.teller) return;
    const isNew = this.#elsewhere.tellers === 0;
    if (!this.#elsewhere.heard(news, this.#options.clock.monotonic())) return;
    if (news.state === "asks" || isNew) this.#tellAll();
    for (const kind of ["connects", "failures"] as const) {
      for (const [address, count] of news[kind]) this.#options.heard(kind, address, count);
    }
  }

  readonly #turn = (): void => {
    const { clock } = this.#options;
    this.#beat = clock.after(BEAT_MS, this.#turn);
    const nowMs = clock.monotonic();
    if (this.#pause.mayJudge(nowMs)) this.#elsewhere.forget(nowMs);
    if (++this.#beats % REPEAT_BEATS === 0) this.#tellAll();
    else this.#tell();
  };

  #tellAll(): void {
    if (this.#elsewhere.tellers === 0) return;
    for (const address of this.#options.here().keys()) this.#changed.add(address);
    this.#tellSoon();
  }

  #tellSoon(): void {
    this.#telling ??= this.#options.clock.after(TELL_MS, () => this.#tell());
  }

  #tell(): void {
    this.#telling?.();
    this.#telling = undefined;
    const here = this.#options.here();
    const connections = taken(this.#changed, (address) => here.get(address) ?? 0);
    const { connects, failures } = this.#attempts;
    this.#publish("tells", {
      connections,
      connects: taken(connects, (address) => connects.get(address)!),
      failures: taken(failures, (address) => failures.get(address)!),
    });
    if (this.#changed.size + connects.size + failures.size > 0) this.#tellSoon();
  }

  #publish(
    state: Addresses["state"],
    counts: Pick<Addresses, "connections" | "connects" | "failures">,
  ): void {
    const { backplane, teller } = this.#options;
    backplane.publish({ kind: "addresses", teller, version: ++this.#version, state, ...counts });
  }
}

/** Takes the first of what waits, each with its count. */
function taken(
  waiting: Set<string> | Map<string, number>,
  countOf: (address: string) => number,
): [string, number][] {
  const first: [string, number][] = [];
  for (const address of waiting.keys()) {
    if (first.length === MAX_TOLD) break;
    first.push([address, countOf(address)]);
  }
  for (const [address] of first) waiting.delete(address);
  return first;
}
