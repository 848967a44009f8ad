import { decode, Encoder } from "@msgpack/msgpack";
import { fromBase64 } from "../base64.ts";
import { RelayError } from "../errors.ts";
import type { Sealed } from "../sealed.ts";
import { Bounds, BYTE_FIELDS, ErrorCode, ServerType, Subprotocol } from "../wire.ts";
import type { Codec, Frame } from "./codec.ts";
import { inBatches, unbatch } from "./json_batch.ts";
import { isWhole } from "./msgpack_scan.ts";

/** MessagePack, a frame is an envelope or a batch of them. [C1] */
export const msgpack: Codec = {
  name: Subprotocol.msgpack,
  batches: true,
  deflates: false,
  decode: (frame) => unbatch(unpack(bytesOf(frame))),
  sizeOf: (envelope) => encoder.encodeSharedRef(envelope).length,
  encode: (sealed) => inBatches(sealed, joinPacked),
};

/** The bytes of a frame of a binary codec. */
export function bytesOf(frame: Frame): Uint8Array<ArrayBuffer> {
  if (typeof frame !== "string") return frame;
  throw new RelayError(ErrorCode.badRequest, "Cannot read frame: this codec is binary, the frame is text");
}

/** The envelope and its batch stand around what the depth limit counts. */
const MAX_DEPTH = Bounds.depth + 2;

/** Decodes one value; only what is whole and shallow is ever handed to the library. [L] */
export function unpack(bytes: Uint8Array<ArrayBuffer>, maxDepth: number = MAX_DEPTH): unknown {
  if (isWhole(bytes, maxDepth)) {
    try {
      return decode(bytes, {
        maxStrLength: bytes.length,
        maxBinLength: bytes.length,
        maxArrayLength: bytes.length,
        maxMapLength: bytes.length,
        maxExtLength: 0,
      });
    } catch {
      // keys that are no strings, `__proto__`, broken UTF-8
    }
  }
  throw new RelayError(ErrorCode.badRequest, "Cannot read frame: it is not MessagePack, or nests too deep");
}

const encoder = new Encoder({ ignoreUndefined: true });
/** Of a whole pair JSON writes the character itself. */
const ESCAPE = /\\(?:u(d[89a-f][0-9a-f]{2})|.)/g;
const parts = new WeakMap<Sealed, Uint8Array<ArrayBuffer>>();

/** Encodes one value; what is `undefined` in it is left out. */
export function pack(value: unknown): Uint8Array<ArrayBuffer> {
  return encoder.encode(withBytes(value));
}

/** A sealed envelope in MessagePack, encoded once however many batches it is in. */
function packed(sealed: Sealed): Uint8Array<ArrayBuffer> {
  let part = parts.get(sealed);
  if (!part) parts.set(sealed, part = pack(wellFormed(sealed)));
  return part;
}

/** JSON can say half of a surrogate pair, and UTF-8 cannot: what readers refuse would lose them the frame. [C1] */
function wellFormed({ json, value }: Sealed): unknown {
  if (!json.includes("\\ud")) return value;
  // escape by escape: what follows a backslash that is itself escaped is text
  const readable = json.replace(ESCAPE, (escape, half) => half === undefined ? escape : "\\ufffd");
  return JSON.parse(readable);
}

/** What is base64 in JSON travels as it is. [C1] */
function withBytes(value: unknown): unknown {
  const { type, payload } = value as { type?: string; payload?: Record<string, unknown> };
  const field = BYTE_FIELDS[type ?? ""];
  const text = field !== undefined && payload?.[field];
  return typeof text === "string"
    ? { ...value as object, payload: { ...payload, [field!]: fromBase64(text) } }
    : value;
}

const BATCH_HEAD = pack({ type: ServerType.batch });

/** Joins parts that are already encoded: a lone envelope travels as it is. */
export function joinPacked(sealed: readonly Sealed[]): Uint8Array<ArrayBuffer> {
  return joinParts(sealed.map(packed));
}

/** One frame of envelopes that are already encoded: a lone one travels as it is. */
export function joinParts(bodies: readonly Uint8Array<ArrayBuffer>[]): Uint8Array<ArrayBuffer> {
  if (bodies.length === 1) return bodies[0]!;
  const head = batchHead(bodies.length);
  const frame = new Uint8Array(bodies.reduce((sum, body) => sum + body.length, head.length));
  frame.set(head);
  let at = head.length;
  for (const body of bodies) {
    frame.set(body, at);
    at += body.length;
  }
  return frame;
}

/** `{"type":"batch","payload":[…n]}` up to its first envelope: a map of two, and an array of n. */
function batchHead(n: number): Uint8Array<ArrayBuffer> {
  const key = pack("payload");
  const head = new Uint8Array(BATCH_HEAD.length + key.length + 3);
  head.set(BATCH_HEAD);
  head[0] = 0x82;
  head.set(key, BATCH_HEAD.length);
  head.set([0xdc, n >> 8, n & 0xff], BATCH_HEAD.length + key.length);
  return head;
}
