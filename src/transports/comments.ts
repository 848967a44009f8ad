import type { Cancel, Clock } from "../hub/ports.ts";

/** Something that can be kept from looking dead. */
export interface Commented {
  comment(): void;
}

/** How often a stream is sent a comment: proxies end what is silent for longer. [T1] */
const EVERY_MS = 15_000;
const SLICES = 15;

/**
 * Sends every stream a comment now and then, a slice of them at a time, so that many streams are neither many timers
 * nor one long turn. No stream, no timer.
 */
export class Comments {
  readonly #clock: Clock;
  readonly #slices = Array.from({ length: SLICES }, () => new Set<Commented>());
  #count = 0;
  #next = 0;
  #timer: Cancel | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Comments a stream until the returned function is called. */
  add(stream: Commented): Cancel {
    // the slice whose turn is furthest away
    const slice = this.#slices[(this.#next + SLICES - 1) % SLICES]!;
    slice.add(stream);
    this.#count++;
    this.#arm();
    return () => {
      if (!slice.delete(stream)) return;
      if (--this.#count > 0) return;
      this.#timer?.();
      this.#timer = undefined;
    };
  }

  #arm(): void {
    this.#timer ??= this.#clock.after(EVERY_MS / SLICES, () => {
      this.#timer = undefined;
      const slice = this.#slices[this.#next]!;
      this.#next = (this.#next + 1) % SLICES;
      for (const stream of slice) stream.comment();
      if (this.#count > 0) this.#arm();
    });
  }
}
