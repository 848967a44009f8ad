import type { Ids } from "../../src/hub/ports.ts";

/** Ids that count, and a generator that repeats itself (mulberry32). */
export function fakeIds(seed = 1): Ids {
  let count = 0;
  let state = seed;
  return {
    next: () => `id-${++count}`,
    random() {
      state = (state + 0x6d2b79f5) | 0;
      let t = Math.imul(state ^ (state >>> 15), 1 | state);
      t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
      return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
    },
  };
}
