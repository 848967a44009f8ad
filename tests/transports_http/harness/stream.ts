import type { Envelope } from "../../../src/protocol/messages.ts";
import { EventParser, type ParsedEvent } from "./event_parser.ts";

// deno-lint-ignore no-explicit-any -- whatever a test expects
export type AnyEnvelope = Envelope<string, any>;

export interface Received extends ParsedEvent {
  readonly envelope: AnyEnvelope;
}

/** A stream was asked for, and refused. */
export class NoStream extends Error {
  readonly status: number;
  readonly body: string;

  constructor(status: number, body: string) {
    super(`${status} ${body}`);
    this.status = status;
    this.body = body;
  }
}

/** One event stream, read event by event. */
export class Stream implements AsyncDisposable {
  readonly response: Response;
  readonly parser: EventParser;
  readonly #abort: AbortController;
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #waiting: Received[] = [];

  private constructor(response: Response, abort: AbortController, lastEventId: string) {
    this.response = response;
    this.#abort = abort;
    this.parser = new EventParser(lastEventId);
    this.#reader = response.body!.getReader();
  }

  /** Opens a stream; fails unless it is one. */
  static async open(url: string, headers: Record<string, string> = {}): Promise<Stream> {
    const abort = new AbortController();
    const response = await fetch(url, { headers, signal: abort.signal });
    const isStream = response.headers.get("content-type")?.startsWith("text/event-stream");
    if (!response.ok || !isStream) throw new NoStream(response.status, await response.text());
    return new Stream(response, abort, headers["last-event-id"] ?? "");
  }

  /** The next event; `undefined` at the end of the stream. */
  async next(): Promise<Received | undefined> {
    while (this.#waiting.length === 0) {
      const { value, done } = await this.#reader.read();
      if (done) return undefined;
      for (const event of this.parser.push(value)) {
        this.#waiting.push({ ...event, envelope: JSON.parse(event.data) });
      }
    }
    return this.#waiting.shift();
  }

  /** The next envelope of a type. */
  async until(type: string): Promise<Received> {
    for (;;) {
      const received = await this.next();
      if (!received) throw new Error(`the stream ended before ${type}`);
      if (received.envelope.type === type) return received;
    }
  }

  /** This many events. */
  async take(count: number): Promise<Received[]> {
    const events: Received[] = [];
    while (events.length < count) {
      const received = await this.next();
      if (!received) throw new Error(`the stream ended after ${events.length} events`);
      events.push(received);
    }
    return events;
  }

  /** Everything up to the end of the stream. */
  async rest(): Promise<Received[]> {
    const events: Received[] = [];
    for (;;) {
      const received = await this.next();
      if (!received) return events;
      events.push(received);
    }
  }

  /** The reader leaves, as a closed tab does. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#abort.abort();
    await this.#reader.read().catch(() => {});
  }
}
