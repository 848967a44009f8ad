import type {
  Gap,
  History,
  NewMessage,
  Observable,
  Outgoing,
  Presence,
  Relay,
  RelayState,
  Room,
  RoomEvents,
  RoomState,
  Saved,
  SendOptions,
  User,
} from "../../src/client/mod.ts";
import { RelayError } from "../../src/client/errors.ts";

/** A value that a test changes by hand. */
export class FakeValue<T> implements Observable<T> {
  #snapshot: T;
  readonly #listeners = new Set<(snapshot: T) => void>();

  constructor(snapshot: T) {
    this.#snapshot = snapshot;
  }

  get snapshot(): T {
    return this.#snapshot;
  }

  set(snapshot: T): void {
    this.#snapshot = snapshot;
    for (const listener of this.#listeners) listener(snapshot);
  }

  subscribe(fn: (snapshot: T) => void): () => void {
    this.#listeners.add(fn);
    return () => this.#listeners.delete(fn);
  }
}

/** The first log of each fake room. */
export const EPOCH = "e1";

/** A room whose other side is the test: it sends nothing by itself and remembers what was asked of it. */
export class FakeRoom implements Room {
  readonly state = new FakeValue<RoomState>({ status: "joining" });
  readonly presence = new FakeValue<Presence>({ users: [], count: 0 });
  readonly typists = new FakeValue<readonly User[]>([]);
  readonly marks = new FakeValue<ReadonlyMap<string, number>>(new Map());
  readonly position = new FakeValue(undefined);
  readonly outgoing = new FakeValue<readonly Outgoing[]>([]);
  readonly asked: string[] = [];
  /** what is on the server: history is answered from it */
  log: NewMessage[] = [];
  epoch = EPOCH;
  /** makes sends and history fail while it is set */
  failure: RelayError | undefined;
  isLeft = false;
  readonly id: string;
  readonly #listeners = new Map<string, Set<(payload: never) => void>>();
  #sent = 0;

  constructor(id: string) {
    this.id = id;
  }

  /** The server lets us in, with what is on the log after `from`. */
  enter({ from = 0, read = [] as { userId: string; upTo: number }[] } = {}): void {
    const offset = this.log.at(-1)?.offset ?? 0;
    this.state.set({ status: "joined" });
    this.marks.set(new Map(read.map((mark) => [mark.userId, mark.upTo])));
    this.emit("joined_room", {
      roomId: this.id,
      epoch: this.epoch,
      from,
      offset,
      users: [],
      count: 0,
      read,
      unread: 0,
    });
    for (const message of this.log) if (message.offset > from) this.emit("new_message", message);
  }

  /** Someone says something; it is delivered at once. */
  say(user: string, content: string, more: Partial<NewMessage> = {}): NewMessage {
    const message = this.store(user, content, more);
    this.emit("new_message", message);
    return message;
  }

  /** Someone says something that is stored and not delivered. */
  store(user: string, content: string, more: Partial<NewMessage> = {}): NewMessage {
    const offset = more.offset ?? (this.log.at(-1)?.offset ?? 0) + 1;
    const message: NewMessage = {
      id: `${this.epoch}-${offset}`,
      roomId: this.id,
      epoch: this.epoch,
      offset,
      messageId: `m-${this.epoch}-${offset}`,
      userId: user,
      userName: user[0]!.toUpperCase() + user.slice(1),
      content,
      replyTo: null,
      timestamp: new Date(Date.UTC(2026, 10, 21, 10, 0, offset)).toISOString(),
      ...more,
    };
    this.log.push(message);
    return message;
  }

  emit<K extends keyof RoomEvents>(type: K, payload: RoomEvents[K]): void {
    for (const listener of this.#listeners.get(type) ?? []) {
      (listener as (payload: RoomEvents[K]) => void)(payload);
    }
  }

  send(
    content: string,
    { replyTo = null, messageId = `own-${++this.#sent}` }: SendOptions = {},
  ): Promise<Saved> {
    this.asked.push(`send ${content}`);
    if (this.failure) return Promise.reject(this.failure);
    this.outgoing.set([...this.outgoing.snapshot, { messageId, content, replyTo, state: "pending" }]);
    return new Promise(() => {});
  }

  /** How a message that is on its way fares. */
  settle(messageId: string, state: Outgoing["state"], error?: RelayError): void {
    this.outgoing.set(
      this.outgoing.snapshot.map((each) =>
        each.messageId === messageId ? { ...each, state, ...(error && { error }) } : each
      ),
    );
  }

  retry(messageId: string): Promise<Saved> {
    this.asked.push(`retry ${messageId}`);
    this.settle(messageId, "pending");
    return new Promise(() => {});
  }

  discard(messageId: string): void {
    this.outgoing.set(this.outgoing.snapshot.filter((each) => each.messageId !== messageId));
  }

  publish(): Promise<never> {
    return Promise.reject(new RelayError("internal", "Publish: the fake cannot"));
  }

  post(): Promise<never> {
    return this.publish();
  }

  ask(): Promise<never> {
    return this.publish();
  }

  tell(): boolean {
    return false;
  }

  on<P>(type: string, fn: (payload: P) => void): () => void {
    const listeners = this.#listeners.get(type) ?? new Set();
    this.#listeners.set(type, listeners);
    listeners.add(fn);
    return () => void listeners.delete(fn);
  }

  events(): never {
    throw new Error("Iterate over events: the fake cannot");
  }

  typing(active = true): void {
    this.asked.push(`typing ${active}`);
  }

  read(offset: number): void {
    this.asked.push(`read ${offset}`);
  }

  history({ before = Infinity, limit = 50 }: { before?: number; limit?: number } = {}): Promise<History> {
    this.asked.push(`history ${before}`);
    if (this.failure) return Promise.reject(this.failure);
    const { id: roomId, epoch } = this;
    const below = this.log.filter((message) => message.epoch === epoch && message.offset < before);
    return Promise.resolve({
      roomId,
      epoch,
      offset: this.log.at(-1)?.offset ?? 0,
      hasMore: below.length > limit,
      messages: below.slice(-limit).map((payload) => ({ type: "new_message", payload })),
    });
  }

  leave(): Promise<void> {
    this.isLeft = true;
    return Promise.resolve();
  }
}

/** A relay of fake rooms. */
export class FakeRelay extends EventTarget implements Relay {
  state: RelayState = { status: "connecting" };
  readonly ready = new Promise<void>(() => {});
  self: User | undefined;
  session: string | undefined;
  maxMessageBytes = 65_536;
  readonly rooms = new Map<string, FakeRoom>();

  room(roomId: string): FakeRoom {
    const found = this.rooms.get(roomId);
    if (found && !found.isLeft) return found;
    const room = new FakeRoom(roomId);
    this.rooms.set(roomId, room);
    return room;
  }

  /** The connection is there and the server says who we are. */
  welcome(self: User): void {
    this.self = self;
    this.become({ status: "online", transport: "ws" });
  }

  become(state: RelayState): void {
    this.state = state;
    this.dispatchEvent(new CustomEvent("state", { detail: state }));
  }

  gap(gap: Gap): void {
    this.dispatchEvent(new CustomEvent("gap", { detail: gap }));
  }

  reconnectNow(): void {}

  close(): void {
    this.become({ status: "closed", code: 1000, reason: "" });
  }
}
