import type { BackoffOptions } from "./types.ts";

/** How long to wait before attempt `n`, counted from 1, in ms. [X] */
export function backoffMs(
  n: number,
  { minMs, maxMs, jitter }: Omit<BackoffOptions, "attempts">,
  random: () => number,
): number {
  return Math.round(Math.min(maxMs, minMs * 2 ** (n - 1)) * (1 - jitter + random() * jitter));
}
