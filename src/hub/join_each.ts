import type { JoinedRoom } from "../protocol/messages.ts";
import type { Hub } from "./hub.ts";
import { type Join, joinRooms } from "./join.ts";
import { sealAck } from "./seal.ts";
import type { Session } from "./session.ts";

/** A `join_room` that came with a request: its ack has its name. */
export interface NamedJoin {
  readonly messageId: string;
  readonly payload: Join;
}

/**
 * Takes a session into each of these rooms that it may enter, all in one turn, and answers every join with its ack.
 * Never rejects: what is wrong with a join is in its ack. [J1]
 * @returns whether each goes on where its reader was: then there is nothing to tell but the acks
 */
export async function joinEach(hub: Hub, session: Session, joins: readonly NamedJoin[]): Promise<boolean> {
  const answer = (messageId: string, joined: JoinedRoom) =>
    session.reply(sealAck(messageId, { success: true, ...joined }, hub.clock.now()));
  const refuse = (messageId: string, reason: unknown) => {
    const error = hub.toRelayError(reason, "join").toWire();
    session.reply(sealAck(messageId, { success: false, error }, hub.clock.now()));
  };
  const rights = await Promise.allSettled(
    joins.map(async ({ payload }) => await hub.allow(session.identity, "read", payload.roomId, "join")),
  );
  const allowed = joins.filter(({ messageId }, at) => {
    const right = rights[at]!;
    if (right.status === "rejected") refuse(messageId, right.reason);
    return right.status === "fulfilled";
  });
  const names = new Map(allowed.map(({ messageId, payload }) => [payload.roomId, messageId]));
  let level = allowed.length === joins.length;
  try {
    await joinRooms(hub, session, allowed.map(({ payload }) => payload), (joined) => {
      level &&= joined.recovered === true;
      answer(names.get(joined.roomId)!, joined);
    });
  } catch (error) {
    for (const { messageId } of allowed) refuse(messageId, error);
    return false;
  }
  return level;
}
