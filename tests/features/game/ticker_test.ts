import { expect } from "@std/expect";
import { Ticker } from "../../../src/features/game/ticker.ts";
import type { Clock } from "../../../src/hub/ports.ts";
import { FakeClock } from "../../harness/clock.ts";

/** A clock whose timers come when they like. */
function unsteady(clock: FakeClock, lateMs: () => number): Clock {
  return {
    now: () => clock.now(),
    monotonic: () => clock.monotonic(),
    after: (delayMs, task) => clock.after(delayMs + lateMs(), task),
    soon: (task) => clock.soon(task),
  };
}

async function ticksIn(ms: number, lateMs: () => number): Promise<{ ticks: number[]; jitterMs: number }> {
  const clock = new FakeClock();
  const ticks: number[] = [];
  const ticker = new Ticker(unsteady(clock, lateMs), (steps) => ticks.push(steps));
  await clock.advance(ms);
  ticker.close();
  expect(clock.timers).toBe(0);
  return { ticks, jitterMs: ticker.jitterMs };
}

const sum = (numbers: readonly number[]) => numbers.reduce((total, one) => total + one, 0);

Deno.test("[F4] sixty steps a second by the clock", async () => {
  const { ticks, jitterMs } = await ticksIn(10_000, () => 0);
  expect(ticks).toHaveLength(600);
  expect(jitterMs).toBeLessThan(0.01);
});

Deno.test("[F4] timers that are always late, or a little early, do not slow the game or speed it up", async () => {
  expect(sum((await ticksIn(10_000, () => 3)).ticks)).toBeGreaterThanOrEqual(599);
  expect(sum((await ticksIn(10_000, () => -0.9)).ticks)).toBeLessThanOrEqual(600);
  const { ticks, jitterMs } = await ticksIn(10_000, () => 40);
  expect(sum(ticks)).toBeGreaterThanOrEqual(595);
  expect(jitterMs).toBeGreaterThan(20);
});

Deno.test("[F4] a loop that stood still goes on from now: it does not run after what it missed", async () => {
  let lateMs = 0;
  const clock = new FakeClock();
  const ticks: number[] = [];
  const ticker = new Ticker(unsteady(clock, () => lateMs), (steps) => ticks.push(steps));
  await clock.advance(100);
  lateMs = 5000;
  await clock.advance(20);
  lateMs = 0;
  await clock.advance(5100);
  ticker.close();
  expect(Math.max(...ticks)).toBe(6);
  expect(sum(ticks)).toBeLessThan(30);
});

Deno.test("[F4] a ticker that its own tick closes leaves no timer", async () => {
  const clock = new FakeClock();
  let ticks = 0;
  const tickers: Ticker[] = [];
  tickers.push(
    new Ticker(clock, () => {
      ticks++;
      tickers[0]!.close();
    }),
  );
  await clock.advance(1000);
  expect(ticks).toBe(1);
  expect(clock.timers).toBe(0);
});
