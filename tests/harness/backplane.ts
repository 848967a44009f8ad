import type { Backplane, Cancel, Clock } from "../../src/hub/ports.ts";
import type { News } from "../../src/hub/news.ts";

/** Carries news between the nodes of a test, or loses it. */
export class FakeBackplane {
  losing = false;
  /** whether nodes believe what hints hold; ask for it before the first node is there */
  trusted = false;
  readonly #clock: Clock;
  /** who listens, and at whose end */
  readonly #listeners = new Map<(news: unknown) => void, object>();

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
        this.#listeners.set(hear, self);
        return () => void this.#listeners.delete(hear);
      },
      close() {},
    };
  }

  /** Something comes in at every node, whoever sent it. */
  inject(anything: unknown): void {
    for (const hear of this.#listeners.keys()) hear(anything);
  }

  #carry(news: News, from: object): void {
    if (this.losing) return;
    for (const [hear, end] of this.#listeners) {
      if (end !== from) this.#clock.soon(() => hear(news));
    }
  }
}
