import type { Clock, Connection } from "../hub/ports.ts";
import type { Frame } from "../protocol/codecs/codec.ts";
import { joinJson } from "../protocol/codecs/json_batch.ts";
import type { CloseCode } from "../protocol/wire.ts";
import { farewell } from "./farewell.ts";

export interface PollOptions {
  readonly id: string;
  readonly clock: Clock;
  /** Nothing of the connection is left, whoever ended it. Comes once. */
  readonly finished: () => void;
}

/** What one answer holds, in characters, about: what follows is the next one's. */
const MAX_LENGTH = 1024 * 1024;

/**
 * A reader that comes for what there is now and then, as the hub sees it: between two requests it is as slow as a
 * reader can be, so that the log waits for it where it is, and of everything else the latest. [R4] [T6]
 */
export class PollConnection implements Connection {
  readonly id: string;
  readonly #options: PollOptions;
  #frames: string[] = [];
  #length = 0;
  #turn = 0;
  /** the request that is here, the latest of them */
  #reader: AbortSignal | undefined;
  /** it is done with its joins and takes what comes */
  #reading = false;
  #open = true;
  /** what has come is worth an answer */
  #news = false;
  #wake = () => {};

  constructor(options: PollOptions) {
    this.id = options.id;
    this.#options = options;
  }

  get isOpen(): boolean {
    return this.#open;
  }

  /** Whether a request is here. */
  get isRead(): boolean {
    return this.#reader !== undefined;
  }

  /** Names the last answer that was taken: who has read another one has missed something. */
  get turn(): string {
    return `${this.id}.${this.#turn}`;
  }

  send(frame: Frame): void {
    if (!this.#open) return;
    this.#frames.push(frame as string);
    this.#length += frame.length;
    this.#news = true;
    // all that this turn of the loop brings belongs into one answer
    this.#options.clock.soon(() => this.#news && this.#wake());
  }

  unsentBytes(): number {
    // a request that is here takes all of it
    return this.#reading ? 0 : this.#length;
  }

  takes(): boolean {
    return this.#reading && this.#length < MAX_LENGTH;
  }

  close(code: CloseCode, reason: string): void {
    if (!this.#open) return;
    const last = farewell(code, reason, this.#options.clock.now());
    if (last) this.send(joinJson([last]));
    this.#open = false;
    this.#news = true;
    this.#wake();
    this.#options.finished();
  }

  /** A request is here, until its signal aborts. One that was here before is answered with nothing. */
  enter(reader: AbortSignal): void {
    this.#reader = reader;
    this.#reading = false;
    this.#wake();
  }

  /** It takes what comes, unless another one has come after it. */
  begin(reader: AbortSignal): void {
    if (this.#reader === reader) this.#reading = true;
  }

  /** What came until now is nothing to be told of at once. */
  hush(): void {
    this.#news = false;
  }

  /** What there is, an envelope or a batch each: at once when there is news, else when it comes or the time is over. */
  async answer(reader: AbortSignal, timeoutMs: number): Promise<string[]> {
    const waits = timeoutMs > 0 && !reader.aborted && this.#reader === reader;
    if (waits && this.#open && !this.#news) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#wake = resolve;
      reader.addEventListener("abort", () => resolve(), { once: true });
      const cancel = this.#options.clock.after(timeoutMs, resolve);
      await promise;
      cancel();
    }
    if (this.#reader !== reader) return [];
    this.#reader = undefined;
    this.#reading = false;
    // who is gone has taken nothing: the next request finds it
    if (reader.aborted) return [];
    this.#turn++;
    this.#news = false;
    this.#length = 0;
    return this.#frames.splice(0);
  }
}
