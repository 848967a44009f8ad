import { type ReadonlySignal, signal } from "@preact/signals";

/** An envelope as a stream carries it. */
export interface FeedEnvelope {
  readonly type: string;
  readonly payload: Readonly<Record<string, unknown>>;
  readonly timestamp: string;
}

/** Where a stream stands. `refused`: the browser does not come back by itself, we do after a while. */
export type FeedState = "connecting" | "open" | "cut" | "refused";

export interface EventFeedOptions {
  /** `/api/events?…` or `/api/notifications`, as an absolute address */
  readonly url: URL;
  /** Is handed every envelope, `joined_room` included, in their order. */
  readonly onEnvelope: (envelope: FeedEnvelope) => void;
}

/** How long to wait after an answer that is no stream, as 429: the browser would never ask again. */
const REFUSED_MS = 5000;

/**
 * A stream of envelopes over a plain `EventSource`. The browser comes back by itself after a cut and says with
 * `Last-Event-ID` where it was; all that is added here is what it leaves out: a state to show, and coming back after
 * a refusal.
 */
export class EventFeed {
  readonly state: ReadonlySignal<FeedState>;
  readonly #state = signal<FeedState>("connecting");
  readonly #options: EventFeedOptions;
  #source: EventSource | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #position = "";

  constructor(options: EventFeedOptions) {
    this.#options = options;
    this.state = this.#state;
    this.open();
  }

  /** Opens it, or opens it anew where it was: after a cut, or at once instead of later. */
  open(): void {
    this.close();
    this.#state.value = "connecting";
    const url = new URL(this.#options.url);
    if (this.#position !== "") url.searchParams.set("since", this.#position);
    const source = this.#source = new EventSource(url);
    source.onopen = () => this.#state.value = "open";
    source.onmessage = ({ data, lastEventId }) => {
      if (lastEventId !== "") this.#position = lastEventId;
      this.#options.onEnvelope(JSON.parse(data));
    };
    source.onerror = () => {
      const over = source.readyState === EventSource.CLOSED;
      this.#state.value = over ? "refused" : "cut";
      if (over) this.#timer = setTimeout(() => this.open(), REFUSED_MS);
    };
  }

  /** Ends it; `open` goes on from where it was. */
  close(): void {
    clearTimeout(this.#timer);
    this.#source?.close();
  }
}
