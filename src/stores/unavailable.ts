import { RelayError } from "../protocol/errors.ts";
import { ErrorCode } from "../protocol/wire.ts";

/**
 * The error of a store that cannot answer. [A3]
 * The reason is for the log: it stays in `cause`, away from the wire.
 */
export function unavailable(reason: string, retryAfterMs?: number): RelayError {
  return new RelayError(ErrorCode.storeUnavailable, "Cannot reach the store: try again", {
    cause: new Error(reason),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  });
}
