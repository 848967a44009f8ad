import { RelayError } from "../errors.ts";
import type { Sealed } from "../sealed.ts";
import { Bounds, ErrorCode, ServerType, Subprotocol } from "../wire.ts";
import type { Codec } from "./codec.ts";
import { json } from "./json.ts";

/** JSON text, a frame is an envelope or a batch of them. [C1] */
export const jsonBatch: Codec = {
  name: Subprotocol.jsonBatch,
  batches: true,
  deflates: false,
  decode: (frame) => json.decode(frame).flatMap(unbatch),
  sizeOf: json.sizeOf,
  encode: (sealed) => inBatches(sealed, joinJson),
};

/**
 * The envelopes of a decoded frame. Batches are not nested: one inside another stays what it is, an envelope of a
 * type no client may send.
 */
export function unbatch(value: unknown): unknown[] {
  const batch = value as { type?: unknown; payload?: unknown } | null;
  if (batch?.type !== ServerType.batch) return [value];
  const { payload } = batch;
  if (!Array.isArray(payload) || payload.length > Bounds.batchEnvelopes) {
    throw new RelayError(
      ErrorCode.badRequest,
      `Cannot read batch: its payload is a list of at most ${Bounds.batchEnvelopes} envelopes`,
    );
  }
  return payload;
}

/** Joins parts that are already serialised: a lone envelope travels as it is. */
export function joinJson(sealed: readonly Sealed[]): string {
  if (sealed.length === 1) return sealed[0]!.json;
  let text = '{"type":"batch","payload":[' + sealed[0]!.json;
  for (let at = 1; at < sealed.length; at++) text += "," + sealed[at]!.json;
  return text + "]}";
}

/** A frame holds about this much, unless one envelope alone is larger. */
const FRAME_LENGTH = 64 * 1024;

/** Cuts what is sent into frames of at most as many envelopes as a batch may hold, and of bounded size. */
export function inBatches<F>(sealed: readonly Sealed[], join: (part: readonly Sealed[]) => F): F[] {
  const frames: F[] = [];
  let start = 0;
  let length = 0;
  for (let at = 0; at < sealed.length; at++) {
    const next = sealed[at]!.length;
    if (at > start && (at - start === Bounds.batchEnvelopes || length + next > FRAME_LENGTH)) {
      frames.push(join(sealed.slice(start, at)));
      start = at;
      length = 0;
    }
    length += next;
  }
  frames.push(join(start === 0 ? sealed : sealed.slice(start)));
  return frames;
}
