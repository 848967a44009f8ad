import type { Ack, Envelope, JoinedRoom, NewMessage } from "../../../src/protocol/messages.ts";
import { unbatch } from "../../../src/client/codec.ts";
import { FakeSocket, type Sent } from "./fake_socket.ts";

/** How often each thing goes wrong: 0–1. */
export interface Faults {
  /** the connection is cut before a frame is read */
  cutBefore: number;
  /** the connection is cut when a frame was carried out, before its answer */
  cutAfter: number;
  /** the answer is lost, the connection lives */
  silent: number;
  /** a retryable error instead of doing it */
  busy: number;
  /** a connection is refused */
  refused: number;
  /** a resume finds its messages trimmed */
  trimmed: number;
}

export const NO_FAULTS: Faults = { cutBefore: 0, cutAfter: 0, silent: 0, busy: 0, refused: 0, trimmed: 0 };

interface Room {
  log: NewMessage[];
  /** messageId → offset of everything stored by the user under test */
  stored: Map<string, number>;
  oldest: number;
}

/**
 * A relay with one user and others that talk: it keeps the protocol's promises about order, idempotency and
 * resume, and breaks every promise about connections that it may. What it says travels in order and arrives
 * when `flush` lets it; a cut loses what has not arrived.
 */
export class FlakyServer {
  readonly rooms = new Map<string, Room>();
  faults: Faults;
  readonly #random: () => number;
  #live: { socket: FakeSocket; down: Envelope[]; joined: Set<string> } | undefined;

  constructor(random: () => number, faults: Faults) {
    this.#random = random;
    this.faults = faults;
  }

  /** The WebSocket class whose other end this is. */
  get WebSocket(): new (url: string, protocols: string[]) => FakeSocket {
    // deno-lint-ignore no-this-alias -- the class below has a `this` of its own
    const server = this;
    return class extends FakeSocket {
      constructor(url: string, protocols: string[]) {
        super(url, protocols);
        queueMicrotask(() => server.#accept(this));
      }
      override send(data: string): void {
        for (const envelope of unbatch(JSON.parse(data))) server.#read(this, envelope as Sent);
      }
    };
  }

  room(roomId: string): Room {
    const room = this.rooms.get(roomId) ?? { log: [], stored: new Map(), oldest: 1 };
    this.rooms.set(roomId, room);
    return room;
  }

  /** Somebody else says something. */
  others(roomId: string): void {
    this.#append(roomId, "bob", `bob-${this.room(roomId).log.length}`, "from bob");
  }

  /** Lets up to `count` frames arrive. */
  flush(count = Infinity): void {
    const live = this.#live;
    for (let i = 0; i < count && live && this.#live === live && live.down.length; i++) {
      live.socket.says(live.down.shift()!);
    }
  }

  /** The connection breaks; what was on its way is lost. */
  cut(code = 1006): void {
    const live = this.#live;
    this.#live = undefined;
    live?.socket.ends(code);
  }

  #accept(socket: FakeSocket): void {
    if (this.#chance("refused")) return socket.ends(1006);
    this.#live = { socket, down: [], joined: new Set() };
    socket.welcome();
  }

  #read(socket: FakeSocket, request: Sent): void {
    if (this.#live?.socket !== socket) return;
    if (this.#chance("cutBefore")) return queueMicrotask(() => this.cut());
    const { type, messageId } = request;
    if (type === "ping") return this.#say({ type: "pong", payload: {} });
    if (messageId === undefined) return;
    const answer = this.#chance("busy") ? BUSY : this.#answer(request);
    if (this.#chance("cutAfter")) return queueMicrotask(() => this.cut());
    const silent = type !== "join_room" && this.#chance("silent");
    if (!silent) this.#say({ type: "ack", messageId, payload: answer });
    if (type === "join_room" && answer.success) this.#attach(request, answer as unknown as JoinedRoom);
    if (type === "send_message" && answer.success && !answer.duplicate) {
      this.#fanOut(String(request.payload.roomId));
    }
  }

  #answer({ type, messageId, payload }: Sent): Ack {
    const roomId = String(payload.roomId);
    const room = this.room(roomId);
    const top = room.log.length;
    if (type === "join_room") {
      const since = payload.since as { offset: number } | undefined;
      if (since && this.#chance("trimmed")) room.oldest = top + 1;
      const recovered = !!since && since.offset + 1 >= room.oldest;
      const from = recovered ? since.offset : top;
      return {
        success: true,
        roomId,
        epoch: "e1",
        from,
        offset: top,
        ...since && { recovered },
        users: [],
        count: 0,
        read: [],
        unread: 0,
      };
    }
    const known = room.stored.get(messageId!);
    const offset = known ?? this.#append(roomId, "alice", messageId!, String(payload.content));
    room.stored.set(messageId!, offset);
    return {
      success: true,
      savedId: `${roomId}-${offset}`,
      roomId,
      epoch: "e1",
      offset,
      duplicate: known !== undefined,
    };
  }

  /** After the answer to a join: the replay, then everything live. [J1] */
  #attach({ payload }: Sent, { from }: JoinedRoom): void {
    const roomId = String(payload.roomId);
    this.#live?.joined.add(roomId);
    for (const message of this.room(roomId).log.slice(from)) {
      this.#say({ type: "new_message", payload: message });
    }
  }

  /** One's own message follows its ack; other people's go out as they are stored. [A1b] */
  #fanOut(roomId: string): void {
    if (!this.#live?.joined.has(roomId)) return;
    this.#say({ type: "new_message", payload: this.room(roomId).log.at(-1)! });
  }

  #append(roomId: string, userId: string, messageId: string, content: string): number {
    const { log } = this.room(roomId);
    const offset = log.length + 1;
    const at = {
      id: `${roomId}-${offset}`,
      roomId,
      epoch: "e1",
      offset,
      messageId,
      timestamp: "2026-11-21T10:00:00.000Z",
    };
    log.push({ ...at, userId, userName: userId, content, replyTo: null });
    if (userId !== "alice") this.#fanOut(roomId);
    return offset;
  }

  #say(envelope: Envelope): void {
    this.#live?.down.push(envelope);
  }

  #chance(fault: keyof Faults): boolean {
    return this.#random() < this.faults[fault];
  }
}

const BUSY: Ack = {
  success: false,
  error: { code: "store_unavailable", message: "Cannot do it now", retryable: true, retryAfterMs: 50 },
};
