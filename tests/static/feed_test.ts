import { expect } from "@std/expect";
import { Lag } from "../../static/feed/model/lag.ts";
import { LogTail } from "../../static/feed/model/log_tail.ts";
import { Quotes } from "../../static/feed/model/quotes.ts";

const line = (offset: number) => ({
  offset,
  level: "info" as const,
  service: "web",
  text: `line ${offset}`,
  timestamp: "2026-11-21T10:30:00.000Z",
});

Deno.test("lag is measured against the quickest event, whatever the two clocks say", () => {
  const lag = new Lag();
  const at = Date.parse("2026-11-21T10:30:00.000Z");
  expect(lag.of("2026-11-21T10:30:00.000Z", at + 5000)).toBe(0);
  expect(lag.of("2026-11-21T10:30:00.000Z", at + 7000)).toBe(2000);
  expect(lag.of("2026-11-21T10:30:10.000Z", at + 14_000)).toBe(0);
});

Deno.test("the tail counts what was left out, passes over what came twice, and begins anew with an epoch", () => {
  const tail = new LogTail();
  tail.add("e1", line(7));
  tail.add("e1", line(8));
  tail.add("e1", line(8));
  expect([tail.received, tail.missed]).toEqual([2, 0]);
  tail.add("e1", line(11));
  expect([tail.received, tail.missed]).toEqual([3, 2]);
  tail.add("e2", line(1));
  expect([tail.received, tail.missed]).toEqual([4, 2]);
});

Deno.test("the tail keeps the newest lines, however many come", () => {
  const tail = new LogTail();
  for (let n = 1; n <= 1000; n++) tail.add("e", line(n));
  const newest = tail.newest();
  expect([newest.length, newest.at(-1)?.offset, tail.received, tail.missed]).toEqual([200, 1000, 1000, 0]);
});

Deno.test("a price knows where it was when the page first saw it", () => {
  const quotes = new Quotes();
  quotes.take([{ symbol: "TEA", cents: 100 }, { symbol: "INK", cents: 5 }]);
  quotes.take([{ symbol: "TEA", cents: 90 }]);
  expect(quotes.all()).toMatchObject([{ symbol: "TEA", cents: 90, firstCents: 100, trail: [100, 90] }, {
    symbol: "INK",
    cents: 5,
  }]);
});
