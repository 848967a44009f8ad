import type { ClientEvent } from "../simulation/events.ts";

/** Without `t`, `client` and `conn`, which every line has. */
type Line = { readonly ev: ClientEvent["ev"]; readonly [field: string]: unknown };

interface Frame {
  readonly type: string;
  // deno-lint-ignore no-explicit-any -- what came is written down as it is
  readonly payload: any;
  readonly messageId?: string;
}

interface Sending {
  readonly room: string;
  readonly content: string;
  readonly done: () => void;
}

/** How long a client waits for its ack before it sends the same message again. */
const ACK_MS = 2000;
const RECONNECT_MS = 150;

/**
 * A client that does what PROTOCOL.md asks of one over a real socket, whatever happens to the server: it comes back,
 * joins with its position, repeats what was not acknowledged under the same messageId; and it writes down what it
 * saw in the lines that the simulation's checker reads.
 */
export class WireClient {
  readonly events: ClientEvent[] = [];
  readonly name: string;
  readonly rooms: readonly string[];
  readonly #url: string;
  readonly #positions = new Map<string, { epoch: string; offset: number }>();
  readonly #waiting = new Map<string, Sending>();
  readonly #joins = new Map<string, string>();
  #socket: WebSocket | undefined;
  #session: string | undefined;
  #user = "";
  #connections = 0;
  #conn = "";
  #joined = new Set<string>();
  #lastId = 0;
  #closing = false;
  #reconnect: ReturnType<typeof setTimeout> | undefined;
  readonly #retry: ReturnType<typeof setInterval>;
  #gone: (() => void) | undefined;
  #nodeId = "";

  constructor(url: string, name: string, rooms: readonly string[]) {
    this.#url = url;
    this.name = name;
    this.rooms = rooms;
    this.#retry = setInterval(() => this.#repeat(), ACK_MS);
    this.#open();
  }

  /** The node the client is at. */
  get nodeId(): string {
    return this.#nodeId;
  }

  /** True while it is in all its rooms. */
  get isIn(): boolean {
    return this.rooms.every((room) => this.#joined.has(room));
  }

  get unanswered(): number {
    return this.#waiting.size;
  }

  position(room: string): number {
    return this.#positions.get(room)?.offset ?? 0;
  }

  /** Resolves once the message is acknowledged, however long that takes. */
  send(room: string, content: string): Promise<void> {
    return new Promise((done) => {
      const messageId = `${this.name}-${++this.#lastId}`;
      this.#waiting.set(messageId, { room, content, done });
      this.#say(messageId);
    });
  }

  async close(): Promise<void> {
    this.#closing = true;
    clearTimeout(this.#reconnect);
    clearInterval(this.#retry);
    if (this.#socket && this.#socket.readyState !== WebSocket.CLOSED) {
      await new Promise<void>((resolve) => {
        this.#gone = resolve;
        this.#socket!.close(1000);
      });
    }
  }

  #open(): void {
    const protocols = this.#session ? ["denbun.json", `bearer.${this.#session}`] : ["denbun.json"];
    const socket = new WebSocket(`${this.#url}?name=${this.name}`, protocols);
    this.#socket = socket;
    socket.addEventListener("message", ({ data }) => this.#take(JSON.parse(data)));
    socket.addEventListener("close", ({ code }) => {
      if (this.#conn !== "") this.#note({ ev: "close", code });
      this.#conn = "";
      this.#joined = new Set();
      this.#gone?.();
      if (!this.#closing) {
        this.#reconnect = setTimeout(() => this.#open(), RECONNECT_MS * (0.5 + Math.random()));
      }
    });
    socket.addEventListener("error", (event) => event.preventDefault());
  }

  #take({ type, payload, messageId }: Frame): void {
    switch (type) {
      case "welcome":
        return this.#welcomed(payload);
      case "ack":
        return this.#answered(messageId!, payload);
      case "new_message":
        return this.#heard(payload);
      case "behind":
        return this.#note({
          ev: "behind",
          room: payload.roomId,
          epoch: payload.epoch,
          offset: payload.offset,
        });
      case "reset": {
        const { roomId: room, epoch, offset, reason } = payload;
        this.#positions.set(room, { epoch, offset });
        return this.#note({ ev: "reset", room, epoch, offset, reason });
      }
      case "user_joined":
        return this.#note({ ev: "came", room: payload.roomId, user: payload.userId });
      case "user_left":
        return this.#note({ ev: "went", room: payload.roomId, user: payload.userId });
      case "room_users":
        return this.#note({ ev: "users", room: payload.roomId, users: idsOf(payload.users) });
    }
  }

  #welcomed(payload: Frame["payload"]): void {
    this.#session = payload.session ?? this.#session;
    this.#user = payload.userId;
    this.#nodeId = payload.nodeId;
    this.#conn = `${this.name}/${++this.#connections}`;
    this.#note({ ev: "open", user: this.#user });
    for (const room of this.rooms) {
      const messageId = `${this.#conn.replace("/", ".")}-join-${room}`;
      const since = this.#positions.get(room);
      this.#joins.set(messageId, room);
      this.#note({ ev: "join", room, messageId, history: 0, echo: true, ...since && { since } });
      this.#frame("join_room", { roomId: room, ...since && { since } }, messageId);
    }
    for (const id of this.#waiting.keys()) this.#say(id);
  }

  #answered(messageId: string, payload: Frame["payload"]): void {
    if (!payload.success) return this.#note({ ev: "nack", messageId, code: payload.error.code });
    const room = this.#joins.get(messageId);
    if (room !== undefined) {
      const { epoch, from, offset, recovered, users, read } = payload;
      this.#positions.set(room, { epoch, offset: from });
      this.#joined.add(room);
      const joined = {
        ev: "joined" as const,
        room,
        messageId,
        epoch,
        from,
        offset,
        users: idsOf(users),
        read,
      };
      return this.#note(recovered === undefined ? joined : { ...joined, recovered });
    }
    const sending = this.#waiting.get(messageId);
    const { roomId, epoch, offset, savedId: id, duplicate } = payload;
    this.#note({ ev: "ack", room: roomId, messageId, epoch, offset, id, duplicate });
    this.#waiting.delete(messageId);
    sending?.done();
  }

  #heard(payload: Frame["payload"]): void {
    const { roomId: room, epoch, offset, id, userId: user, messageId, content: body } = payload;
    this.#positions.set(room, { epoch, offset });
    this.#note({ ev: "recv", room, epoch, offset, id, user, messageId, body });
  }

  #repeat(): void {
    for (const messageId of this.#waiting.keys()) this.#say(messageId);
  }

  #say(messageId: string): void {
    const sending = this.#waiting.get(messageId);
    if (!sending || this.#conn === "" || this.#socket?.readyState !== WebSocket.OPEN) return;
    const { room, content } = sending;
    this.#note({ ev: "send", room, user: this.#user, messageId, body: content });
    this.#frame("send_message", { roomId: room, content }, messageId);
  }

  #frame(type: string, payload: object, messageId: string): void {
    this.#socket!.send(JSON.stringify({ type, payload, messageId }));
  }

  #note(line: Line): void {
    const seen = { t: performance.now(), client: this.name, conn: this.#conn };
    this.events.push({ ...seen, ...line } as unknown as ClientEvent);
  }
}

function idsOf(users: readonly { readonly userId: string }[]): string[] {
  return users.map(({ userId }) => userId);
}
