import type { Cancel, Clock, Connection } from "../hub/ports.ts";
import type { Frame } from "../protocol/codecs/codec.ts";
import { eventStream } from "../protocol/codecs/event_stream.ts";
import { CloseCode } from "../protocol/wire.ts";
import { farewell } from "./farewell.ts";

export interface StreamOptions {
  readonly id: string;
  readonly clock: Clock;
  /** how long the reader waits before it comes back */
  readonly retryMs: number;
  /** The reader's cursor: for a stream of several rooms, whose frames carry none. */
  readonly cursor?: () => string;
  /** The reader is gone. */
  readonly cancelled: () => void;
  /** Nothing of the stream is left, whoever ended it. Comes once. */
  readonly finished: () => void;
}

type Bytes = Uint8Array<ArrayBuffer>;

/** How long a reader has for what was sent before the end; who needs longer resumes. */
const LAST_BYTES_MS = 1000;

const encoder = new TextEncoder();
const COMMENT = encoder.encode(":\n\n");

/** An event stream as the hub sees it. */
export class StreamConnection implements Connection {
  readonly id: string;
  readonly body: ReadableStream<Bytes>;
  readonly #options: StreamOptions;
  #controller!: ReadableStreamDefaultController<Bytes>;
  #state: "open" | "closing" | "gone" = "open";
  /** the last event waits for its id */
  #unstamped = false;
  #cutting: Cancel | undefined;

  constructor(options: StreamOptions) {
    this.id = options.id;
    this.#options = options;
    this.body = new ReadableStream<Bytes>({
      start: (controller) => void (this.#controller = controller),
      cancel: () => {
        if (this.#state === "open") options.cancelled();
        this.#gone();
      },
    }, { highWaterMark: 0, size: (chunk) => chunk.byteLength });
    this.#controller.enqueue(encoder.encode(`retry: ${Math.round(options.retryMs)}\n\n`));
  }

  send(frame: Frame): void {
    if (this.#state !== "open") return;
    // the same bytes for every reader: they are neither copied nor taken away
    this.#controller.enqueue(typeof frame === "string" ? encoder.encode(frame) : frame);
    if (!this.#options.cursor || this.#unstamped) return;
    this.#unstamped = true;
    queueMicrotask(() => this.#stamp());
  }

  unsentBytes(): number {
    // of nothing that is wanted the queue is over by what waits; once the stream has ended nothing does
    return this.#state === "gone" ? 0 : 0 - (this.#controller.desiredSize ?? 0);
  }

  takes(mostUnsentBytes: number): boolean {
    return this.unsentBytes() < mostUnsentBytes;
  }

  /** Says nothing, so that nobody between us and the reader thinks the stream dead. */
  comment(): void {
    if (this.#state === "open" && this.unsentBytes() === 0) this.#controller.enqueue(COMMENT);
  }

  close(code: CloseCode, reason: string): void {
    if (this.#state !== "open") return;
    this.#stamp();
    const last = farewell(code, reason, this.#options.clock.now());
    if (last) { for (const frame of eventStream.encode([last])) this.send(frame); }
    this.#state = "closing";
    if (code === CloseCode.notReading) return this.#cut();
    this.#controller.close();
    if (this.unsentBytes() === 0) return this.#gone();
    this.#cutting = this.#options.clock.after(LAST_BYTES_MS, () => this.#cut());
  }

  /** Puts the cursor into the last event, once all that is sent in this turn is sent. */
  #stamp(): void {
    if (!this.#unstamped || this.#state !== "open") return;
    this.#unstamped = false;
    this.#controller.enqueue(encoder.encode(`id: ${this.#options.cursor!()}\n\n`));
  }

  /** Ends it for a reader that takes nothing. The runtime prints what it is given here. */
  #cut(): void {
    this.#controller.error("an event stream was cut: its reader takes nothing");
    this.#gone();
  }

  #gone(): void {
    if (this.#state === "gone") return;
    this.#state = "gone";
    this.#cutting?.();
    this.#options.finished();
  }
}
