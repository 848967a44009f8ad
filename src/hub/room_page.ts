import type { Position } from "../protocol/position.ts";
import type { Sealed } from "../protocol/sealed.ts";
import { lookUp, startOf } from "./resume.ts";
import type { RoomLog } from "./room_log.ts";

/** Which messages of a room: what follows `since`, or the last ones, or those right before an offset. */
export interface PageWish {
  readonly since?: Position | undefined;
  readonly before?: number | undefined;
  readonly limit: number;
}

/** A stretch of a room's log, oldest first. `epoch` and `offset` say where it ends: the next `since`. [T2] */
export interface RoomPage extends Position {
  /** only when `since` was given: whether everything after it is there or follows [R2] */
  readonly recovered?: boolean;
  /** more in the direction that was asked for: newer ones after `since`, else older ones */
  readonly hasMore: boolean;
  readonly messages: readonly Sealed[];
}

/** The most a page holds: what follows is the next one's. A single message may be larger. */
const MAX_LENGTH = 1024 * 1024;
/** A log that starts anew or is trimmed while it is read is read again, but not for ever. */
const TRIES = 3;

/**
 * Reads a page. Readers of the same stretch share the reading of the store.
 * @throws {RelayError} `store_unavailable`
 */
export async function roomPage(log: RoomLog, wish: PageWish): Promise<RoomPage> {
  for (let tries = 0; tries < TRIES; tries++) {
    const page = await (wish.since ? pageAfter(log, wish.since, wish.limit) : pageBefore(log, wish));
    if (page) return page;
  }
  const { epoch, cursor: offset } = log;
  return { epoch, offset, ...wish.since ? { recovered: false } : {}, hasMore: false, messages: [] };
}

async function pageAfter(log: RoomLog, since: Position, limit: number): Promise<RoomPage | undefined> {
  await lookUp(log, { since, history: 0 });
  const { from, recovered = false } = startOf(log, { since, history: 0 });
  const to = Math.min(log.cursor, from + limit);
  const { epoch } = log;
  const messages = await read(log, from, to, MAX_LENGTH);
  if (!messages) return undefined;
  const offset = from + messages.length;
  return { epoch, offset, recovered, hasMore: offset < log.cursor, messages };
}

async function pageBefore(
  log: RoomLog,
  { before = Infinity, limit }: PageWish,
): Promise<RoomPage | undefined> {
  const offset = Math.min(log.cursor, Math.max(0, before - 1));
  const { epoch } = log;
  const messages = await read(log, Math.max(log.oldest - 1, offset - limit), offset, Infinity);
  if (!messages) return undefined;
  const newest = lastThatFit(messages);
  return { epoch, offset, hasMore: offset - newest.length >= log.oldest, messages: newest };
}

/** What stands in `(from, to]`, as much of its beginning as fits; nothing when the log broke meanwhile. */
async function read(
  log: RoomLog,
  from: number,
  to: number,
  maxLength: number,
): Promise<readonly Sealed[] | undefined> {
  const { epoch } = log;
  const messages: Sealed[] = [];
  let length = 0;
  for (let at = from; at < to;) {
    const stretch = await log.after(at, to - at);
    if ("broken" in stretch || log.epoch !== epoch) return undefined;
    for (const { offset, sealed } of stretch.items) {
      length += sealed.length;
      if (length > maxLength && messages.length > 0) return messages;
      messages.push(sealed);
      at = offset;
    }
    if (stretch.items.length === 0) return messages;
  }
  return messages;
}

/** At least the last one. */
function lastThatFit(messages: readonly Sealed[]): readonly Sealed[] {
  let length = 0;
  const over = messages.findLastIndex((sealed) => (length += sealed.length) > MAX_LENGTH);
  return messages.slice(Math.min(over + 1, messages.length - 1));
}
