import { RelayError } from "../protocol/errors.ts";
import { ErrorCode } from "../protocol/wire.ts";
import { isLoopback } from "./ip.ts";

/** Counts attempts by address, on this isolate, over all isolates of the process, or over all processes. */
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

/** What is counted by attempt. */
export type AttemptKind = keyof EntryRatesOptions;

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
