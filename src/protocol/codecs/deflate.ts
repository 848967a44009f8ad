import { deflateRawSync, inflateRawSync } from "node:zlib";
import { RelayError } from "../errors.ts";
import type { Sealed } from "../sealed.ts";
import { Bounds, ErrorCode, Subprotocol } from "../wire.ts";
import type { Codec } from "./codec.ts";
import { json } from "./json.ts";
import { inBatches, joinJson, unbatch } from "./json_batch.ts";
import { bytesOf, joinPacked, msgpack, unpack } from "./msgpack.ts";

/** Below this a frame travels as it is: compressing it costs more than it saves. [C1] */
const WORTH_BYTES = 1024;
/** The first byte says what follows. */
const PLAIN = 0;
const DEFLATED = 1;

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true });

/** JSON batches in binary frames, deflated when large. [C1] */
export const jsonDeflate: Codec = {
  name: Subprotocol.jsonDeflate,
  batches: true,
  deflates: true,
  decode: (frame) => unbatch(parse(open(bytesOf(frame)))),
  sizeOf: json.sizeOf,
  encode: (sealed) => wrap(sealed, (part) => encoder.encode(joinJson(part))),
};

/** MessagePack batches, deflated when large. [C1] */
export const msgpackDeflate: Codec = {
  name: Subprotocol.msgpackDeflate,
  batches: true,
  deflates: true,
  decode: (frame) => unbatch(unpack(open(bytesOf(frame)))),
  sizeOf: msgpack.sizeOf,
  encode: (sealed) => wrap(sealed, joinPacked),
};

/** One room's batch is deflated once and serves every reader of the codec. */
function wrap(
  sealed: readonly Sealed[],
  join: (part: readonly Sealed[]) => Uint8Array<ArrayBuffer>,
): Uint8Array<ArrayBuffer>[] {
  return inBatches(sealed, (part) => {
    const bytes = join(part);
    return bytes.length < WORTH_BYTES
      ? marked(PLAIN, bytes)
      : marked(DEFLATED, deflateRawSync(bytes, { level: 1 }));
  });
}

function marked(mark: number, bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const frame = new Uint8Array(bytes.length + 1);
  frame[0] = mark;
  frame.set(bytes, 1);
  return frame;
}

/** What was wrapped. A frame that would inflate beyond what a frame may hold is refused before it does. [L] */
function open(frame: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const bytes = frame.subarray(1);
  if (frame[0] === PLAIN) return bytes;
  if (frame[0] === DEFLATED) {
    try {
      return new Uint8Array(inflateRawSync(bytes, { maxOutputLength: Bounds.frameBytes }));
    } catch {
      // not deflate, or a bomb
    }
  }
  throw new RelayError(ErrorCode.badRequest, "Cannot read frame: it is neither plain nor raw deflate");
}

function parse(bytes: Uint8Array<ArrayBuffer>): unknown {
  try {
    return JSON.parse(decoder.decode(bytes));
  } catch {
    throw new RelayError(ErrorCode.badRequest, "Cannot read frame: it is not JSON");
  }
}
