import { expect } from "@std/expect";
import { History } from "../../static/dashboard/model/history.ts";
import { formatValue } from "../../static/dashboard/model/panels.ts";

Deno.test("a name that comes later, or is left out, has no value at that time", () => {
  const history = new History();
  history.add(1, { a: 1 });
  history.add(2, { a: 2, b: 5 });
  history.add(3, { b: 6 });
  const { times, values } = history.rows();
  expect(times).toEqual([1, 2, 3]);
  expect(values.get("a")).toEqual([1, 2, null]);
  expect(values.get("b")).toEqual([null, 5, 6]);
});

Deno.test("a line is broken where nothing came, and what came twice counts once", () => {
  const history = new History();
  history.add(1, { a: 1 });
  history.add(1, { a: 9 });
  history.add(60, { a: 2 });
  expect(history.rows().times).toEqual([1, 2, 60]);
  expect(history.rows().values.get("a")).toEqual([1, null, 2]);
});

Deno.test("charts go back a few minutes and no further", () => {
  const history = new History();
  for (let n = 1; n <= 1000; n++) history.add(n, { a: n });
  const { times, values } = history.rows();
  expect([times.length, times.at(-1), values.get("a")!.length]).toEqual([180, 1000, 180]);
});

Deno.test("numbers are written with their unit", () => {
  expect(formatValue(12.34, "percent", "en")).toBe("12.3\u00a0%");
  expect(formatValue(43_800_000, "bytes", "en")).toBe("43.8\u00a0MB");
  expect(formatValue(2.55, "perSecond", "en")).toBe("2.6/s");
  expect(formatValue(1234, "perSecond", "en")).toBe("1,234/s");
  expect(formatValue(0.512, "ms", "en")).toBe("0.51\u00a0ms");
});
