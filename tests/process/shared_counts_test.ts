import { expect } from "@std/expect";
import { readConfig } from "../../src/config.ts";
import { IsolateAttempts } from "../../src/process/isolate_attempts.ts";
import type { FromIsolate } from "../../src/process/isolate_messages.ts";
import { SharedCounts } from "../../src/process/shared_counts.ts";
import { FakeClock } from "../harness/mod.ts";

const AFAR = "203.0.113.9";

function sharedCounts(env: Record<string, string>) {
  const told: { of: string; address: string; forMs: number }[] = [];
  const exceeded = (of: string, address: string, forMs: number) => void told.push({ of, address, forMs });
  return { counts: new SharedCounts<string>({ config: readConfig(env), exceeded }), told };
}

Deno.test("[L6] places are one address's over all isolates, and free when their isolate is gone", () => {
  const { counts } = sharedCounts({ MAX_CONNECTIONS_PER_IP: "3" });
  const take = (isolate: string, id: number) => counts.take(isolate, id, "connections", AFAR);
  expect([take("a", 1), take("b", 1), take("b", 2), take("a", 2)]).toEqual([true, true, true, false]);
  counts.giveBack("b", 2);
  counts.giveBack("b", 2);
  expect([take("a", 3), take("b", 3)]).toEqual([true, false]);
  counts.left("a");
  expect([take("b", 4), take("b", 5), take("b", 6)]).toEqual([true, true, false]);
});

Deno.test("[L9] who comes too often is told of once, with the attempt that was its last", () => {
  const { counts, told } = sharedCounts({ MAX_CONNECTS_PER_IP: "2" });
  expect([counts.attempt("connects", AFAR), told.length]).toEqual([0, 0]);
  expect([counts.attempt("connects", AFAR), told.length]).toEqual([0, 1]);
  expect(told[0]).toMatchObject({ of: "connects", address: AFAR });
  expect(told[0]!.forMs).toBeGreaterThan(59_000);
  expect(counts.attempt("connects", AFAR)).toBeGreaterThan(59_000);
  expect(counts.attempt("failures", AFAR)).toBe(0);
  expect(told).toHaveLength(1);
});

Deno.test("[L9] an isolate asks the supervisor, until it is told that an address has to wait", async () => {
  const clock = new FakeClock();
  const asked: FromIsolate[] = [];
  const attempts = new IsolateAttempts((message) => asked.push(message), clock);
  const counting = attempts.connects.count(AFAR);
  expect(asked).toEqual([{ kind: "attempt", id: 1, of: "connects", address: AFAR }]);
  attempts.answered(1, 0);
  expect(await counting).toBe(0);
  attempts.exceeded("connects", AFAR, 60_000);
  await clock.advance(20_000);
  expect(await attempts.connects.count(AFAR)).toBe(40_000);
  expect(attempts.failures.exceeded(AFAR)).toBe(0);
  expect(asked).toHaveLength(1);
  await clock.advance(40_000);
  expect(attempts.connects.exceeded(AFAR)).toBe(0);
  // an isolate that began after it was said hears it with its next question
  const late = attempts.connects.count(AFAR);
  attempts.answered(2, 30_000);
  expect(await late).toBe(30_000);
  expect(attempts.connects.exceeded(AFAR)).toBe(30_000);
});
