import { RelayError } from "../protocol/errors.ts";
import type { JoinedRoom } from "../protocol/messages.ts";
import type { JoinRoom } from "../protocol/schemas.ts";
import { ErrorCode } from "../protocol/wire.ts";
import type { Hub } from "./hub.ts";
import { lookUp, type Start, startOf, type Wish } from "./resume.ts";
import type { Room } from "./room.ts";
import type { Session } from "./session.ts";
import type { JoinOutcome } from "./tally.ts";

/** A room to join, and from where. */
export interface Join extends Pick<JoinRoom, "roomId" | "since" | "history" | "echo"> {
  /** without `since`, delivery starts where the user stopped reading [F1] */
  readonly unread?: boolean;
}

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
  await mayEnter(hub, session, joins);
  for (const { roomId } of joins) if (!session.rooms.has(roomId)) checkRoomCount(hub, session, roomId);
  await hub.useRooms(joins.map(({ roomId }) => roomId), async (rooms) => {
    // a client that comes from another node must not see a mark move back [A4]
    if (hub.hasOthers) await Promise.all(rooms.map((room) => room.loadMarks()));
    await Promise.all(rooms.map((room, at) => lookUp(room.log, wishOf(room, session, joins[at]!))));
    // who may enter may have changed while the log was asked
    await mayEnter(hub, session, joins);
    if (!session.isOpen) return;
    for (const [at, room] of rooms.entries()) enter(hub, session, room, joins[at]!, answer);
  });
}

async function mayEnter(hub: Hub, { identity }: Session, joins: readonly Join[]): Promise<void> {
  await Promise.all(joins.map(({ roomId }) => hub.allow(identity, "read", roomId, "join")));
}

function wishOf({ log, marks }: Room, { identity }: Session, { since, history, unread }: Join): Wish {
  return { since, history: unread ? log.cursor - marks.of(identity.userId) : history };
}

function enter(
  hub: Hub,
  session: Session,
  room: Room,
  join: Join,
  answer: (joined: JoinedRoom) => void,
): void {
  const { userId } = session.identity;
  if (session.rooms.has(room.id)) {
    answer(describe(room, userId, { from: room.log.cursor }));
    return;
  }
  const start = startOf(room.log, wishOf(room, session, join));
  const member = room.join(session, { sent: start.from, echo: join.echo });
  hub.tally.joins[outcomeOf(start)].add(1);
  answer(describe(room, userId, start));
  session.entered(member);
  hub.greet(room, session);
}

function outcomeOf({ recovered }: Start): JoinOutcome {
  if (recovered === undefined) return "fresh";
  return recovered ? "recovered" : "not_recovered";
}

function describe(room: Room, userId: string, start: Start): JoinedRoom {
  const { id: roomId, log, presence, marks } = room;
  const users = presence.users();
  const unread = Math.max(0, log.cursor - Math.max(marks.of(userId), log.oldest - 1));
  return {
    roomId,
    epoch: log.epoch,
    offset: log.cursor,
    ...start,
    users,
    count: presence.count,
    read: marks.among(users),
    unread,
  };
}

/** [L] */
function checkRoomCount(hub: Hub, session: Session, roomId: string): void {
  const { maxRoomsPerSession } = hub.limits;
  if (maxRoomsPerSession === 0 || session.rooms.size < maxRoomsPerSession) return;
  throw new RelayError(
    ErrorCode.limitExceeded,
    `Cannot join room "${roomId}": you are in ${maxRoomsPerSession} rooms, which is the limit`,
  );
}
