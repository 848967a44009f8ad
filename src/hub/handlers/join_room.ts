import { JoinRoom } from "../../protocol/schemas.ts";
import { handler } from "../handler.ts";
import { joinRooms } from "../join.ts";
import { connected } from "./connected.ts";

/** [J1] [R2] [R3] */
export const joinRoom = handler<JoinRoom>({
  schema: JoinRoom,
  answersAs: "joined_room",
  async handle(call) {
    const session = connected(call.session, "join");
    await joinRooms(call.hub, session, [call.payload], (joined) => call.answer(joined));
  },
});
