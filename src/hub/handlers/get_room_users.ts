import { GetRoomUsers } from "../../protocol/schemas.ts";
import type { RoomUsers } from "../../protocol/messages.ts";
import type { Call } from "../call.ts";
import { handler } from "../handler.ts";
import { inRoom } from "./in_room.ts";

/** [J3] */
export const getRoomUsers = handler<GetRoomUsers>({
  schema: GetRoomUsers,
  answersAs: "room_users",
  handle(call) {
    const { hub, session: { identity }, payload: { roomId } } = call;
    const allowed = hub.allow(identity, "read", roomId, "list the users of");
    return allowed ? allowed.then(() => list(call)) : list(call);
  },
});

function list(call: Call<GetRoomUsers>): RoomUsers | Promise<RoomUsers> {
  const { roomId } = call.payload;
  return inRoom(call, roomId, "list the users of", ({ presence }) => ({
    roomId,
    users: presence.users(),
    count: presence.count,
  }));
}
