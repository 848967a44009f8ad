import { expect } from "@std/expect";
import { OwnPause } from "../../src/hub/own_pause.ts";

Deno.test("[J2] after a pause of one's own the first look says nothing about others, the next one does", () => {
  const pause = new OwnPause(500, 0);
  const looks = [500, 1000, 1999, 3000, 3500, 9000, 9500].map((ms) => pause.mayJudge(ms));
  expect(looks).toEqual([true, true, true, false, true, false, true]);
});

Deno.test("who is late each time still judges every other time", () => {
  const pause = new OwnPause(500, 0);
  expect([1500, 3000, 4500, 6000].map((ms) => pause.mayJudge(ms))).toEqual([false, true, false, true]);
});
