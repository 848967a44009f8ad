import type { Backplane, Clock } from "../hub/ports.ts";
import { AddressNews } from "./address_news.ts";
import { AttemptWindows } from "./attempt_windows.ts";
import { ConnectionCount } from "./connection_count.ts";
import type { AttemptKind, EntryRatesOptions } from "./entry_rates.ts";
import type { Places } from "./places.ts";

/** What an address may have over all nodes that hear each other; 0 is any number. */
export interface AddressLimits {
  /** connections that are open at once: 10 [L6] */
  readonly maxConnectionsPerIp: number;
  /** connections it opens in a minute: 120 [L9] */
  readonly connectsPerMinute: number;
  /** wrong credentials it brings in a minute: 100 [L9] */
  readonly failuresPerMinute: number;
}

/** What holds where an application says nothing else. */
export const defaultAddressLimits: AddressLimits = {
  maxConnectionsPerIp: 10,
  connectsPerMinute: 120,
  failuresPerMinute: 100,
};

/** Who counts by address. */
export interface CountsByAddress extends EntryRatesOptions {
  /** connections that are open */
  readonly connections: Places;
}

export interface AddressCountsOptions extends AddressLimits {
  readonly clock: Pick<Clock, "after" | "monotonic">;
  /** reaches others that count the same addresses; without it this process counts alone */
  readonly backplane?: Backplane | undefined;
  /** names the process among them */
  readonly teller: string;
  /** An address used up its attempts, here or anywhere: it may come again in so many ms. */
  readonly exceeded?: (of: AttemptKind, address: string, forMs: number) => void;
}

/** All that is counted by address, over all who tell each other. */
export class AddressCounts implements CountsByAddress {
  readonly connections: ConnectionCount;
  readonly connects: AttemptWindows;
  readonly failures: AttemptWindows;
  readonly #news: AddressNews | undefined;

  constructor(options: AddressCountsOptions) {
    const { clock, backplane, teller } = options;
    const windows = (of: AttemptKind, max: number) =>
      new AttemptWindows(clock, max, {
        counted: (address) => this.#news?.counted(of, address),
        exceeded: (address, forMs) => options.exceeded?.(of, address, forMs),
      });
    this.connects = windows("connects", options.connectsPerMinute);
    this.failures = windows("failures", options.failuresPerMinute);
    this.connections = new ConnectionCount(options.maxConnectionsPerIp, {
      elsewhere: (address) => this.#news?.elsewhere(address) ?? 0,
      changed: (address) => this.#news?.changed(address),
    });
    this.#news = backplane && new AddressNews({
      backplane,
      clock,
      teller,
      here: () => this.connections.here,
      heard: (of, address, count) => this[of].heard(address, count),
    });
  }

  /** Tells the others that nobody is here any more. */
  close(): void {
    this.#news?.close();
  }
}
