import { type ReadonlySignal, signal } from "@preact/signals";
import { apiUrl } from "../../shared/api_url.ts";
import { EventFeed, type FeedEnvelope } from "../../shared/event_feed.ts";
import { soon } from "../../shared/soon.ts";
import { History, type Rows } from "./history.ts";

/** The relay's own source. */
export const RELAY = "relay";

/** All sources by name, the relay's own among them. */
export type Sources = ReadonlyMap<string, Rows>;

/** The dashboard's numbers, over one stream. Only the latest of each source is ever sent: there is nothing to miss. */
export class Board {
  readonly stream: EventFeed;
  readonly sources: ReadonlySignal<Sources>;
  readonly #sources = signal<Sources>(new Map());
  readonly #histories = new Map<string, History>();
  #drawing = false;

  constructor() {
    this.sources = this.#sources;
    this.stream = new EventFeed({
      url: apiUrl("api/events?rooms=dashboard"),
      onEnvelope: (envelope) => this.#take(envelope),
    });
  }

  #take({ type, payload }: FeedEnvelope): void {
    if (type !== "metrics_update") return;
    const source = payload.source as string;
    let history = this.#histories.get(source);
    if (!history) this.#histories.set(source, history = new History());
    history.add(Date.parse(payload.at as string) / 1000, payload.values as Record<string, number>);
    this.#draw();
  }

  #draw(): void {
    if (this.#drawing) return;
    this.#drawing = true;
    soon(() => {
      this.#drawing = false;
      this.#sources.value = new Map([...this.#histories].map(([name, history]) => [name, history.rows()]));
    });
  }
}
