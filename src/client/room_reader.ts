import type {
  Envelope,
  JoinedRoom,
  NewMessage,
  ReadMark,
  ServerMessages,
  User,
} from "../protocol/messages.ts";
import type { Position } from "../protocol/position.ts";
import type { ServerType } from "../protocol/wire.ts";
import type { Core } from "./core.ts";
import { type Step, stepToJoin, stepToMessage, stepToReset } from "./cursor.ts";
import type { Lane } from "./lane.ts";
import type { Listeners } from "./listeners.ts";
import { createValue } from "./observable.ts";
import { lessUser, withMarks, withoutUser, withUser } from "./roster.ts";
import type { Presence, Room, RoomOptions } from "./types.ts";

/** A second more than the server's own 5 s: only a lost `typing: false` gets here. [J4] */
const TYPING_MS = 6000;

/** What a room hears: keeps its stores and passes on what is new, once and in order. */
export interface RoomReader extends Pick<Room, "presence" | "typists" | "marks" | "position"> {
  /** The room as it is at the moment of a join. [J1] */
  joined(room: JoinedRoom): void;
  received(envelope: Envelope): void;
  /** Nobody hears who stops typing. */
  deafen(): void;
}

export function createRoomReader(
  core: Core,
  roomId: string,
  { since, echo = true }: RoomOptions,
  lane: Lane,
  { emit }: Listeners,
): RoomReader {
  const report = (error: unknown) => core.report(error, roomId);
  const presence = createValue<Presence>({ users: [], count: 0 }, report);
  const typists = createValue<readonly User[]>([], report);
  const marks = createValue<ReadonlyMap<string, number>>(new Map(), report);
  const position = createValue<Position | undefined>(since, report);
  const expiries = new Map<string, () => void>();
  let marksEpoch: string | undefined;

  function step({ at, missing }: Step) {
    position.set(at);
    lane.moved(at);
    if (missing) core.gap({ roomId, ...missing });
  }

  function mark(epoch: string, more: readonly ReadMark[]) {
    // marks end with their epoch [A4]
    marks.set(withMarks(epoch === marksEpoch ? marks.snapshot : new Map(), more));
    marksEpoch = epoch;
  }

  function typed({ userId, userName }: User, typing: boolean) {
    expiries.get(userId)?.();
    const others = withoutUser(typists.snapshot, userId);
    if (typing && userId !== core.self?.userId) {
      expiries.set(userId, core.clock.after(TYPING_MS, () => typed({ userId, userName }, false)));
      if (others.length === typists.snapshot.length) typists.set([...others, { userId, userName }]);
    } else if (expiries.delete(userId)) typists.set(others);
  }

  /** False for what was seen before. */
  function accept(message: NewMessage): boolean {
    const next = stepToMessage(position.snapshot, message, !echo);
    if (!next) return false;
    if (message.userId === core.self?.userId) lane.seen(message);
    typed(message, false);
    step(next);
    return true;
  }

  function joined(room: JoinedRoom) {
    step(stepToJoin(position.snapshot, room));
    presence.set({ users: room.users, count: room.count });
    mark(room.epoch, room.read);
    emit("joined_room", room);
  }

  return {
    presence,
    typists,
    marks,
    position,
    joined,
    received({ type, payload }) {
      const data = payload as ServerMessages[keyof ServerMessages] & NewMessage;
      switch (type as ServerType) {
        // of a transport that went on elsewhere by itself
        case "joined_room":
          return joined(payload as JoinedRoom);
        case "room_users": {
          const { users, count } = payload as ServerMessages["room_users"];
          presence.set({ users, count });
          break;
        }
        case "user_joined":
          presence.set(withUser(presence.snapshot, data));
          break;
        case "user_left":
          presence.set(lessUser(presence.snapshot, data.userId));
          typed(data, false);
          break;
        case "user_typing":
          typed(data, (payload as ServerMessages["user_typing"]).typing);
          break;
        case "messages_read":
          mark(data.epoch, [payload as ServerMessages["messages_read"]]);
          break;
        case "reset":
          step(stepToReset(position.snapshot, data, (payload as ServerMessages["reset"]).reason));
          mark(data.epoch, []);
          break;
        case "behind":
          break;
        default:
          // whatever else has a place in the log is a message of the log, also of features yet to come
          if (data.epoch && data.offset && !accept(data)) return;
      }
      emit(type, payload);
    },
    deafen() {
      if (!expiries.size) return;
      for (const cancel of expiries.values()) cancel();
      expiries.clear();
      typists.set([]);
    },
  };
}
