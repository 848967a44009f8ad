import type { Ids } from "../hub/ports.ts";

/** Random ids, and randomness for jitter. */
export const systemIds: Ids = {
  next: () => crypto.randomUUID(),
  random: () => Math.random(),
};
