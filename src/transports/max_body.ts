import type { MiddlewareHandler } from "hono";
import { bodyLimit } from "hono/body-limit";
import { RelayError } from "../protocol/errors.ts";
import { ErrorCode } from "../protocol/wire.ts";
import { marked } from "./described/parts.ts";
import { problem } from "./problem.ts";

/** Refuses a body of more than `maxBytes` as `too_large`, also one that comes in pieces of unknown number. [L] */
export function maxBody(maxBytes: number): MiddlewareHandler {
  const message = `Cannot take request: its body has more than ${maxBytes} bytes`;
  const limit = bodyLimit({
    maxSize: maxBytes,
    onError: () => problem(new RelayError(ErrorCode.tooLarge, message)),
  });
  return marked({ refuses: [ErrorCode.tooLarge], methods: ["POST", "PUT", "PATCH"] }, limit);
}
