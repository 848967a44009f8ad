import { setImmediate } from "node:timers";
import type { Clock } from "../hub/ports.ts";

/** The clock of the machine. `soon` is 2 µs away; a timeout of 0 would be 2 ms. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after(delayMs, task) {
    const timer = setTimeout(task, delayMs);
    return () => clearTimeout(timer);
  },
  soon: (task) => void setImmediate(task),
};
