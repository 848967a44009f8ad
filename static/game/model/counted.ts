import type { ClientCodec } from "../../../src/client/mod.ts";

/** Bytes that went over the wire. */
export interface Traffic {
  down: number;
  up: number;
}

/** A codec that counts: what it writes, and what it reads. */
export function counted<F extends string | Uint8Array<ArrayBuffer>>(
  codec: ClientCodec<F>,
  traffic: Traffic,
): ClientCodec<F> {
  const written = (frame: F) => {
    traffic.up += frame.length;
    return frame;
  };
  const { join } = codec;
  return {
    subprotocol: codec.subprotocol,
    encode: (envelope) => written(codec.encode(envelope)),
    ...join && { join: (parts: readonly F[]) => join(parts) },
    decode(data) {
      traffic.down += typeof data === "string" ? data.length : data.byteLength;
      return codec.decode(data);
    },
  };
}
