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
export function settingsOf({
  clock = systemClock,
  random = Math.random,
  network = systemNetwork,
  codec = "denbun.json.batch",
  fetch = (url, init) => globalThis.fetch(url, init),
  ...options
}: RelayOptions): Settings {
  const backoff = { minMs: 1000, maxMs: 30_000, jitter: 0.5, attempts: 10, ...options.backoff };
  const ack = { timeoutMs: 5000, retries: 5, ...options.ack };
  const limits = { max: options.outbox?.max ?? 1000 };
  for (const [name, value] of Object.entries({ ...backoff, ...ack, ...limits })) {
    if (!(value >= 0)) throw new RelayError("bad_request", `Cannot connect: ${name} is ${value}`);
  }
  return { clock, random, network, codec: codecOf(codec), fetch, backoff, ack, limits };
}

function codecOf(wanted: NonNullable<RelayOptions["codec"]>): ClientCodec {
  const codec = typeof wanted === "object"
    ? wanted
    : [json, jsonBatch].find(({ subprotocol }) => subprotocol === wanted);
  if (codec) return codec;
  throw new RelayError("bad_request", `Cannot connect: no codec "${wanted}"`);
}
