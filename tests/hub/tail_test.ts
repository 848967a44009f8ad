import { expect } from "@std/expect";
import { type LogItem, Tail } from "../../src/hub/tail.ts";
import { Sealed } from "../../src/protocol/sealed.ts";

function item(offset: number, length = 10): LogItem {
  return { offset, userId: "anna", sealed: Sealed.fromJson("x".repeat(length)) };
}

function filled(tail: Tail, from: number, to: number, length?: number): Tail {
  for (let offset = from; offset <= to; offset++) tail.push(item(offset, length));
  return tail;
}

const offsets = (items: readonly LogItem[] | undefined) => items?.map(({ offset }) => offset);

Deno.test("[R4] a tail knows what follows an offset, or that it does not", () => {
  const tail = filled(new Tail(), 5, 10);
  expect(offsets(tail.after(4, 3))).toEqual([5, 6, 7]);
  expect(offsets(tail.after(9, 3))).toEqual([10]);
  expect(offsets(tail.after(10, 3))).toEqual([]);
  expect(tail.after(3, 3)).toBeUndefined();
  expect(new Tail().after(0, 3)).toBeUndefined();
});

Deno.test("[R4] a tail is bounded in items, through any number of them", () => {
  const tail = filled(new Tail(), 1, 5000);
  expect(tail.after(4487, 1)).toBeUndefined();
  expect(tail.after(4488, 1000)?.length).toBe(512);
});

Deno.test("[R4] a tail is bounded in length, but keeps the newest item whatever its length", () => {
  const tail = filled(new Tail(), 1, 20, 64 * 1024);
  expect(offsets(tail.after(16, 100))).toEqual([17, 18, 19, 20]);
  expect(tail.after(15, 100)).toBeUndefined();
  tail.push(item(21, 1024 * 1024));
  expect(offsets(tail.after(20, 100))).toEqual([21]);
  expect(tail.after(19, 100)).toBeUndefined();
});

Deno.test("[R6] a tail that was cleared begins anew", () => {
  const tail = filled(new Tail(), 1, 10);
  tail.clear();
  expect(tail.after(5, 10)).toBeUndefined();
  expect(offsets(filled(tail, 3, 4).after(2, 10))).toEqual([3, 4]);
});
