import { RelayError } from "../protocol/errors.ts";
import type { JoinedRoom } from "../protocol/messages.ts";
import { ErrorCode } from "../protocol/wire.ts";
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
 * Takes a session into each of these rooms that it may enter, in one turn where none is refused late, and answers
 * every join with its ack. Never rejects: what is wrong with a join is in its ack. [J1]
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
  let level = allowed.length === joins.length;
  const enter = (some: readonly NamedJoin[]) => {
    let answered = 0;
    // answered in their order: one that names a room again is a join of its own [E3]
    return joinRooms(hub, session, some.map(({ payload }) => payload), (joined) => {
      level &&= joined.recovered === true;
      answer(some[answered++]!.messageId, joined);
    });
  };
  try {
    await enter(allowed);
    return level;
  } catch (error) {
    if (!isOfOne(error)) {
      for (const { messageId } of allowed) refuse(messageId, error);
      return false;
    }
  }
  for (const one of allowed) {
    try {
      // each takes one of the places that are left
      await enter([one]);
    } catch (error) {
      refuse(one.messageId, error);
    }
  }
  return false;
}

/** What is the matter of one room, not of those that are joined with it. */
function isOfOne(error: unknown): boolean {
  return error instanceof RelayError &&
    (error.code === ErrorCode.forbidden || error.code === ErrorCode.limitExceeded);
}
