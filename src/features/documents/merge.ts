import * as Y from "yjs";
import { fromBase64, toBase64 } from "../../protocol/base64.ts";

/** A document as one Yjs update, in parts of base64. */
export interface Whole {
  /** all of them together are the update: each of `PART_BYTES`, the last one of what is left */
  readonly parts: readonly string[];
  /** how long the update is */
  readonly bytes: number;
}

/** What an update is made of. */
export interface Content {
  /** False when it only deletes. */
  readonly inserts: boolean;
}

/** A multiple of 3, so that parts of base64 hold whole bytes; small enough for every store and envelope. */
export const PART_BYTES = 30_000;

/** A document before its first change. */
export const EMPTY: Whole = { parts: [toBase64(Y.encodeStateAsUpdate(new Y.Doc()))], bytes: 2 };

/**
 * Makes one update of a document and its changes. What was deleted for good is left out, what waits for a change
 * that has not come yet is kept.
 */
export function merge(document: readonly string[], changes: readonly string[]): Whole {
  const updates = [...document.length === 0 ? [] : [join(document)], ...changes.map(fromBase64)];
  const update = integrated(updates);
  const parts: string[] = [];
  for (let at = 0; at < update.length; at += PART_BYTES) {
    parts.push(toBase64(update.subarray(at, at + PART_BYTES)));
  }
  return { parts, bytes: update.length };
}

/**
 * Reads an update from its beginning to its end.
 * @throws {Error} when it is none
 */
export function contentOf(update: Uint8Array): Content {
  return { inserts: Y.decodeUpdate(update).structs.length > 0 };
}

function integrated(updates: readonly Uint8Array[]): Uint8Array {
  const doc = new Y.Doc();
  try {
    doc.transact(() => updates.forEach((update) => Y.applyUpdate(doc, update)));
    return Y.encodeStateAsUpdate(doc);
  } catch {
    // readable, and yet not to be integrated: kept as it is, so that clients decide
    return Y.mergeUpdates([...updates]);
  } finally {
    doc.destroy();
  }
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
