import type { ClientClock } from "./types.ts";

/** Asks a connection for a sign of life: the only way to notice a half-open one. [H2] */
export interface Heartbeat {
  /** A frame arrived, whichever. */
  alive(): void;
  /** Pings now, out of turn: after the network changed or the page slept. */
  probe(): void;
  stop(): void;
}

/** Pings every `intervalMs`; calls `dead` when nothing at all arrives for `graceMs` after a ping. */
export function startHeartbeat(
  clock: ClientClock,
  intervalMs: number,
  graceMs: number,
  ping: () => void,
  dead: () => void,
): Heartbeat {
  let cancelPing = clock.after(intervalMs, probe);
  let cancelDeadline: (() => void) | undefined;

  function alive() {
    cancelDeadline?.();
    cancelDeadline = undefined;
  }
  function probe() {
    cancelPing();
    cancelPing = clock.after(intervalMs, probe);
    // the deadline first: the answer may come from within `ping`
    cancelDeadline ??= clock.after(graceMs, dead);
    ping();
  }
  function stop() {
    cancelPing();
    alive();
  }
  return { alive, probe, stop };
}
