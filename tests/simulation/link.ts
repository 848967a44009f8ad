import type { Frame } from "../../src/protocol/codecs/codec.ts";
import type { Attached } from "../../src/hub/hub_options.ts";
import type { Connection } from "../../src/hub/ports.ts";
import type { RunEvent } from "./events.ts";
import type { Random } from "./random.ts";
import type { Scheduler } from "./scheduler.ts";

/** The client's end of a link. */
export interface LinkEnd {
  frame(text: string): void;
  /** 1006 when the link was cut */
  closed(code: number): void;
}

export interface LinkOptions {
  readonly id: string;
  readonly scheduler: Scheduler;
  readonly random: Random;
  readonly record: (event: RunEvent) => void;
  /** mean time a frame is on its way, in ms */
  readonly latencyMs: number;
  /** what the reader takes, in bytes a ms; Infinity takes all at once */
  readonly bytesPerMs: number;
  readonly client: LinkEnd;
}

type Passing = { readonly frame: string } | { readonly code: number };

/**
 * One socket and the network under it. Both directions keep their order; frames that wait for the reader, are on
 * their way, or were cut off are all apart, as they are in life.
 */
export class Link implements Connection {
  readonly id: string;
  readonly #options: LinkOptions;
  #bytesPerMs: number;
  #attached: Attached | undefined;
  /** handed over by the relay, not taken by the network */
  #unsent: Passing[] = [];
  #unsentBytes = 0;
  #pumping = false;
  #stalled = false;
  /** on its way down */
  #passing: Passing[] = [];
  #upDueMs = 0;
  #cut = false;
  #serverClosed = false;
  #clientClosed = false;

  constructor(options: LinkOptions) {
    this.id = options.id;
    this.#options = options;
    this.#bytesPerMs = options.bytesPerMs;
  }

  /** The relay let the client in. */
  attached(attached: Attached): void {
    this.#attached = attached;
  }

  // ------------------------------------------------------------------------------------- the relay's end

  send(frame: Frame): void {
    if (this.#serverClosed) return;
    this.#push({ frame: frame as string }, frame.length);
  }

  unsentBytes(): number {
    return this.#unsentBytes;
  }

  takes(mostUnsentBytes: number): boolean {
    return this.#unsentBytes < mostUnsentBytes;
  }

  close(code: number): void {
    if (this.#serverClosed) return;
    const { scheduler, record } = this.#options;
    record({ ev: "closing", t: scheduler.nowMs, conn: this.id, code });
    this.#push({ code }, 0);
    this.#serverClosed = true;
  }

  // ------------------------------------------------------------------------------------- the client's end

  /** The client sends a frame. */
  up(frame: string, messageId?: string): void {
    if (this.#clientClosed) return;
    const { scheduler, record } = this.#options;
    this.#later(() => {
      if (this.#cut) return;
      if (messageId !== undefined && !this.#serverClosed) {
        record({ ev: "taken", t: scheduler.nowMs, conn: this.id, messageId });
      }
      this.#attached?.receive(frame);
    });
  }

  /** The client closes in an orderly way. */
  hangUp(): void {
    if (this.#clientClosed) return;
    this.#clientClosed = true;
    this.#later(() => this.#cut || this.#attached?.gone(1000, ""));
  }

  /** The reader takes nothing until it goes on. */
  stall(): void {
    this.#stalled = true;
  }

  /** It reads again, from now on at this pace. */
  goOn(bytesPerMs: number = this.#bytesPerMs): void {
    this.#stalled = false;
    this.#bytesPerMs = bytesPerMs;
    this.#pump();
  }

  // ------------------------------------------------------------------------------------- the network

  /**
   * The network ends it: what is on its way is lost, but for some frames that just made it down. Each side finds
   * out for itself; `undefined` is a side that does not live to see it.
   */
  cut(noticed: { readonly clientMs: number; readonly serverMs: number | undefined }): void {
    if (this.#cut) return;
    const { scheduler, random } = this.#options;
    const made = this.#passing.splice(0, random.below(this.#passing.length + 1));
    this.#cut = true;
    for (const passing of made) this.#deliver(passing);
    this.#passing = [];
    scheduler.afterQuietly(noticed.clientMs, () => this.#clientGone(1006));
    if (noticed.serverMs === undefined) return;
    scheduler.after(noticed.serverMs, () => {
      this.#serverClosed = true;
      this.#attached?.gone(1006, "");
    });
  }

  #push(passing: Passing, bytes: number): void {
    this.#unsent.push(passing);
    this.#unsentBytes += bytes;
    this.#pump();
  }

  #pump(): void {
    if (this.#pumping || this.#stalled || this.#cut || this.#unsent.length === 0) return;
    if (this.#bytesPerMs === Infinity) {
      for (const passing of this.#unsent) this.#pass(passing);
      this.#unsent = [];
      this.#unsentBytes = 0;
      return;
    }
    this.#pumping = true;
    const next = this.#unsent[0]!;
    this.#options.scheduler.afterQuietly(sizeOf(next) / this.#bytesPerMs, () => {
      this.#pumping = false;
      if (this.#cut || this.#stalled) return;
      this.#unsent.shift();
      this.#unsentBytes -= sizeOf(next);
      this.#pass(next);
      this.#pump();
    });
  }

  #pass(passing: Passing): void {
    this.#passing.push(passing);
    // what follows while these are on their way arrives with them
    if (this.#passing.length > 1) return;
    const { scheduler, random, latencyMs } = this.#options;
    scheduler.afterQuietly(random.wait(latencyMs), () => {
      const arrived = this.#passing;
      this.#passing = [];
      for (const one of arrived) this.#deliver(one);
    });
  }

  #deliver(passing: Passing): void {
    if (this.#clientClosed) return;
    if ("frame" in passing) this.#options.client.frame(passing.frame);
    else this.#clientGone(passing.code);
  }

  #clientGone(code: number): void {
    if (this.#clientClosed) return;
    this.#clientClosed = true;
    this.#options.client.closed(code);
  }

  #later(task: () => void): void {
    const { scheduler, random, latencyMs } = this.#options;
    this.#upDueMs = Math.max(this.#upDueMs, scheduler.nowMs + random.wait(latencyMs));
    scheduler.at(this.#upDueMs, task);
  }
}

function sizeOf(passing: Passing): number {
  return "frame" in passing ? passing.frame.length : 0;
}
