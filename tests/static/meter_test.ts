import { expect } from "@std/expect";
import { Meter } from "../../static/compare/model/meter.ts";
import { sentMsOf } from "../../static/compare/model/source.ts";

Deno.test("a meter tells latencies by rank, and what a minute costs", () => {
  let nowMs = 0;
  const meter = new Meter(() => nowMs);
  for (let n = 1; n <= 100; n++) {
    nowMs = n * 100;
    meter.message(n, nowMs - n);
  }
  nowMs = 30_000;
  meter.request();
  meter.carried(1500);
  expect(meter.figures()).toEqual({
    p50Ms: 50,
    p95Ms: 95,
    requests: 1,
    bytes: 1500,
    received: 100,
    missing: 0,
    caughtUp: 0,
    isAway: false,
  });
});

Deno.test("a minute is the last one, and nothing is made of a moment but what it was", () => {
  let nowMs = 0;
  const meter = new Meter(() => nowMs);
  meter.request();
  nowMs = 1000;
  expect(meter.figures().requests).toBe(1);
  nowMs = 61_000;
  expect(meter.figures().requests).toBe(0);
  for (; nowMs < 300_000; nowMs += 5000) {
    meter.request();
    meter.carried(100);
  }
  nowMs = 300_000;
  expect(meter.figures()).toMatchObject({ requests: 12, bytes: 1200 });
});

Deno.test("what was sent during a cut is told apart, and what never came is missing", () => {
  let nowMs = 1000;
  const meter = new Meter(() => nowMs);
  meter.message(1, 990);
  meter.cut();
  nowMs = 6000;
  meter.back();
  // 2 is left out, 3 waited for the return, 3 once more
  meter.message(3, 4000);
  meter.message(3, 4000);
  nowMs = 7000;
  meter.message(4, 6990);
  expect(meter.figures()).toMatchObject({ received: 3, missing: 1, caughtUp: 1, p95Ms: 10 });
});

Deno.test("what was on its way when the cut came is no measure of that way", () => {
  let nowMs = 1000;
  const meter = new Meter(() => nowMs);
  meter.cut();
  nowMs = 6000;
  meter.back();
  nowMs = 6010;
  meter.message(1, 990);
  expect(meter.figures()).toMatchObject({ received: 1, caughtUp: 0, p95Ms: undefined });
});

Deno.test("new settings begin new figures, and forget nothing that was missed", () => {
  let nowMs = 0;
  const meter = new Meter(() => nowMs);
  meter.message(1, 0);
  meter.message(3, 0);
  meter.request();
  nowMs = 60_000;
  meter.reset();
  expect(meter.figures()).toMatchObject({ p50Ms: undefined, requests: 0, received: 2, missing: 1 });
});

Deno.test("a message says when it was sent, however long it is", () => {
  expect(sentMsOf(`${(1234.56).toFixed(2)} `.padEnd(200, "·-"))).toBe(1234.56);
});
