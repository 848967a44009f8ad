import * as Y from "yjs";
import { fromBase64, toBase64 } from "../../protocol/base64.ts";

/** A document as one Yjs update, in parts of base64. */
export interface Whole {
  /** all of them together are the update: each of `PART_BYTES`, the last one of what is left */
  readonly parts: readonly string[];
  /** how long the update is */
  readonly bytes: number;
  /** how many changes are not in it, because they cannot be integrated */
  readonly dropped: number;
}

/** What an update is made of. */
export interface Content {
  /** False when it only deletes. */
  readonly inserts: boolean;
}

/** A multiple of 3, so that parts of base64 hold whole bytes; small enough for every store and envelope. */
export const PART_BYTES = 30_000;

/** A document before its first change. */
export const EMPTY: Whole = { parts: [toBase64(Y.encodeStateAsUpdate(new Y.Doc()))], bytes: 2, dropped: 0 };

/**
 * Makes one update of a document and its changes. What was deleted for good is left out, and so are changes that
 * cannot be integrated; what waits for a change that has not come yet is kept.
 */
export function merge(document: readonly string[], changes: readonly string[]): Whole {
  const updates = [...document.length === 0 ? [] : [join(document)], ...changes.map(fromBase64)];
  const { update, dropped } = integrated(updates, updates.length - changes.length);
  const parts: string[] = [];
  for (let at = 0; at < update.length; at += PART_BYTES) {
    parts.push(toBase64(update.subarray(at, at + PART_BYTES)));
  }
  return { parts, bytes: update.length, dropped };
}

/**
 * Reads an update from its beginning to its end.
 * @throws {Error} when it is none
 */
export function contentOf(update: Uint8Array): Content {
  return { inserts: Y.decodeUpdate(update).structs.length > 0 };
}

/**
 * All of them in one. Of those after the first `kept` the ones that Yjs can read and not integrate are left out:
 * nobody else can integrate them either.
 */
function integrated(updates: readonly Uint8Array[], kept: number): { update: Uint8Array; dropped: number } {
  const whole = attempt((doc, apply) => doc.transact(() => updates.forEach(apply)));
  if (whole) return { update: whole, dropped: 0 };
  let good = updates;
  while (updates.length - good.length < MOST_DROPPED) {
    let at = 0;
    const update = attempt((_, apply) => {
      for (at = 0; at < good.length; at++) apply(good[at]!);
    });
    if (update) return { update, dropped: updates.length - good.length };
    // a document that cannot be taken up is all there is of it
    if (at < kept || at === good.length) break;
    good = good.toSpliced(at, 1);
  }
  return { update: Y.mergeUpdates([...updates]), dropped: 0 };
}

/** So many that cannot be integrated are looked for: each costs a walk through all. */
const MOST_DROPPED = 20;

/** What comes of a document that is made so; nothing when that fails. */
function attempt(
  integrate: (doc: Y.Doc, apply: (update: Uint8Array) => void) => void,
): Uint8Array | undefined {
  const doc = new Y.Doc();
  try {
    integrate(doc, (update) => Y.applyUpdate(doc, update));
    return Y.encodeStateAsUpdate(doc);
  } catch {
    return undefined;
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
