import { json, jsonBatch } from "./codec.ts";
import { systemClock, systemNetwork } from "./environment.ts";
import { RelayError } from "./errors.ts";
import type {
  AckOptions,
  BackoffOptions,
  ClientClock,
  ClientCodec,
  Fetch,
  Network,
  OutboxOptions,
  RelayOptions,
} from "./types.ts";

/** The options with their defaults. */
export interface Settings {
  readonly clock: ClientClock;
  readonly random: () => number;
  readonly network: Network;
  readonly codec: ClientCodec;
  readonly fetch: Fetch;
  readonly backoff: BackoffOptions;
  readonly ack: AckOptions;
  readonly limits: Pick<OutboxOptions, "max">;
}

/** Fills in the defaults. Throws `bad_request` on a number that is none or below zero. */
export function settingsOf(options: RelayOptions): Settings {
  const backoff = { minMs: 1000, maxMs: 30_000, jitter: 0.5, attempts: 10, ...options.backoff };
  const ack = { timeoutMs: 5000, retries: 5, ...options.ack };
  const limits = { max: options.outbox?.max ?? 1000 };
  for (const [name, value] of Object.entries({ ...backoff, ...ack, ...limits })) {
    if (!(value >= 0)) throw new RelayError("bad_request", `Cannot connect: ${name} is ${value}`);
  }
  return {
    clock: options.clock ?? systemClock,
    random: options.random ?? Math.random,
    network: options.network ?? systemNetwork,
    codec: codecOf(options.codec),
    fetch: options.fetch ?? ((url, init) => fetch(url, init)),
    backoff,
    ack,
    limits,
  };
}

function codecOf(wanted: RelayOptions["codec"] = "denbun.json.batch"): ClientCodec {
  if (typeof wanted === "object") return wanted;
  const codec = [jsonBatch, json].find(({ subprotocol }) => subprotocol === wanted);
  if (codec) return codec;
  throw new RelayError("bad_request", `Cannot connect: no codec "${wanted}"`);
}
