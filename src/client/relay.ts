import type { User } from "../protocol/messages.ts";
import type { Conversation } from "./conversation.ts";
import { createConversation } from "./conversation.ts";
import { createRoom } from "./room.ts";
import type { Settings } from "./settings.ts";
import type { Transport } from "./transports/transport.ts";
import type { Relay, RelayOptions, RelayState, Room, RoomOptions } from "./types.ts";

/** A conversation as the application sees it. */
export class RelayClient extends EventTarget implements Relay {
  readonly #inner: Conversation;

  constructor(transport: Transport, options: RelayOptions, settings: Settings) {
    super();
    this.#inner = createConversation(
      transport,
      options,
      settings,
      (type, detail) => this.dispatchEvent(new CustomEvent(type, { detail })),
    );
  }

  get state(): RelayState {
    return this.#inner.link.state;
  }

  get ready(): Promise<void> {
    return this.#inner.ready;
  }

  get self(): User | undefined {
    return this.#inner.core.self;
  }

  get session(): string | undefined {
    return this.#inner.credentials.session;
  }

  get maxMessageBytes(): number {
    return this.#inner.core.outbox.maxBytes;
  }

  room(roomId: string, options: RoomOptions = {}): Room {
    const { core, rooms } = this.#inner;
    const known = rooms.get(roomId);
    known?.again();
    if (known) return known;
    const room = createRoom(core, roomId, options);
    rooms.set(roomId, room);
    if (this.state.status === "closed") room.end(core.barred!);
    if (core.online) room.up();
    return room;
  }

  reconnectNow(): void {
    this.#inner.link.reconnectNow();
  }

  close(): void {
    this.#inner.link.close(1000, "");
  }
}
