import { RelayError } from "../protocol/errors.ts";
import { ErrorCode } from "../protocol/wire.ts";
import type { Clock } from "../hub/ports.ts";
import { isLoopback } from "./ip.ts";

/** Counts attempts by address, on this isolate or over all isolates of the process. */
export interface Attempts {
  /** Counts one more. 0, or in how many ms one may come again. */
  count(address: string): number | Promise<number>;
  /** In how many ms an address that was counted too often may come again, or 0. */
  exceeded(address: string): number;
}

/** Who counts those who try to come in. */
export interface EntryRatesOptions {
  /** connections an address opens */
  readonly connects: Attempts;
  /** wrong credentials an address brings */
  readonly failures: Attempts;
}

const WINDOW_MS = 60_000;
/** Addresses that are counted at once: an attacker who has more of them only makes us forget the oldest. */
const MAX_ADDRESSES = 50_000;

/** How often an address may try to come in. This machine itself is not counted. [L9] */
export class EntryRates {
  readonly #connects: Attempts;
  readonly #failures: Attempts;

  constructor({ connects, failures }: EntryRatesOptions) {
    this.#connects = connects;
    this.#failures = failures;
  }

  /**
   * Counts one more connection.
   * @throws {RelayError} `rate_limited`
   */
  async connecting(address: string): Promise<void> {
    if (isLoopback(address)) return;
    const retryAfterMs = await this.#connects.count(address);
    if (retryAfterMs === 0) return;
    throw new RelayError(ErrorCode.rateLimited, "Cannot connect: too often from your address", {
      retryAfterMs,
    });
  }

  /**
   * Lets an address show a credential, unless too many of its were wrong.
   * @throws {RelayError} `rate_limited`
   */
  mayTry(address: string): void {
    const retryAfterMs = this.#failures.exceeded(address);
    if (retryAfterMs === 0) return;
    const message = "Cannot enter: too many wrong credentials from your address";
    throw new RelayError(ErrorCode.rateLimited, message, { retryAfterMs });
  }

  /** A credential was wrong. Before that is counted nobody should be told. */
  async failed(address: string): Promise<void> {
    if (!isLoopback(address)) await this.#failures.count(address);
  }

  /**
   * Runs what looks at a credential, and counts it when it was wrong.
   * @throws {RelayError} `rate_limited`, and whatever `look` throws
   */
  async trying<T>(address: string, look: () => Promise<T>): Promise<T> {
    this.mayTry(address);
    try {
      return await look();
    } catch (error) {
      if (error instanceof RelayError && error.code === ErrorCode.unauthorized) await this.failed(address);
      throw error;
    }
  }
}

interface Window {
  readonly endsMs: number;
  count: number;
}

/** Counts by address, each for a minute from its first. */
export class AttemptWindows implements Attempts {
  readonly #clock: Pick<Clock, "monotonic">;
  readonly #max: number;
  readonly #windows = new Map<string, Window>();

  /** `max` attempts an address and minute; 0 means any number. */
  constructor(clock: Pick<Clock, "monotonic">, max: number) {
    this.#clock = clock;
    this.#max = max;
  }

  count(address: string): number {
    if (this.#max === 0) return 0;
    const nowMs = this.#clock.monotonic();
    const window = this.#current(address, nowMs) ?? this.#start(address, nowMs);
    window.count++;
    return window.count > this.#max ? window.endsMs - nowMs : 0;
  }

  exceeded(address: string): number {
    const nowMs = this.#clock.monotonic();
    const window = this.#current(address, nowMs);
    return window && this.#max > 0 && window.count >= this.#max ? window.endsMs - nowMs : 0;
  }

  #current(address: string, nowMs: number): Window | undefined {
    const window = this.#windows.get(address);
    return window && window.endsMs > nowMs ? window : undefined;
  }

  #start(address: string, nowMs: number): Window {
    const window = { endsMs: nowMs + WINDOW_MS, count: 0 };
    this.#windows.delete(address);
    this.#windows.set(address, window);
    // in the order they began: the first are the first to be over
    for (const [oldest, { endsMs }] of this.#windows) {
      if (endsMs > nowMs && this.#windows.size <= MAX_ADDRESSES) break;
      this.#windows.delete(oldest);
    }
    return window;
  }
}
