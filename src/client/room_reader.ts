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
import { createValue, type Report } from "./observable.ts";
import { lessUser, withMarks, withoutUser, withUser } from "./roster.ts";
import type { Presence, Room, RoomOptions } from "./types.ts";

/** A second more than the server's own 5 s: only a lost `typing: false` gets here. [J4] */
const TYPING_MS = 6000;

/** All that the payload of a room's news may have. */
type Told =
  & JoinedRoom
  & NewMessage
  & ServerMessages["user_typing"]
  & ServerMessages["messages_read"]
  & ServerMessages["reset"];

/** What a room hears: keeps its stores and passes on what is new, once and in order. */
export interface RoomReader {
  readonly stores: Pick<Room, "presence" | "typists" | "marks" | "position">;
  /** Something about the room, the answer to a join as a `joined_room`. */
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
  report: Report,
): RoomReader {
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

  function counted({ users, count }: Presence) {
    presence.set({ users, count });
  }

  function mark(epoch: string, more: readonly ReadMark[]) {
    // marks end with their epoch [A4]
    marks.set(withMarks(epoch === marksEpoch ? marks.snapshot : new Map(), more));
    marksEpoch = epoch;
  }

  function typed({ userId, userName }: User, typing?: boolean) {
    expiries.get(userId)?.();
    const others = withoutUser(typists.snapshot, userId);
    if (typing && userId !== core.self?.userId) {
      expiries.set(userId, core.clock.after(TYPING_MS, () => typed({ userId, userName })));
      if (others.length === typists.snapshot.length) typists.set([...others, { userId, userName }]);
    } else if (expiries.delete(userId)) typists.set(others);
  }

  /** False for what was seen before. */
  function accept(message: NewMessage): boolean {
    const { epoch, offset } = message;
    // without its own messages a reader's offsets skip rightfully
    const next = stepToMessage(position.snapshot, { epoch, offset }, echo ? offset - 1 : 0);
    if (!next) return false;
    if (message.userId === core.self?.userId) lane.seen(message);
    typed(message);
    step(next);
    return true;
  }

  /** What is known of who is here, by what tells of it. */
  const told: Partial<Record<ServerType, (payload: Told) => void>> = {
    // the room as it is at the moment of a join, also of one that a transport made by itself [J1]
    joined_room(room) {
      step(stepToJoin(position.snapshot, room));
      counted(room);
      mark(room.epoch, room.read);
    },
    room_users: counted,
    user_joined: (user) => presence.set(withUser(presence.snapshot, user)),
    user_left(user) {
      presence.set(lessUser(presence.snapshot, user.userId));
      typed(user);
    },
    user_typing: (user) => typed(user, user.typing),
    messages_read: (read) => mark(read.epoch, [read]),
    reset({ epoch, offset, reason }) {
      step(stepToReset(position.snapshot, { epoch, offset }, offset, reason));
      mark(epoch, []);
    },
    behind() {},
  };
  const news = new Map(Object.entries(told));

  return {
    stores: { presence, typists, marks, position },
    received({ type, payload }) {
      const tell = news.get(type);
      const { epoch, offset } = payload as Told;
      if (tell) tell(payload as Told);
      // whatever else has a place in the log is a message of the log, also of features yet to come
      else if (epoch && offset && !accept(payload as Told)) return;
      emit(type, payload);
    },
    deafen() {
      for (const user of typists.snapshot) typed(user);
    },
  };
}
