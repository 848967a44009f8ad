import type { HonoRequest } from "hono";
import { RelayError } from "../protocol/errors.ts";
import { ErrorCode } from "../protocol/wire.ts";

/**
 * A body of JSON that may be left out: then it is an empty object.
 * @throws {RelayError} `bad_request`
 */
export async function optionalBody(request: HonoRequest): Promise<unknown> {
  const text = await request.text();
  if (text === "") return {};
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new RelayError(ErrorCode.badRequest, "Cannot read body: it is not JSON", { cause });
  }
}
