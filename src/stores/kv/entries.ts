import type { Draft, Entry } from "../../hub/ports.ts";
import { piecesOf } from "./budget.ts";
import type { Database } from "./database.ts";
import type { Keys } from "./keys.ts";

/** id, type, userId, userName, messageId, timestampMs, body, pieces: a body in pieces is empty here */
export type EntryValue = readonly [string, string, string, string, string, number, string, number];

/** What storing a message adds to a commit. */
export interface Cost {
  readonly mutations: number;
  readonly characters: number;
  readonly keyCharacters: number;
}

export function costOf({ roomId, id, type, userId, userName, messageId, body }: Draft): Cost {
  const pieces = piecesOf(body).length;
  return {
    mutations: 2 + pieces,
    characters: id.length + type.length + userId.length + userName.length + messageId.length + body.length,
    keyCharacters: (2 + pieces) * roomId.length + userId.length + messageId.length,
  };
}

/** Adds a message to a commit, with its idempotency key. */
export function addEntry(commit: Deno.AtomicOperation, keys: Keys, draft: Draft, offset: number): void {
  const { roomId, id, type, userId, userName, messageId, timestampMs, body } = draft;
  const pieces = piecesOf(body);
  const value: EntryValue = [
    id,
    type,
    userId,
    userName,
    messageId,
    timestampMs,
    pieces.length > 0 ? "" : body,
    pieces.length,
  ];
  commit.set(keys.entry(roomId, offset), value).set(keys.twin(roomId, userId, messageId), offset);
  for (const [n, piece] of pieces.entries()) commit.set(keys.piece(roomId, offset, n), piece);
}

/** Takes a message out, with its key. */
export function dropEntry(
  commit: Deno.AtomicOperation,
  keys: Keys,
  roomId: string,
  offset: number,
  value: EntryValue,
): void {
  const [, , userId, , messageId, , , pieces] = value;
  commit.delete(keys.entry(roomId, offset)).delete(keys.twin(roomId, userId, messageId));
  for (let n = 0; n < pieces; n++) commit.delete(keys.piece(roomId, offset, n));
}

/** A message as it was, or nothing when a piece of it is gone: it was trimmed while it was read. */
export async function entryOf(
  kv: Deno.Kv,
  database: Database,
  roomId: string,
  offset: number,
  value: EntryValue,
): Promise<Entry | undefined> {
  const [id, type, userId, userName, messageId, timestampMs, body, pieces] = value;
  const entry = { roomId, offset, id, type, userId, userName, messageId, timestampMs, body };
  if (pieces === 0) return entry;
  const keys = Array.from({ length: pieces }, (_, n) => database.keys.piece(roomId, offset, n));
  const read = await database.getMany<string>(kv, keys);
  if (read.some(({ value }) => value === null)) return undefined;
  return { ...entry, body: read.map(({ value }) => value).join("") };
}
