import { lowestKept, mayGo, type Retention } from "../retention.ts";
import { Budget } from "./budget.ts";
import type { Attempt, Database } from "./database.ts";
import { dropEntry, type EntryValue } from "./entries.ts";
import type { HeadValue } from "./head_value.ts";
import type { KnownHead } from "./heads.ts";

/** Messages more than are kept before some go: a read and a commit are worth it then. */
const SLACK = 64;
/** Messages that may go in one commit. */
const LIMIT = 192;
/** How long messages that were promised to stay are left alone. */
const RETAINED_MS = 1000;

/** Whether it is worth looking for messages that may go. */
export function mayTrim({ top, oldest, retained, trimAfterMs }: KnownHead, retention: Retention): boolean {
  const hidden = lowestKept(top, oldest, retention, retained) - oldest;
  return hidden >= SLACK || top - oldest + 1 - retention.messages >= SLACK && Date.now() >= trimAfterMs;
}

/**
 * Takes messages away that retention no longer keeps, each together with its idempotency key. [R5]
 * Returns the head as it is then.
 * @throws {Error} when the room grew meanwhile
 */
export async function trim(
  kv: Deno.Kv,
  database: Database,
  retention: Retention,
  roomId: string,
  head: KnownHead,
): Promise<Attempt<KnownHead>> {
  const { keys } = database;
  const { top, oldest, retained } = head;
  const nowMs = Date.now();
  const commit = kv.atomic().check({ key: keys.head(roomId), versionstamp: head.versionstamp });
  const budget = new Budget();
  let next = oldest;
  let trimAfterMs = head.trimAfterMs;
  const selected = { start: keys.entry(roomId, oldest), end: keys.entry(roomId, top + 1) };
  for await (const { key, value } of kv.list<EntryValue>(selected, { limit: LIMIT, batchSize: LIMIT })) {
    const offset = key.at(-1) as number;
    const [, , userId, , messageId, timestampMs, , pieces] = value;
    if (!mayGo(offset, timestampMs, top, nowMs, retention, retained)) {
      trimAfterMs = offset > retained ? nowMs + RETAINED_MS : timestampMs + retention.ageMs;
      break;
    }
    const names = (2 + pieces) * roomId.length + userId.length + messageId.length;
    if (!budget.take(2 + pieces, 0, names)) break;
    dropEntry(commit, keys, roomId, offset, value);
    next = offset + 1;
  }
  if (next === oldest) return { done: { ...head, trimAfterMs } };
  const value: HeadValue = [top, next, retained];
  const result = await commit.set(keys.head(roomId), value).commit();
  if (!result.ok) throw new Error("the room grew meanwhile");
  return { done: { top, oldest: next, retained, versionstamp: result.versionstamp, trimAfterMs } };
}
