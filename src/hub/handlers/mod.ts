import { ClientType } from "../../protocol/wire.ts";
import type { Handler } from "../handler.ts";
import { authenticate } from "./authenticate.ts";
import { getHistory } from "./get_history.ts";
import { getRoomUsers } from "./get_room_users.ts";
import { joinRoom } from "./join_room.ts";
import { leaveRoom } from "./leave_room.ts";
import { ping } from "./ping.ts";
import { publish } from "./publish.ts";
import { readMessages } from "./read_messages.ts";

/** What every room understands, whatever feature it belongs to. */
export const coreHandlers: ReadonlyMap<string, Handler> = new Map([
  [ClientType.ping, ping],
  [ClientType.authenticate, authenticate],
  [ClientType.joinRoom, joinRoom],
  [ClientType.leaveRoom, leaveRoom],
  [ClientType.getHistory, getHistory],
  [ClientType.getRoomUsers, getRoomUsers],
  [ClientType.readMessages, readMessages],
  [ClientType.publish, publish],
]);
