import { type ReadonlySignal, type Signal, signal } from "@preact/signals";
import { ask } from "../../shared/api.ts";
import { apiUrl } from "../../shared/api_url.ts";
import { EventFeed, type FeedEnvelope } from "../../shared/event_feed.ts";
import { soon } from "../../shared/soon.ts";
import { Lag } from "./lag.ts";
import { type Line, LogTail } from "./log_tail.ts";
import { type Quote, Quotes } from "./quotes.ts";

/** What the page shows. */
export interface View {
  readonly quotes: readonly Quote[];
  readonly lines: readonly Line[];
  readonly received: number;
  readonly missed: number;
  /** by how much the newest event was late, in ms */
  readonly lagMs: number;
  /** the server has said that it serves us from its log until we are level [R4] */
  readonly toldBehind: boolean;
}

/** How long a line takes a tab that is made slow. */
const SLOW_MS = 2;
/** Prices that do not come within this time do not come at all: nobody makes them here. */
const PATIENCE_MS = 6000;
/** From here on a reader is behind. */
export const BEHIND_MS = 1000;

const NOTHING: View = { quotes: [], lines: [], received: 0, missed: 0, lagMs: 0, toldBehind: false };

/** The feed, over one plain stream of two rooms. */
export class Feed {
  readonly stream: EventFeed;
  readonly view: ReadonlySignal<View>;
  /** nobody makes a feed here: the relay is no demo, or does not know us */
  readonly isSilent: ReadonlySignal<boolean>;
  /** whether this tab takes its time with each line */
  readonly slow: Signal<boolean> = signal(false);
  readonly #view = signal<View>(NOTHING);
  readonly #isSilent = signal(false);
  readonly #quotes = new Quotes();
  readonly #tail = new LogTail();
  readonly #lag = new Lag();
  #lagMs = 0;
  #toldBehind = false;
  #drawing = false;

  constructor() {
    this.view = this.#view;
    this.isSilent = this.#isSilent;
    setTimeout(() => this.#isSilent.value = this.#view.value.quotes.length === 0, PATIENCE_MS);
    this.stream = new EventFeed({
      url: apiUrl("api/events?rooms=feed:prices,feed:log&history=30"),
      onEnvelope: (envelope) => this.#take(envelope),
    });
  }

  /** Asks for thousands of lines at once. @throws {ApiError} */
  async rush(): Promise<void> {
    await ask("POST", "api/demo/rush", {});
  }

  #take({ type, payload, timestamp }: FeedEnvelope): void {
    switch (type) {
      case "prices":
        this.#quotes.take(payload.prices as Quote[]);
        this.#late(timestamp);
        this.#isSilent.value = false;
        break;
      case "log_line":
        this.#tail.add(payload.epoch as string, payload as unknown as Line);
        if (this.slow.value) work(SLOW_MS);
        break;
      case "behind":
        this.#toldBehind = true;
        break;
    }
    this.#draw();
  }

  /** Prices are of this moment, always: the log's first lines are of before. */
  #late(timestamp: string): void {
    this.#lagMs = this.#lag.of(timestamp, Date.now());
    if (this.#lagMs < BEHIND_MS) this.#toldBehind = false;
  }

  #draw(): void {
    if (this.#drawing) return;
    this.#drawing = true;
    soon(() => {
      this.#drawing = false;
      const { received, missed } = this.#tail;
      this.#view.value = {
        quotes: this.#quotes.all(),
        lines: this.#tail.newest(),
        received,
        missed,
        lagMs: this.#lagMs,
        toldBehind: this.#toldBehind,
      };
    });
  }
}

/** Keeps the tab busy, as a page does that draws too much. */
function work(ms: number): void {
  const endMs = performance.now() + ms;
  while (performance.now() < endMs);
}
