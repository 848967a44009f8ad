import { LeaveRoom } from "../../protocol/schemas.ts";
import { handler } from "../handler.ts";
import { notJoined } from "./not_joined.ts";

/** [J1] */
export const leaveRoom = handler<LeaveRoom>({
  schema: LeaveRoom,
  answersAs: "left_room",
  handle({ session, payload: { roomId } }) {
    if (!session.leave(roomId)) throw notJoined("leave", roomId);
    return { roomId };
  },
});
