import type { Hub } from "./hub.ts";
import type { Identity } from "./ports.ts";
import type { Room } from "./room.ts";
import { type PageWish, type RoomPage, roomPage } from "./room_page.ts";

/** Who sends a request that stands alone. Under the name of a session it counts as present. [T0] */
export interface Visitor {
  readonly identity: Identity;
  readonly sid: string | undefined;
}

export interface Wait {
  readonly timeoutMs: number;
  /** the client is gone */
  readonly signal: AbortSignal;
  /** Takes one of the places where its user may wait. @throws {RelayError} when there is none left */
  readonly takePlace: () => Promise<() => void>;
}

/**
 * Uses a room as somebody who reads there and is not connected to it.
 * @throws {RelayError} `forbidden`, `store_unavailable`
 */
export async function visit<T>(
  hub: Hub,
  { identity, sid }: Visitor,
  roomId: string,
  use: (room: Room) => Promise<T>,
): Promise<T> {
  await hub.allow(identity, "read", roomId, "read");
  return await hub.useRoom(roomId, async (room) => {
    const leave = sid === undefined ? undefined : room.visitors.enter(identity, sid);
    try {
      return await use(room);
    } finally {
      leave?.();
    }
  });
}

/**
 * What follows `since`, or the present end of the log: at once when there is something, else as soon as there is,
 * else an empty page when the time is over. [T3]
 * @throws {RelayError} `forbidden`, `unauthorized`, `store_unavailable`, and what `takePlace` throws
 */
export function waitForNews(
  hub: Hub,
  visitor: Visitor,
  roomId: string,
  wish: PageWish,
  wait: Wait,
): Promise<RoomPage> {
  return visit(hub, visitor, roomId, async (room) => {
    const { log } = room;
    const since = wish.since ?? { epoch: log.epoch, offset: log.cursor };
    let page = await roomPage(log, { ...wish, since });
    if (page.messages.length === 0 && page.recovered) {
      // what came while the page was read is there now, and need not be waited for
      const level = page.epoch === log.epoch && page.offset === log.cursor;
      if (level && wait.timeoutMs > 0) await stay(hub, visitor, room, wait);
      // who may read may have changed meanwhile
      await hub.allow(visitor.identity, "read", roomId, "read");
      page = await roomPage(log, { ...wish, since });
    }
    return wish.since ? page : withoutRecovered(page);
  });
}

function withoutRecovered({ recovered: _, ...page }: RoomPage): RoomPage {
  return page;
}

async function stay(hub: Hub, { identity }: Visitor, room: Room, wait: Wait): Promise<void> {
  const { timeoutMs, signal, takePlace } = wait;
  const parked = hub.parking.park(identity, room, timeoutMs);
  const left = () => parked.wake();
  signal.addEventListener("abort", left);
  let release: (() => void) | undefined;
  try {
    if (signal.aborted || hub.isDraining) return;
    release = await takePlace();
    const refusal = await parked.woken;
    if (refusal) throw refusal;
  } finally {
    release?.();
    signal.removeEventListener("abort", left);
    hub.parking.remove(parked);
  }
}
