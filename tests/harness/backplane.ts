import type { Backplane, Cancel, Clock } from "../../src/hub/ports.ts";
import type { News } from "../../src/hub/news.ts";

/** Carries news between the nodes of a test, or loses it. */
export class FakeBackplane {
  losing = false;
  /** whether nodes believe what hints hold; ask for it before the first node is there */
  trusted = false;
  readonly #clock: Clock;
  readonly #listeners = new Map<object, (news: unknown) => void>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** One node's end of it: a node does not hear itself. */
  end(): Backplane {
    const self = {};
    const trusted = () => this.trusted;
    return {
      get trusted() {
        return trusted();
      },
      publish: (news) => this.#carry(news, self),
      subscribe: (hear): Cancel => {
        this.#listeners.set(self, hear);
        return () => void this.#listeners.delete(self);
      },
      close() {},
    };
  }

  /** Something comes in at every node, whoever sent it. */
  inject(anything: unknown): void {
    for (const hear of this.#listeners.values()) hear(anything);
  }

  #carry(news: News, from: object): void {
    if (this.losing) return;
    for (const [end, hear] of this.#listeners) {
      if (end !== from) this.#clock.soon(() => hear(news));
    }
  }
}
