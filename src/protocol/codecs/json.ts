import { byteLength } from "../byte_length.ts";
import { RelayError } from "../errors.ts";
import { ErrorCode, Subprotocol } from "../wire.ts";
import type { Codec } from "./codec.ts";

/** JSON text, one envelope a frame: what a client without any library speaks. [C1] */
export const json: Codec = {
  name: Subprotocol.json,
  batches: false,
  deflates: false,
  decode(frame) {
    if (typeof frame !== "string") {
      throw new RelayError(
        ErrorCode.badRequest,
        "Cannot read frame: this codec is JSON text, the frame is binary",
      );
    }
    try {
      return [JSON.parse(frame)];
    } catch {
      throw new RelayError(ErrorCode.badRequest, "Cannot read frame: it is not JSON");
    }
  },
  sizeOf: (envelope) => byteLength(JSON.stringify(envelope)),
  encode: (sealed) => sealed.map((one) => one.json),
};
