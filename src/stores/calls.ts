/**
 * What crosses a port between a store and those who use it. Calls and answers travel in arrays, and messages as
 * tuples: a clone of those costs two thirds of a clone of objects.
 */
import type { Draft, Entry, Range } from "../hub/ports.ts";
import type { ErrorCode } from "../protocol/wire.ts";

/** roomId, id, type, userId, userName, messageId, timestampMs, body */
export type DraftTuple = readonly [string, string, string, string, string, string, number, string];
/** offset, id, type, userId, userName, messageId, timestampMs, body */
export type EntryTuple = readonly [number, string, string, string, string, string, number, string];
/** offset, oldest */
export type HeadTuple = readonly [number, number];
/** key, value, version */
export type RowTuple = readonly [string, string, number];

export type WriteCall =
  | readonly ["append", ...DraftTuple]
  | readonly [
    "put",
    table: string,
    key: string,
    value: string,
    ifVersion: number | undefined,
    ttlMs: number | undefined,
  ]
  | readonly ["delete", table: string, key: string]
  | readonly ["retain", roomId: string, offset: number]
  | readonly ["ready"];

export type ReadCall =
  | readonly ["read", roomId: string, range: Range]
  | readonly ["heads", roomIds: readonly string[]]
  | readonly ["get", table: string, key: string]
  | readonly ["list", table: string];

/** `stored` is the offset alone: it is by far the most frequent answer. */
export type AppendAnswer = number | readonly ["duplicate" | "conflict", id: string, offset: number];
export type PutAnswer = readonly [ok: boolean, version: number];
export type PageAnswer = readonly [...HeadTuple, entries: readonly EntryTuple[]];

/** A call that failed. `reason` is for the log. */
export interface Failure {
  readonly failed: ErrorCode;
  readonly reason: string;
  readonly retryAfterMs?: number;
}

export type Answer =
  | AppendAnswer
  | PutAnswer
  | PageAnswer
  | readonly HeadTuple[]
  | readonly RowTuple[]
  | RowTuple
  | Failure
  | null;

/** Calls that were made in the same turn. Writes of one batch are committed together, in their order. */
export type Batch =
  | { readonly batch: number; readonly lane: "write"; readonly calls: readonly WriteCall[] }
  | { readonly batch: number; readonly lane: "read"; readonly calls: readonly ReadCall[] };

/** One answer a call, in the order of the calls. */
export interface Answers {
  readonly batch: number;
  readonly epoch: string;
  readonly answers: readonly Answer[];
}

/** What a client hears on its line, from the process that runs the store. */
export type LineMessage =
  /** calls go through this port from now on */
  | { readonly kind: "connected"; readonly port: MessagePort }
  /** the store's Worker died: what it has not answered is unknown */
  | { readonly kind: "lost" }
  | { readonly kind: "closed" };

/** Said by a client on its ports when it needs them no longer. */
export const BYE = "bye";

export function isFailure(answer: Answer): answer is Failure {
  return typeof answer === "object" && answer !== null && "failed" in answer;
}

export function draftTuple(draft: Draft): DraftTuple {
  const { roomId, id, type, userId, userName, messageId, timestampMs, body } = draft;
  return [roomId, id, type, userId, userName, messageId, timestampMs, body];
}

export function entryOf(roomId: string, tuple: EntryTuple): Entry {
  const [offset, id, type, userId, userName, messageId, timestampMs, body] = tuple;
  return { roomId, offset, id, type, userId, userName, messageId, timestampMs, body };
}
