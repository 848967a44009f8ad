import { expect } from "@std/expect";
import { readConfig } from "../../src/config.ts";
import { isolateMetrics } from "../../src/observability/metrics.ts";
import { supervise } from "../../src/process/supervisor.ts";
import { sqlite } from "../../src/stores/sqlite.ts";
import { until } from "../chaos/until.ts";
import { tempFolder } from "../e2e/temp_folder.ts";
import { Lines } from "../observability/lines.ts";
import { read } from "../observability/reading.ts";

Deno.test("an isolate whose start fails dies, says why, and is tried again ever later", async () => {
  await using folder = await tempFolder();
  const store = sqlite(`${folder.path}/denbun.db`);
  const lines = new Lines();
  const metrics = isolateMetrics();
  const supervisor = supervise({
    // what the environment would not let through
    config: { ...readConfig({ PORT: "0", HOST: "127.0.0.1" }), jwt: { secrets: ["weak"] } },
    storePort: () => store.port(),
    logger: lines.logger,
    metrics,
    stuck: () => {},
    listening: () => lines.logger.info("listening"),
  });
  await until("it has died", () => lines.of("isolate_died").length > 0, 60_000);
  const died = lines.of("isolate_died")[0]!;
  expect(died).toMatchObject({ cause: "error", replaced: 1, waitMs: 0 });
  expect(died.reason).toContain("a JWT secret");
  await until("it was tried again twice", () => lines.of("isolate_died").length === 3, 60_000);
  expect(lines.of("isolate_died").map(({ waitMs }) => waitMs)).toEqual([0, 400, 800]);
  expect(lines.of("listening")).toEqual([]);
  expect(read(metrics, "isolates_replaced_total", { cause: "error" })).toBe(3);
  expect(read(metrics, "uncaught_total")).toBe(3);
  await supervisor.stop();
  await store.close();
});
