import type { Clock } from "./ports.ts";

/** A reader whose connection is full. */
export interface SlowReader {
  readonly outbox: { readonly writable: boolean; readonly unsentBytes: number };
  /** goes on with what waits */
  flush(): void;
  /** it took nothing for too long */
  notReading(): void;
}

interface Watched {
  unsentBytes: number;
  progressMs: number;
}

const SHORTEST_MS = 5;
const LONGEST_MS = 100;

/**
 * Looks after the connections that are full: sockets do not tell when they have room again, so one timer for all
 * of them asks, often while they make progress and seldom while they do not. Nobody slow, no timer. [R4]
 */
export class SlowReaders {
  readonly #clock: Clock;
  readonly #notReadingMs: number;
  readonly #watched = new Map<SlowReader, Watched>();
  #waitMs = SHORTEST_MS;
  #cancel: (() => void) | undefined;

  constructor(clock: Clock, notReadingMs: number) {
    this.#clock = clock;
    this.#notReadingMs = notReadingMs;
  }

  get size(): number {
    return this.#watched.size;
  }

  watch(reader: SlowReader): void {
    if (this.#watched.has(reader)) return;
    this.#watched.set(reader, {
      unsentBytes: reader.outbox.unsentBytes,
      progressMs: this.#clock.monotonic(),
    });
    this.#waitMs = SHORTEST_MS;
    this.#arm();
  }

  forget(reader: SlowReader): void {
    this.#watched.delete(reader);
    if (this.#watched.size === 0) this.close();
  }

  close(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    this.#watched.clear();
  }

  #arm(): void {
    this.#cancel ??= this.#clock.after(this.#waitMs, () => this.#look());
  }

  #look(): void {
    this.#cancel = undefined;
    const nowMs = this.#clock.monotonic();
    let progress = false;
    for (const [reader, watched] of this.#watched) {
      const { unsentBytes, writable } = reader.outbox;
      const took = unsentBytes < watched.unsentBytes;
      progress ||= took;
      // one with nothing to take is not stuck: it polls, and is away
      if (took || unsentBytes === 0) watched.progressMs = nowMs;
      watched.unsentBytes = unsentBytes;
      if (writable) {
        this.#watched.delete(reader);
        reader.flush();
      } else if (nowMs - watched.progressMs >= this.#notReadingMs) {
        this.#watched.delete(reader);
        reader.notReading();
      }
    }
    this.#waitMs = progress ? SHORTEST_MS : Math.min(this.#waitMs * 2, LONGEST_MS);
    if (this.#watched.size > 0) this.#arm();
  }
}
