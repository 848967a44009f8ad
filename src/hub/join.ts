import { RelayError } from "../protocol/errors.ts";
import type { JoinedRoom } from "../protocol/messages.ts";
import type { JoinRoom } from "../protocol/schemas.ts";
import { ErrorCode } from "../protocol/wire.ts";
import type { Opening } from "./feature.ts";
import type { Hub } from "./hub.ts";
import { changing, openingOf, sealOpening } from "./opening.ts";
import type { Identity } from "./ports.ts";
import { lookUp, type Start, startOf, type Wish } from "./resume.ts";
import type { Room } from "./room.ts";
import type { Session } from "./session.ts";
import type { JoinOutcome } from "./tally.ts";
import { unreadOf } from "./unread.ts";

/** A room to join, and from where. */
export type Join = Pick<JoinRoom, "roomId" | "since" | "history" | "echo">;

/**
 * Takes a session into rooms, all in one turn: each is answered before anything of any of them is sent. [J1]
 * @throws {RelayError} `forbidden`, `limit_exceeded`, `store_unavailable`; it has joined none of them then
 */
export async function joinRooms(
  hub: Hub,
  session: Session,
  joins: readonly Join[],
  answer: (joined: JoinedRoom) => void,
): Promise<void> {
  await mayEnter(hub, session.identity, joins);
  checkRoomCount(hub, session, joins);
  await hub.useRooms(joins.map(({ roomId }) => roomId), async (rooms) => {
    // a client that comes from another node must not see a mark move back [A4]
    if (hub.hasOthers) await Promise.all(rooms.map((room) => room.loadMarks()));
    const openings = await Promise.all(rooms.map((room, at) => look(hub, session, room, joins[at]!)));
    // who may enter may have changed while the log was asked
    await mayEnter(hub, session.identity, joins);
    if (!session.isOpen) return;
    const places = rooms.map((room, at) =>
      placeIn(room, wishOf(hub, room, session, joins[at]!), openings[at])
    );
    for (const [at, room] of rooms.entries()) enter(hub, session, room, joins[at]!, places[at]!, answer);
  });
}

/**
 * Resolves when someone may enter all of these rooms.
 * @throws {RelayError} `forbidden`
 */
export async function mayEnter(hub: Hub, identity: Identity, joins: readonly Join[]): Promise<void> {
  // a refusal that is thrown at once must not leave the others to nobody
  await Promise.all(joins.map(async ({ roomId }) => await hub.allow(identity, "read", roomId, "join")));
}

/** Where delivery begins: after a position, with the last messages, or where the user stopped reading. [R3] [F1] */
function wishOf(hub: Hub, { id, log, marks }: Room, { identity }: Session, { since, history }: Join): Wish {
  const unread = history === 0 && hub.features.of(id)?.fromReadMark
    ? log.cursor - marks.of(identity.userId)
    : 0;
  return { since, history: history || unread };
}

/** Lets the log look as far as the join needs it; what the reader begins with, if it cannot go on. */
async function look(hub: Hub, session: Session, room: Room, join: Join): Promise<Opening | undefined> {
  const wish = wishOf(hub, room, session, join);
  await lookUp(room.log, wish);
  if (session.rooms.has(room.id) || startOf(room.log, wish).recovered) return undefined;
  return await openingOf(hub.features.of(room.id), room);
}

/** Where delivery starts, and what comes before it. */
interface Place {
  readonly start: Start;
  readonly opening?: Opening | undefined;
}

/** @throws {RelayError} `store_unavailable` when the log has changed since the opening was read */
function placeIn(room: Room, wish: Wish, opening: Opening | undefined): Place {
  const start = startOf(room.log, wish);
  if (!opening || start.recovered) return { start };
  const { from, recovered } = startOf(room.log, { since: opening, history: 0 });
  if (!recovered) throw changing(room);
  return { start: { ...start, from }, opening };
}

function enter(
  hub: Hub,
  session: Session,
  room: Room,
  join: Join,
  { start, opening }: Place,
  answer: (joined: JoinedRoom) => void,
): void {
  const { userId } = session.identity;
  if (session.rooms.has(room.id)) {
    answer(describe(room, userId, { from: room.log.cursor }));
    return;
  }
  const member = room.join(session, {
    sent: start.from,
    echo: join.echo,
    opening: opening && sealOpening(opening, hub.clock.now()),
  });
  hub.tally.joins[outcomeOf(start)].add(1);
  answer(describe(room, userId, start));
  session.entered(member);
  hub.features.greet(room, session);
}

function outcomeOf({ recovered }: Start): JoinOutcome {
  if (recovered === undefined) return "fresh";
  return recovered ? "recovered" : "not_recovered";
}

function describe(room: Room, userId: string, start: Start): JoinedRoom {
  const { id: roomId, log, presence, marks } = room;
  const users = presence.users();
  return {
    roomId,
    epoch: log.epoch,
    offset: log.cursor,
    ...start,
    users,
    count: presence.count,
    read: marks.among(users),
    unread: unreadOf(room, userId),
  };
}

/** [L] */
function checkRoomCount(hub: Hub, session: Session, joins: readonly Join[]): void {
  const { maxRoomsPerSession } = hub.limits;
  if (maxRoomsPerSession === 0) return;
  const entering = new Set<string>();
  for (const { roomId } of joins) {
    if (session.rooms.has(roomId)) continue;
    entering.add(roomId);
    if (session.rooms.size + entering.size <= maxRoomsPerSession) continue;
    throw new RelayError(
      ErrorCode.limitExceeded,
      `Cannot join room "${roomId}": you are in ${maxRoomsPerSession} rooms, which is the limit`,
    );
  }
}
