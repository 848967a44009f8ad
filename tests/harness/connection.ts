import type { Frame } from "../../src/protocol/codecs/codec.ts";
import type { Connection } from "../../src/hub/ports.ts";

/** A connection whose reader can stop reading, and whose network then holds what was sent. */
export class FakeConnection implements Connection {
  readonly id: string;
  /** what has arrived at the client */
  readonly arrived: Frame[] = [];
  closed: { readonly code: number; readonly reason: string } | undefined;
  /** it throws at whatever it is given */
  broken = false;
  /** the most that was ever handed over and not taken */
  peakUnsentBytes = 0;
  /** the largest frame that was ever handed over */
  largestFrame = 0;
  readonly #queue: Frame[] = [];
  #unsentBytes = 0;
  #reading = true;

  constructor(id: string) {
    this.id = id;
  }

  send(frame: Frame): void {
    if (this.closed) return;
    if (this.broken) throw new Error("broken");
    this.largestFrame = Math.max(this.largestFrame, frame.length);
    if (this.#reading) {
      this.arrived.push(frame);
      return;
    }
    this.#queue.push(frame);
    this.#unsentBytes += frame.length;
    this.peakUnsentBytes = Math.max(this.peakUnsentBytes, this.#unsentBytes);
  }

  unsentBytes(): number {
    return this.#unsentBytes;
  }

  takes(mostUnsentBytes: number): boolean {
    return this.#unsentBytes < mostUnsentBytes;
  }

  close(code: number, reason: string): void {
    this.closed ??= { code, reason };
  }

  /** The reader stops taking anything. */
  stall(): void {
    this.#reading = false;
  }

  /** The reader takes about this many bytes, in whole frames. */
  take(bytes: number): void {
    for (let left = bytes; left > 0 && this.#queue.length > 0;) {
      const frame = this.#queue.shift()!;
      left -= frame.length;
      this.#unsentBytes -= frame.length;
      this.arrived.push(frame);
    }
  }

  /** The reader takes everything again. */
  resume(): void {
    this.take(Infinity);
    this.#reading = true;
  }
}
