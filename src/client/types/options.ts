/** How a relay is connected to. */
import type { ClientClock, ClientCodec, Fetch, Network, OutboxStore, WebSocketConstructor } from "./ports.ts";

/** How a relay is reached: a WebSocket, server-sent events, requests that wait, or plain polling. */
export type TransportName = "ws" | "sse" | "longpoll" | "poll";

/** Options of `connect`. Every one has a default. */
export interface RelayOptions {
  /** a token, or where to get one: asked at the start, before it expires and when it was refused */
  token?: string | (() => string | undefined | Promise<string | undefined>);
  /** the display name of a guest, 1–64 characters */
  name?: string;
  /** a guest's session of an earlier visit, as `onSession` was given it: keeps the userId */
  session?: string;
  /** receives a guest's session to keep for the next visit; `undefined` when the old one is good no longer */
  onSession?: (session: string | undefined) => void;
  /** the ways to reach the relay, the best first: all four; the next is tried where one fails twice */
  transports?: readonly TransportName[];
  /** how envelopes are written over a WebSocket: `denbun.json.batch` unless given; `@denbun/client/msgpack` has another */
  codec?: "denbun.json" | "denbun.json.batch" | ClientCodec;
  /** when to reconnect */
  backoff?: Partial<BackoffOptions>;
  /** when to ask again */
  ack?: Partial<AckOptions>;
  /** what waits for its ack */
  outbox?: Partial<OutboxOptions>;
  /** closes the relay when aborted */
  signal?: AbortSignal;
  /** time, for tests */
  clock?: ClientClock;
  /** 0 ≤ n < 1, for tests */
  random?: () => number;
  /** the WebSocket constructor, for tests and for runtimes without one */
  WebSocket?: WebSocketConstructor;
  /** `fetch`, for tests and for what stands between */
  fetch?: Fetch;
  /** what the device knows about its network, for tests */
  network?: Network;
}

/** Waits `min(maxMs, minMs × 2^(n-1)) × (1 - jitter + random × jitter)` before attempt n. */
export interface BackoffOptions {
  /** 1,000 */
  minMs: number;
  /** 30,000 */
  maxMs: number;
  /** 0–1: 0.5 */
  jitter: number;
  /** reconnects that may fail before the relay gives up: 10; `Infinity` is allowed */
  attempts: number;
}

/** How patient a request is. */
export interface AckOptions {
  /** how long to wait for an answer before asking again: 5,000 */
  timeoutMs: number;
  /** how often to ask again after a silence or a retryable error: 5; `Infinity` is allowed */
  retries: number;
}

/** What waits for its ack. */
export interface OutboxOptions {
  /** messages that may wait or have failed, over all rooms: 1,000 */
  max: number;
  /** keeps them over a reload */
  store: OutboxStore;
}
