import { expect } from "@std/expect";
import { Inputs } from "../../../src/features/game/inputs.ts";

/** Inputs that are their own numbers: what a step took is told by it. */
function sent(inputs: Inputs<number>, ...seqs: number[]): void {
  for (const seq of seqs) inputs.add(seq, [seq, seq - 1, seq - 2, seq - 3].filter((one) => one > 0));
}

function steps(inputs: Inputs<number>, count: number): (number | undefined)[] {
  return Array.from({ length: count }, () => inputs.take());
}

Deno.test("[F4a] each input takes effect once and in order, however they come", () => {
  const inputs = new Inputs<number>();
  sent(inputs, 2, 2, 4, 3, 1);
  expect(steps(inputs, 4)).toEqual([1, 2, 3, 4]);
  expect(inputs.lastSeq).toBe(4);
});

Deno.test("[F4a] a frame that is lost loses nothing, because the next ones repeat it", () => {
  const inputs = new Inputs<number>();
  sent(inputs, 2);
  // 4 is lost
  sent(inputs, 6);
  expect(steps(inputs, 6).filter((one, at, all) => one !== all[at - 1])).toEqual([2, 3, 4, 5, 6]);
});

Deno.test("[F4a] who sends more than one a step is no faster: the oldest are dropped", () => {
  const inputs = new Inputs<number>();
  for (let seq = 1; seq <= 1000; seq++) sent(inputs, seq);
  const taken = steps(inputs, 20);
  expect(taken[0]).toBeGreaterThan(990);
  expect(new Set(taken).size).toBeLessThanOrEqual(8);
  expect(inputs.lastSeq).toBe(1000);
});

Deno.test("[F4a] numbers of the past, of the far future and no numbers at all change nothing", () => {
  const inputs = new Inputs<number>(50);
  sent(inputs, 50, 7, 651, Number.MAX_SAFE_INTEGER);
  expect(steps(inputs, 3)).toEqual([undefined, undefined, undefined]);
  expect(inputs.lastSeq).toBe(50);
  sent(inputs, 52);
  expect(steps(inputs, 2)).toEqual([51, 52]);
});

Deno.test("[F4a] between two frames a player goes on as before, and after a quarter of a second lets go", () => {
  const inputs = new Inputs<number>();
  sent(inputs, 2);
  expect(steps(inputs, 16).filter((one) => one === 2)).toHaveLength(15);
  expect(inputs.take()).toBe(2);
  expect(steps(inputs, 3)).toEqual([undefined, undefined, undefined]);
});

Deno.test("[F4a] a lone input takes effect too, a little later", () => {
  const inputs = new Inputs<number>();
  inputs.add(1, [1]);
  expect(steps(inputs, 3)).toEqual([undefined, undefined, 1]);
});

Deno.test("[F4a] what a faster clock piles up is worked off without a jump", () => {
  const inputs = new Inputs<number>();
  sent(inputs, 4, 8);
  const taken = steps(inputs, 6) as number[];
  const strides = taken.slice(1).map((one, at) => one - taken[at]!);
  expect(Math.max(...strides)).toBeLessThanOrEqual(2);
  expect(taken.at(-1)).toBe(8);
});
