import type { Cancel, Clock, Counter, Logger } from "../hub/ports.ts";
import type { OpenSockets } from "./open_sockets.ts";

export interface MemoryGuardOptions {
  readonly clock: Clock;
  readonly sockets: OpenSockets;
  /** above this sockets are ended; 0 is any amount */
  readonly maxBytes: number;
  /** what the process holds */
  readonly heldBytes: () => number;
  readonly logger: Logger;
  readonly shed: Counter;
  /** Is told once that a socket does not end, and goes on taking memory: its isolate has to. */
  readonly overwhelmed: () => void;
}

const EVERY_MS = 250;
/** Whose last whole message is older than this may have one that does not end. */
const SILENT_MS = 1000;
/** How many are ended at the first look that finds too much; twice as many at each one that follows. */
const FIRST = 2;
/** Who was told to go and has not gone after this does not mean to. */
const CLOSED_WITHIN_MS = 1000;

/**
 * The runtime puts the fragments of a message together before anybody sees them, without a limit: one connection
 * could fill the memory, and then all of them would end. So when the process holds too much, connections end that
 * have completed no message lately: the newest first, because who means harm seldom waits, and ever more of them
 * until it is enough. They are told 4001 and resume; who was merely silent loses nothing. [H0] [M1]
 *
 * The runtime goes on reading what a peer sends that was told to go, and nothing but the end of its isolate frees
 * what it keeps of it.
 */
export function guardMemory(options: MemoryGuardOptions): Cancel {
  const { clock, sockets, maxBytes, heldBytes, logger, shed } = options;
  if (maxBytes === 0) return () => {};
  let batch = FIRST;
  const look = () => {
    cancel = clock.after(EVERY_MS, look);
    const bytes = heldBytes();
    if (bytes <= maxBytes) {
      batch = FIRST;
      return;
    }
    const nowMs = clock.monotonic();
    const { closingSinceMs = nowMs } = sockets;
    if (nowMs - closingSinceMs >= CLOSED_WITHIN_MS) {
      logger.error("memory_overwhelmed", new Error("a connection does not end"), { bytes, maxBytes });
      cancel();
      return options.overwhelmed();
    }
    const count = sockets.shed(batch, nowMs - SILENT_MS, nowMs);
    shed.add(count);
    logger.warn("memory_pressure", { bytes, maxBytes, shed: count });
    batch *= 2;
  };
  let cancel = clock.after(EVERY_MS, look);
  return () => cancel();
}
