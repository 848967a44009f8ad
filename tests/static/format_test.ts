import { expect } from "@std/expect";
import { dayKey, formatDay, formatList, formatTime } from "../../static/shared/format.ts";

const now = new Date(2026, 10, 21, 10, 30).getTime();
const DAY = 86_400_000;

Deno.test("days near and far are written as people say them", () => {
  expect(formatDay("en-GB", now - 3 * 3_600_000, now)).toBe("Today");
  expect(formatDay("en-GB", now - DAY, now)).toBe("Yesterday");
  expect(formatDay("en-GB", now - 2 * DAY, now)).toBe("Thursday 19 November");
  expect(formatDay("ja", now, now)).toBe("今日");
  expect(formatDay("ja", now - DAY, now)).toBe("昨日");
  expect(formatDay("ja", now - 2 * DAY, now)).toBe("11月19日木曜日");
});

Deno.test("another year is named", () => {
  expect(formatDay("en-GB", now - 400 * DAY, now)).toMatch(/2025$/);
  expect(formatDay("ja", now - 400 * DAY, now)).toMatch(/^2025年/);
});

Deno.test("yesterday begins at midnight, not 24 hours ago", () => {
  const lateYesterday = new Date(2026, 10, 20, 23, 59).getTime();
  expect(formatDay("en", lateYesterday, now)).toBe("Yesterday");
  expect(dayKey(lateYesterday)).toBe("2026-11-20");
});

Deno.test("times and lists follow the locale", () => {
  expect(formatTime("ja", now)).toBe("10:30");
  expect(formatTime("en-US", now)).toMatch(/^10:30\sAM$/);
  expect(formatList("en-GB", ["Aiko", "Ben", "Chie"])).toBe("Aiko, Ben and Chie");
  expect(formatList("ja", ["Aiko", "Ben", "Chie"])).toBe("Aiko、Ben、Chie");
});
