import { expect } from "@std/expect";
import { rateLimited } from "../../src/hub/rate_limited.ts";
import type { Fields, Logger } from "../../src/hub/ports.ts";
import { FakeClock } from "../harness/mod.ts";

function recorder() {
  const lines: { level: string; event: string; fields: Fields | undefined }[] = [];
  const logger: Logger = {
    debug: (event, fields) => void lines.push({ level: "debug", event, fields }),
    info: (event, fields) => void lines.push({ level: "info", event, fields }),
    warn: (event, fields) => void lines.push({ level: "warn", event, fields }),
    error: (event, _error, fields) => void lines.push({ level: "error", event, fields }),
  };
  return { lines, logger };
}

Deno.test("of one event there is a line a second, which counts those left out before it", async () => {
  const clock = new FakeClock();
  const { lines, logger } = recorder();
  const limited = rateLimited(logger, clock);
  for (let n = 0; n < 5; n++) limited.warn("bad", { n });
  await clock.advance(999);
  limited.warn("bad", { n: 5 });
  expect(lines).toEqual([{ level: "warn", event: "bad", fields: { n: 0 } }]);
  await clock.advance(1);
  limited.warn("bad", { n: 6 });
  expect(lines[1]).toEqual({ level: "warn", event: "bad", fields: { n: 6, suppressed: 5 } });
  await clock.advance(1000);
  limited.warn("bad", { n: 7 });
  expect(lines[2]!.fields).toEqual({ n: 7 });
});

Deno.test("events do not count for each other, on no level", () => {
  const { lines, logger } = recorder();
  const limited = rateLimited(logger, new FakeClock());
  limited.debug("a");
  limited.info("b");
  limited.warn("c");
  limited.error("d", new Error("d"), { where: "d" });
  limited.error("d", new Error("d"), { where: "d" });
  expect(lines.map(({ level, event }) => `${level} ${event}`)).toEqual([
    "debug a",
    "info b",
    "warn c",
    "error d",
  ]);
});
