import * as Y from "yjs";
import { fromBase64, toBase64 } from "../../protocol/base64.ts";
import { integrate } from "./integrate.ts";

/** A document as one Yjs update, in parts of base64. */
export interface Whole {
  /** all of them together are the update: each of `PART_BYTES`, the last one of what is left */
  readonly parts: readonly string[];
  /** how long the update is */
  readonly bytes: number;
  /** how many of the changes, the first ones, it was made of */
  readonly taken: number;
  /** how many of these are not in it, because they cannot be integrated */
  readonly dropped: number;
}

/** What an update is made of. */
export interface Content {
  /** False when it only deletes. */
  readonly inserts: boolean;
}

/** A multiple of 3, so that parts of base64 hold whole bytes; small enough for every store and envelope. */
const PART_BYTES = 30_000;

/** A document before its first change. */
export const EMPTY: Whole = {
  parts: [toBase64(Y.encodeStateAsUpdate(new Y.Doc()))],
  bytes: 2,
  taken: 0,
  dropped: 0,
};

/**
 * Makes one update of a document and its changes. What was deleted for good is left out, and so are changes that
 * cannot be integrated; what waits for a change that has not come yet is kept.
 * @throws {Error} when the document itself cannot be integrated
 */
export function merge(document: readonly string[], changes: readonly string[]): Whole {
  const known = document.length === 0 ? undefined : join(document);
  const { update, taken, dropped } = integrate(known, changes.map(fromBase64));
  const parts: string[] = [];
  for (let at = 0; at < update.length; at += PART_BYTES) {
    parts.push(toBase64(update.subarray(at, at + PART_BYTES)));
  }
  return { parts, bytes: update.length, taken, dropped };
}

/**
 * Reads an update from its beginning to its end.
 * @throws {Error} when it is none
 */
export function contentOf(update: Uint8Array): Content {
  return { inserts: Y.decodeUpdate(update).structs.length > 0 };
}

function join(parts: readonly string[]): Uint8Array {
  const bytes = parts.map(fromBase64);
  const whole = new Uint8Array(bytes.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of bytes) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
