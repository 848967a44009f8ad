import { RelayError } from "../protocol/errors.ts";
import { ErrorCode } from "../protocol/wire.ts";

/** The error of whoever could not show who it is. The fact is told to the caller: it holds no secret. */
export function unauthorized(fact: string, cause?: unknown): RelayError {
  return new RelayError(
    ErrorCode.unauthorized,
    `Cannot enter: ${fact}`,
    cause === undefined ? {} : { cause },
  );
}
