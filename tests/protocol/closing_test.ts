import { expect } from "@std/expect";
import { adviceFor } from "../../src/client/advice.ts";
import { backoffMs } from "../../src/client/backoff.ts";
import { CloseCode } from "../../src/protocol/wire.ts";

Deno.test("[X1] the SDK does what the table advises, also for codes it does not know", () => {
  for (const code of [1000, 1003, 1007, 1008, 4500, 4501, 4503, 4505, 4510, 4777]) {
    expect(adviceFor(code)).toBe("stop");
  }
  for (const code of [1001, 1006, 0, 1011, 1012, 1013, 4001, 4002, 4444]) {
    expect(adviceFor(code)).toBe("reconnect");
  }
  expect(adviceFor(CloseCode.tooBig)).toBe("shrink");
  expect(adviceFor(CloseCode.tokenExpired)).toBe("refresh");
  expect(adviceFor(CloseCode.rateLimited)).toBe("away");
});

Deno.test("[X2] the waits are 1, 2, 4 … 30 s, times a half to one", () => {
  const options = { minMs: 1000, maxMs: 30_000, jitter: 0.5 };
  const waits = (random: number) => [1, 2, 3, 4, 5, 6, 7].map((n) => backoffMs(n, options, () => random));
  expect(waits(1)).toEqual([1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]);
  expect(waits(0)).toEqual([500, 1000, 2000, 4000, 8000, 15_000, 15_000]);
});
