import { expect } from "@std/expect";
import { type Answer, draftTuple } from "../../src/stores/calls.ts";
import { retention } from "../../src/stores/retention.ts";
import { Writer } from "../../src/stores/sqlite/writer.ts";
import { draft } from "../contract/store_contract.ts";

Deno.test("[A3] sqlite: what waited long because the process was stopped is stored: no lock was in its way", async () => {
  const settings = { path: ":memory:", retention: retention(), settleAfter: 100 };
  const writer = new Writer({ settings, report() {} });
  const { promise, resolve } = Promise.withResolvers<readonly Answer[]>();
  writer.write(
    { batch: 1, lane: "write", calls: [["append", ...draftTuple(draft("a"))]] },
    (_epoch, answers) => resolve(answers),
  );
  const { now } = performance;
  performance.now = () => now.call(performance) + 60_000;
  try {
    expect(await promise).toEqual([1]);
  } finally {
    performance.now = now;
  }
  writer.close();
});
