import { expect } from "@std/expect";
import { Streak, Strikes, TokenBucket } from "../../src/hub/rate_limit.ts";

Deno.test("[L3] a bucket gives its burst at once, then its rate", () => {
  const bucket = new TokenBucket(10, 5, 0);
  const take = (times: number, nowMs: number) => Array.from({ length: times }, () => bucket.take(nowMs));
  expect(take(6, 0)).toEqual([0, 0, 0, 0, 0, 100]);
  expect(take(2, 100)).toEqual([0, 100]);
  // however long nothing was taken, it holds no more than its burst
  expect(take(6, 1_000_000).filter((waitMs) => waitMs > 0).length).toBe(1);
});

Deno.test("[L3] the wait it names is the wait there is", () => {
  const bucket = new TokenBucket(3, 1, 0);
  bucket.take(0);
  const waitMs = bucket.take(0);
  expect(bucket.take(waitMs - 1)).toBeGreaterThan(0);
  expect(bucket.take(waitMs)).toBe(0);
});

Deno.test("[L3] a rate of 0 is no limit", () => {
  const bucket = new TokenBucket(0, 1, 0);
  expect([bucket.take(0), bucket.take(0), bucket.take(0)]).toEqual([0, 0, 0]);
});

Deno.test("[L4] strikes count within a window that slides", () => {
  const strikes = new Strikes(3, 1000);
  expect([0, 500, 1001, 1400, 1600].map((nowMs) => strikes.strike(nowMs))).toEqual([
    false,
    false,
    false,
    true,
    true,
  ]);
});

Deno.test("[L3] a streak begins anew after a pause", () => {
  const streak = new Streak(1000);
  expect([0, 900, 1900, 2901, 3000].map((nowMs) => streak.note(nowMs))).toEqual([0, 900, 1900, 0, 99]);
});
