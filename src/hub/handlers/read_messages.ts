import { RelayError } from "../../protocol/errors.ts";
import { ReadMessages } from "../../protocol/schemas.ts";
import { ErrorCode } from "../../protocol/wire.ts";
import type { Call } from "../call.ts";
import { handler } from "../handler.ts";
import type { Room } from "../room.ts";
import { inRoom } from "./in_room.ts";

/** [A4] */
export const readMessages = handler<ReadMessages>({
  schema: ReadMessages,
  async handle(call) {
    const { hub, session, payload: { roomId } } = call;
    await hub.allow(session.identity, "read", roomId, "mark messages of");
    return await inRoom(call, roomId, "mark messages of", (room) => mark(room, call));
  },
});

async function mark(room: Room, { hub, session, payload }: Call<ReadMessages>): Promise<object> {
  const { roomId, epoch, upTo } = payload;
  const { userId } = session.identity;
  if (epoch === room.log.epoch && upTo > room.log.cursor) await room.log.refresh();
  if (epoch !== room.log.epoch) throw refused(roomId, "its log has another epoch");
  if (upTo > room.log.cursor) throw refused(roomId, `its newest offset is ${room.log.cursor}`);
  const moved = await room.marks.move(epoch, userId, upTo);
  // while it was stored the log may have begun anew, and the mark ended with it
  if (epoch !== room.log.epoch) throw refused(roomId, "its log has another epoch");
  const mark = { userId, upTo: room.marks.of(userId) };
  if (moved) hub.tellMark(room, mark);
  return { roomId, epoch, upTo: mark.upTo };
}

function refused(roomId: string, fact: string): RelayError {
  return new RelayError(ErrorCode.badRequest, `Cannot mark messages of room "${roomId}": ${fact}`);
}
