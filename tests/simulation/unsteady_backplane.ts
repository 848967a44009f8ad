import type { News } from "../../src/hub/news.ts";
import type { Backplane } from "../../src/hub/ports.ts";
import type { Random } from "./random.ts";
import type { Scheduler } from "./scheduler.ts";

/** What goes wrong between nodes, as probabilities of each piece of news and receiver. */
export interface BackplaneFaults {
  readonly lost: number;
  readonly doubled: number;
  /** it takes `lateMs` on average, and others overtake it */
  readonly late: number;
  readonly lateMs: number;
}

const STEADY: BackplaneFaults = { lost: 0, doubled: 0, late: 0, lateMs: 0 };
const TRAVEL_MS = 0.3;

/** News between the nodes of a run, over a channel that keeps no promise at all. */
export class UnsteadyBackplane {
  faults: BackplaneFaults = STEADY;
  /** nothing is forged: what hints hold is taken for what the store has */
  readonly trusted: boolean;
  readonly #scheduler: Scheduler;
  readonly #random: Random;
  readonly #listeners = new Set<(news: unknown) => void>();

  constructor(scheduler: Scheduler, random: Random, trusted: boolean) {
    this.trusted = trusted;
    this.#scheduler = scheduler;
    this.#random = random;
  }

  /** One node's end, for as long as that node lives. */
  end(alive: () => boolean): Backplane {
    let own: ((news: unknown) => void) | undefined;
    return {
      trusted: this.trusted,
      publish: (news) => {
        if (alive()) this.#publish(news, own);
      },
      subscribe: (listener) => {
        own = (news) => alive() && listener(news);
        this.#listeners.add(own);
        const mine = own;
        return () => void this.#listeners.delete(mine);
      },
      close() {},
    };
  }

  /** Something that no node said. */
  garble(news: unknown): void {
    for (const listener of this.#listeners) {
      if (this.#random.chance(0.7)) this.#scheduler.after(this.#travelMs(), () => listener(news));
    }
  }

  #publish(news: News, own: unknown): void {
    const { lost, doubled } = this.faults;
    for (const listener of this.#listeners) {
      if (listener === own || this.#random.chance(lost)) continue;
      for (let copies = this.#random.chance(doubled) ? 2 : 1; copies > 0; copies--) {
        this.#scheduler.after(this.#travelMs(), () => listener(news));
      }
    }
  }

  #travelMs(): number {
    const { late, lateMs } = this.faults;
    return this.#random.chance(late) ? this.#random.wait(lateMs) : TRAVEL_MS;
  }
}
