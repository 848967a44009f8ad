import { SendMessage, Typing } from "../protocol/schemas.ts";
import { FeatureMessages } from "../protocol/server_schemas.ts";
import { ClientType } from "../protocol/wire.ts";
import { type Cancel, type Feature, featureHandler, type FeatureRoom } from "../hub/feature.ts";

/** What can be chosen about chat rooms. */
export interface ChatOptions {
  /** after this long a `typing_start` that was not repeated ends by itself [J4] */
  readonly typingMs?: number;
  /** Which rooms are chat rooms; all that no feature before it owns, by default. */
  readonly owns?: (roomId: string) => boolean;
}

/** Rooms in which people talk: messages with replies, and who is typing. */
export function chat({ typingMs = 5000, owns = () => true }: ChatOptions = {}): Feature {
  const rooms = new WeakMap<FeatureRoom, Typists>();
  const typistsOf = (room: FeatureRoom) => {
    let typists = rooms.get(room);
    if (!typists) rooms.set(room, typists = new Typists(room, typingMs));
    return typists;
  };
  return {
    name: "chat",
    owns,
    handlers: {
      [ClientType.sendMessage]: featureHandler<SendMessage>({
        schema: SendMessage,
        right: "write",
        handle({ payload: { content, replyTo }, publish }) {
          publish("new_message", { content, replyTo: replyTo ?? null });
        },
      }),
      [ClientType.typingStart]: featureHandler<Typing>({
        schema: Typing,
        right: "write",
        joined: true,
        ephemeral: true,
        handle({ room, identity }) {
          if (room) typistsOf(room).start(identity);
          return {};
        },
      }),
      [ClientType.typingEnd]: featureHandler<Typing>({
        schema: Typing,
        right: "write",
        joined: true,
        ephemeral: true,
        handle({ room, identity }) {
          if (room) typistsOf(room).end(identity.userId);
          return {};
        },
      }),
    },
    sends: { new_message: FeatureMessages.new_message, user_typing: FeatureMessages.user_typing },
    // a message ends its sender's typing [A1b]
    stored: (room, userId) => rooms.get(room)?.end(userId),
    left: (room, { userId }) => rooms.get(room)?.end(userId),
    closed: (room) => rooms.get(room)?.close(),
  };
}

interface Typist {
  readonly userName: string;
  readonly expire: Cancel;
}

/** Who is typing in one room. [J4] */
class Typists {
  readonly #room: FeatureRoom;
  readonly #typingMs: number;
  readonly #typing = new Map<string, Typist>();

  constructor(room: FeatureRoom, typingMs: number) {
    this.#room = room;
    this.#typingMs = typingMs;
  }

  start({ userId, userName }: { readonly userId: string; readonly userName: string }): void {
    // who was told of a start is told of its end, however many came meanwhile [J3]
    if (!this.#room.small) return;
    const known = this.#typing.get(userId);
    known?.expire();
    const expire = this.#room.clock.after(this.#typingMs, () => this.end(userId));
    this.#typing.set(userId, { userName, expire });
    // a repeat is told too: who joined meanwhile, or expired it, learns of it
    this.#tell(userId, userName, true);
  }

  end(userId: string): void {
    const known = this.#typing.get(userId);
    if (!known) return;
    known.expire();
    this.#typing.delete(userId);
    this.#tell(userId, known.userName, false);
  }

  close(): void {
    for (const { expire } of this.#typing.values()) expire();
    this.#typing.clear();
  }

  #tell(userId: string, userName: string, typing: boolean): void {
    const payload = { roomId: this.#room.id, userId, userName, typing };
    this.#room.broadcast("user_typing", payload, { key: `typing:${userId}`, except: userId });
  }
}
