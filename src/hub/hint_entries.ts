import * as z from "zod";
import { MessageId, UserId } from "../protocol/schemas.ts";
import type { Entry } from "./ports.ts";

/** id, type, userId, userName, messageId, timestampMs, body: without what the hint says itself */
const Told = z.tuple([
  z.string().min(1).max(64),
  z.string().regex(/^\w{1,64}$/),
  UserId.or(z.string().regex(/^@\w+$/)),
  z.string().max(64),
  MessageId,
  z.number(),
  z.string().startsWith("{").endsWith("}"),
]);
const Many = z.array(Told).min(1);

/** Consecutive entries as text: who has nobody in the room passes it over unread. */
export function packEntries(entries: readonly Entry[]): string {
  return JSON.stringify(entries.map(({ id, type, userId, userName, messageId, timestampMs, body }) => {
    return [id, type, userId, userName, messageId, timestampMs, body];
  }));
}

/** The entries of a room that end at `last`; none when the text is anything else. */
export function unpackEntries(text: string, roomId: string, last: number): readonly Entry[] {
  const checked = Many.safeParse(parsed(text));
  if (!checked.success) return [];
  const first = last + 1 - checked.data.length;
  return checked.data.map(([id, type, userId, userName, messageId, timestampMs, body], n) => {
    return { roomId, offset: first + n, id, type, userId, userName, messageId, timestampMs, body };
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
