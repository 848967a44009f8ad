import type { Ack, Envelope } from "../../src/protocol/messages.ts";
import type { Position } from "../../src/protocol/position.ts";
import type { ClientEvent, Logged, RunEvent } from "./events.ts";
import type { Link, LinkEnd } from "./link.ts";
import type { Random } from "./random.ts";
import type { Scheduler } from "./scheduler.ts";
import { bodyText } from "./unsteady_store.ts";

export interface ClientOptions {
  readonly id: string;
  readonly userId: string;
  readonly scheduler: Scheduler;
  readonly random: Random;
  readonly record: (event: RunEvent) => void;
  /** Connects somewhere; `undefined` when no node takes connections. */
  readonly connect: (client: Client, conn: string) => Link | undefined;
  /** one message of a room at a time, each after the ack of the one before; or all as they come */
  readonly sequential: boolean;
  readonly echo: boolean;
  /** how long it waits for an ack before it sends the message again, in ms */
  readonly ackTimeoutMs: number;
}

/** A room the client wants to be in. */
interface Place {
  readonly room: string;
  readonly history: number;
  state: "out" | "asked" | "in";
  position: Position | undefined;
  /** the furthest mark it wants kept */
  mark: Position | undefined;
}

/** A message that is not acknowledged yet. */
interface Unsent {
  readonly room: string;
  readonly messageId: string;
  readonly type: "send_message" | "publish";
  readonly body: string;
  sent: boolean;
  stopWaiting: () => void;
}

interface Asked {
  readonly type: "send" | "join_room" | "leave_room" | "read_messages" | "get_history" | "other";
  readonly room: string;
  /** how many times it was sent and not answered */
  open: number;
}

// deno-lint-ignore no-explicit-any -- frames are read as a client without any schema reads them
type Down = Envelope<string, any>;

/**
 * A client as the protocol document wants it: it joins with its position, sends what was not acknowledged again
 * under the same messageId, skips offsets it has, and honours `reset`. It writes down all it says and sees, and
 * leaves the judging to the checker.
 */
export class Client implements LinkEnd {
  readonly id: string;
  readonly userId: string;
  readonly #options: ClientOptions;
  readonly #places = new Map<string, Place>();
  readonly #unsent = new Map<string, Unsent>();
  readonly #acked: { readonly room: string; readonly messageId: string; readonly body: string }[] = [];
  readonly #asked = new Map<string, Asked>();
  #link: Link | undefined;
  #greeted = false;
  #retryAfterMs = 0;
  #connections = 0;
  #names = 0;
  #staysAway = false;
  #gone = false;
  #reconnecting = false;

  constructor(options: ClientOptions) {
    this.id = options.id;
    this.userId = options.userId;
    this.#options = options;
  }

  /** Rooms it is to be in. */
  get rooms(): string[] {
    return [...this.#places.keys()];
  }

  get connected(): boolean {
    return this.#greeted;
  }

  get link(): Link | undefined {
    return this.#link;
  }

  // ------------------------------------------------------------------------------------- what it does

  start(): void {
    if (this.#gone) return;
    this.#staysAway = false;
    this.#connect();
  }

  /** Wants to be in a room, from `position` on if it has one. */
  join(room: string, { history = 0, position }: { history?: number; position?: Position } = {}): void {
    const known = this.#places.get(room);
    if (known) {
      // joining again answers again and replays nothing [J1]
      if (known.state === "in") this.#join(known);
      return;
    }
    const place: Place = { room, history, state: "out", position, mark: undefined };
    this.#places.set(room, place);
    if (this.#greeted) this.#join(place);
  }

  leave(room: string): void {
    const place = this.#places.get(room);
    // a mark that may be stored or not is settled first: nobody would be told of it
    if (!place || place.state === "asked" || place.mark) return;
    this.#places.delete(room);
    if (!this.#greeted || place.state === "out") return;
    const messageId = this.#name("leave");
    this.#record({ ev: "leave", room, messageId });
    this.#ask({ type: "leave_room", room }, messageId, { roomId: room });
  }

  say(room: string, text: string): void {
    this.#take(room, "send_message", text);
  }

  /** The same for an application's durable event. */
  publish(room: string, text: string): void {
    this.#take(room, "publish", bodyText("event", { event: "thing", data: text }));
  }

  /** Sends something that was acknowledged once more, or another message under its id. */
  repeat(body?: string): void {
    const one = this.#acked.at(-1);
    if (!one || !this.#greeted || (this.#asked.get(one.messageId)?.open ?? 0) > 0) return;
    this.#transmit({ ...one, type: "send_message", body: body ?? one.body, sent: false, stopWaiting() {} });
  }

  mark(room: string): void {
    const place = this.#places.get(room);
    if (!place?.position || place.position.offset === 0) return;
    place.mark = place.position;
    this.#sendMark(place);
  }

  typing(room: string, typing: boolean): void {
    const place = this.#places.get(room);
    if (place?.state !== "in") return;
    const type = typing ? "typing_start" : "typing_end";
    const messageId = this.#name("typing");
    this.#record({ ev: "ask", room, messageId, type });
    this.#ask({ type: "other", room }, messageId, { roomId: room }, type);
  }

  /** An event of which only the latest counts. */
  flicker(room: string): void {
    if (!this.#greeted) return;
    const messageId = this.#name("flicker");
    const payload = { roomId: room, event: "flicker", data: messageId, ephemeral: true, key: "k" };
    this.#record({ ev: "ask", room, messageId, type: "publish" });
    this.#ask({ type: "other", room }, messageId, payload, "publish");
  }

  page(room: string): void {
    if (!this.#greeted) return;
    const messageId = this.#name("page");
    this.#record({ ev: "ask", room, messageId, type: "get_history" });
    this.#ask({ type: "get_history", room }, messageId, { roomId: room, limit: 20 });
  }

  /** Closes in an orderly way and stays away for a while, or for good. */
  quit(awayMs: number): void {
    this.#staysAway = true;
    this.#gone ||= awayMs === Infinity;
    if (this.#link) {
      this.#link.hangUp();
      this.closed(1000);
    }
    if (!this.#gone) this.#options.scheduler.after(awayMs, () => this.start());
  }

  // ------------------------------------------------------------------------------------- what it sees

  closed(code: number): void {
    if (this.#link) this.#record({ ev: "close", code });
    this.#link = undefined;
    this.#greeted = false;
    this.#asked.clear();
    for (const place of this.#places.values()) place.state = "out";
    for (const unsent of this.#unsent.values()) {
      unsent.stopWaiting();
      unsent.sent = false;
    }
    if (this.#staysAway) return;
    const waitMs = this.#retryAfterMs > 0 ? this.#retryAfterMs / 10 : this.#options.random.wait(150);
    this.#retryAfterMs = 0;
    this.#reconnectAfter(waitMs);
  }

  frame(text: string): void {
    const down = read(text);
    if (!down) return this.#record({ ev: "unreadable", frame: text });
    if (down.type === "batch") { for (const one of down.payload) this.#hear(one); }
    else this.#hear(down);
  }

  #hear(down: Down): void {
    const { type, payload } = down;
    const room = payload.roomId;
    switch (type) {
      case "welcome":
        this.#record({ ev: "open", user: payload.userId });
        return this.#welcome();
      case "ack":
        return this.#answered(down.messageId!, payload);
      case "new_message":
      case "event":
        if (payload.offset !== undefined) this.#received(loggedOf(type, payload));
        return;
      case "behind":
        return this.#record({ ev: "behind", room, epoch: payload.epoch, offset: payload.offset });
      case "reset":
        return this.#reset(payload);
      case "room_users":
        return this.#record({ ev: "users", room, users: payload.users.map(userId) });
      case "user_joined":
        return this.#record({ ev: "came", room, user: payload.userId });
      case "user_left":
        return this.#record({ ev: "went", room, user: payload.userId });
      case "messages_read":
        return this.#record({
          ev: "read",
          room,
          user: payload.userId,
          epoch: payload.epoch,
          upTo: payload.upTo,
        });
      case "user_typing":
        return this.#record({ ev: "typing", room, user: payload.userId, typing: payload.typing });
      case "drain":
        this.#retryAfterMs = payload.retryAfterMs;
        return;
    }
  }

  // ------------------------------------------------------------------------------------- helpers

  #connect(): void {
    if (this.#link || this.#staysAway) return;
    this.#link = this.#options.connect(this, `${this.id}.${++this.#connections}`);
    if (!this.#link) this.#reconnectAfter(this.#options.random.wait(150));
  }

  #reconnectAfter(ms: number): void {
    if (this.#reconnecting) return;
    this.#reconnecting = true;
    this.#options.scheduler.after(ms, () => {
      this.#reconnecting = false;
      this.#connect();
    });
  }

  #welcome(): void {
    this.#greeted = true;
    for (const place of this.#places.values()) this.#join(place);
    for (const room of new Set([...this.#unsent.values()].map(({ room }) => room))) this.#transmitNext(room);
  }

  #join(place: Place): void {
    const { room, history, position } = place;
    const { echo } = this.#options;
    if (place.state === "out") place.state = "asked";
    const messageId = this.#name("join");
    this.#record({ ev: "join", room, messageId, history, echo, ...position && { since: { ...position } } });
    this.#ask({ type: "join_room", room }, messageId, { roomId: room, since: position, history, echo });
  }

  #sendMark(place: Place): void {
    const { room, mark } = place;
    if (!mark || place.state !== "in") return;
    const messageId = this.#name("mark");
    this.#record({ ev: "mark", room, messageId, epoch: mark.epoch, upTo: mark.offset });
    this.#ask({ type: "read_messages", room }, messageId, {
      roomId: room,
      epoch: mark.epoch,
      upTo: mark.offset,
    });
  }

  #take(room: string, type: Unsent["type"], body: string): void {
    const messageId = this.#name("m");
    this.#unsent.set(messageId, { room, messageId, type, body, sent: false, stopWaiting() {} });
    this.#transmitNext(room);
  }

  #transmitNext(room: string): void {
    if (!this.#greeted) return;
    for (const unsent of this.#unsent.values()) {
      if (unsent.room !== room) continue;
      if (!unsent.sent) this.#transmit(unsent);
      if (this.#options.sequential) return;
    }
  }

  #transmit(unsent: Unsent): void {
    const { room, messageId, type, body } = unsent;
    const { scheduler, ackTimeoutMs } = this.#options;
    unsent.sent = true;
    this.#record({ ev: "send", user: this.userId, room, messageId, body });
    const payload = type === "send_message"
      ? { roomId: room, content: body }
      : { roomId: room, event: "thing", data: JSON.parse(body.slice("thing ".length)) };
    this.#ask({ type: "send", room }, messageId, payload, type);
    unsent.stopWaiting();
    unsent.stopWaiting = scheduler.after(ackTimeoutMs, () => this.#again(unsent));
  }

  #again(unsent: Unsent): void {
    if (this.#greeted && this.#unsent.get(unsent.messageId) === unsent) this.#transmit(unsent);
  }

  #ask(asked: Omit<Asked, "open">, messageId: string, payload: object, type: string = asked.type): void {
    const open = (this.#asked.get(messageId)?.open ?? 0) + 1;
    this.#asked.set(messageId, { ...asked, open });
    this.#link?.up(JSON.stringify({ type, payload, messageId }), messageId);
  }

  // deno-lint-ignore no-explicit-any -- an answer's fields depend on what was asked
  #answered(messageId: string, ack: Ack<any>): void {
    const asked = this.#asked.get(messageId);
    if (asked) asked.open--;
    if (!ack.success) {
      this.#record({ ev: "nack", messageId, code: ack.error.code });
      return asked && this.#refused(asked, messageId, ack.error.retryable);
    }
    const room = ack.roomId ?? asked?.room;
    switch (asked?.type) {
      case "send":
        return this.#saved(messageId, ack);
      case "join_room":
        return this.#joined(messageId, ack);
      case "leave_room":
        return this.#record({ ev: "left", room, messageId });
      case "read_messages": {
        this.#record({ ev: "marked", room, messageId, epoch: ack.epoch, upTo: ack.upTo });
        const place = this.#places.get(room);
        if (place?.mark && place.mark.epoch === ack.epoch && place.mark.offset <= ack.upTo) {
          place.mark = undefined;
        }
        return;
      }
      case "get_history": {
        const entries = ack.messages.map((one: Down) => loggedOf(one.type, one.payload));
        return this.#record({ ev: "page", room, messageId, entries });
      }
      default:
        return this.#record({ ev: "answer", room, messageId });
    }
  }

  #refused({ type, room }: Asked, messageId: string, retryable: boolean): void {
    const { scheduler, random } = this.#options;
    const place = this.#places.get(room);
    const again = (task: () => void) => void scheduler.after(random.wait(150), () => this.#greeted && task());
    switch (type) {
      case "send": {
        const unsent = this.#unsent.get(messageId);
        if (!unsent) return;
        unsent.stopWaiting();
        if (retryable) return again(() => this.#again(unsent));
        this.#unsent.delete(messageId);
        return this.#transmitNext(room);
      }
      case "join_room":
        if (!place || place.state === "in") return;
        if (!retryable) return void this.#places.delete(room);
        return again(() => place.state === "asked" && this.#joinAgain(place));
      case "read_messages":
        if (!place?.mark) return;
        if (!retryable) place.mark = undefined;
        else again(() => this.#sendMark(place));
    }
  }

  #joinAgain(place: Place): void {
    place.state = "out";
    if (this.#places.get(place.room) === place) this.#join(place);
  }

  // deno-lint-ignore no-explicit-any -- see above
  #saved(messageId: string, ack: any): void {
    const { roomId: room, epoch, offset, savedId: id, duplicate } = ack;
    this.#record({ ev: "ack", room, messageId, epoch, offset, id, duplicate });
    const unsent = this.#unsent.get(messageId);
    if (!unsent) return;
    unsent.stopWaiting();
    this.#unsent.delete(messageId);
    if (unsent.type === "send_message") this.#acked.push(unsent);
    this.#transmitNext(room);
  }

  // deno-lint-ignore no-explicit-any -- see above
  #joined(messageId: string, ack: any): void {
    const { roomId: room, epoch, from, offset, recovered, users, read } = ack;
    this.#record({
      ev: "joined",
      room,
      messageId,
      epoch,
      from,
      offset,
      ...recovered === undefined ? {} : { recovered },
      users: users.map(userId),
      read,
    });
    const place = this.#places.get(room);
    if (!place || place.state === "in") return;
    place.state = "in";
    place.position = { epoch, offset: from };
    if (place.mark?.epoch !== epoch) place.mark = undefined;
    this.#sendMark(place);
  }

  #received(entry: Logged): void {
    this.#record({ ev: "recv", ...entry });
    const position = this.#places.get(entry.room)?.position;
    if (position?.epoch === entry.epoch && entry.offset > position.offset) {
      this.#places.get(entry.room)!.position = { epoch: entry.epoch, offset: entry.offset };
    }
  }

  #reset({ roomId: room, epoch, offset, reason }: Down["payload"]): void {
    this.#record({ ev: "reset", room, epoch, offset, reason });
    const place = this.#places.get(room);
    if (!place) return;
    if (place.mark?.epoch !== epoch) place.mark = undefined;
    place.position = { epoch, offset };
  }

  #name(what: string): string {
    return `${this.id}-${what}${++this.#names}`;
  }

  #record(event: Bare<ClientEvent>): void {
    const { record, scheduler } = this.#options;
    const conn = `${this.id}.${this.#connections}`;
    record({ t: scheduler.nowMs, client: this.id, conn, ...event } as ClientEvent);
  }
}

/** The frames read last: those of a room are the same text for all its readers. */
const lately = new Map<string, Down>();

function read(text: string): Down | undefined {
  let down = lately.get(text);
  if (down) return down;
  try {
    down = JSON.parse(text) as Down;
  } catch {
    return undefined;
  }
  if (lately.size === 50) lately.clear();
  lately.set(text, down);
  return down;
}

type Bare<E> = E extends unknown ? Omit<E, "t" | "client" | "conn"> : never;

// deno-lint-ignore no-explicit-any -- see above
function loggedOf(type: string, payload: any): Logged {
  const { roomId: room, epoch, offset, id, userId: user, messageId } = payload;
  return { room, epoch, offset, id, user, messageId, body: bodyText(type, payload) };
}

function userId({ userId }: { readonly userId: string }): string {
  return userId;
}
