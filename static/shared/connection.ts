import { type ReadonlySignal, signal } from "@preact/signals";
import type { Relay, RelayState } from "../../src/client/mod.ts";

/** Where the relay stands and since when, so that a countdown can be drawn. */
export interface Connection {
  readonly state: RelayState;
  /** wall time in ms */
  readonly sinceMs: number;
}

/** Follows a relay's state until `signal` is aborted. */
export function watchConnection(
  relay: Relay,
  until: AbortSignal,
  now = Date.now,
): ReadonlySignal<Connection> {
  const connection = signal<Connection>({ state: relay.state, sinceMs: now() });
  relay.addEventListener(
    "state",
    ({ detail }) => connection.value = { state: detail, sinceMs: now() },
    { signal: until },
  );
  return connection;
}

/** Whole seconds until the next attempt; 0 while one is under way or there is none. */
export function secondsLeft({ state, sinceMs }: Connection, nowMs: number): number {
  if (state.status !== "reconnecting") return 0;
  return Math.max(0, Math.ceil((sinceMs + state.retryInMs - nowMs) / 1000));
}
