import { seal } from "../hub/seal.ts";
import { RelayError } from "../protocol/errors.ts";
import type { Sealed } from "../protocol/sealed.ts";
import { CloseCode, ErrorCode } from "../protocol/wire.ts";

/** The last word where no close code is heard: explains an end which is the reader's matter. [T1] */
export function farewell(code: CloseCode, reason: string, nowMs: number): Sealed | undefined {
  switch (code) {
    case CloseCode.tokenExpired:
    case CloseCode.unauthorized:
    case CloseCode.kicked:
      return seal("error", new RelayError(ErrorCode.unauthorized, `Cannot go on: ${reason}`).toWire(), nowMs);
    default:
      return undefined;
  }
}
