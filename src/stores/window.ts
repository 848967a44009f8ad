import type { Range } from "../hub/ports.ts";

/** Consecutive offsets, both ends included; empty when `first` is above `last`. */
export interface Window {
  readonly first: number;
  readonly last: number;
}

/** The part of a log from `oldest` to `top` that a range asks for. */
export function windowOf(range: Range, oldest: number, top: number): Window {
  if ("after" in range) {
    const first = Math.max(range.after + 1, oldest);
    return { first, last: Math.min(top, first + range.limit - 1) };
  }
  const last = Math.min(range.before - 1, top);
  return { first: Math.max(oldest, last - range.limit + 1), last };
}
