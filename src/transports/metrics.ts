import { Hono } from "hono";
import { RelayError } from "../protocol/errors.ts";
import { ErrorCode } from "../protocol/wire.ts";
import { about } from "./described/parts.ts";
import { problem } from "./problem.ts";

/** The text format of Prometheus. */
const CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8";

/**
 * `GET /metrics`. Scrapes that come together share one reading. One that cannot be complete fails as a whole:
 * a sum without one of its parts would look like a restart. [S2]
 */
export function metrics(read: () => Promise<string>, failed: (error: unknown) => void): Hono {
  let reading: Promise<string> | undefined;
  const app = new Hono();
  const counts = about({
    about: "What the process counts, in the format of Prometheus. [S2]",
    answers: { 200: "text/plain" },
    refuses: [{ status: 503, code: ErrorCode.internal }],
  });
  app.get("/metrics", counts, async (c) => {
    try {
      const text = await (reading ??= read().finally(() => reading = undefined));
      return c.body(text, 200, { "content-type": CONTENT_TYPE, "cache-control": "no-store" });
    } catch (error) {
      failed(error);
      return problem(
        new RelayError(ErrorCode.internal, "Cannot tell metrics: an isolate did not answer", {
          cause: error,
        }),
        { status: 503 },
      );
    }
  });
  return app;
}
