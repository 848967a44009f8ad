/** The SDK's public types. They hold no code: an application can import them for nothing. */
import type {
  Envelope,
  History,
  JoinedRoom,
  NewMessage,
  ReadMark,
  RoomEvent,
  RoomUsers,
  Saved,
  Stored,
  User,
} from "../protocol/messages.ts";
import type { Position } from "../protocol/position.ts";
import type { ErrorCode, ResetReason } from "../protocol/wire.ts";
import type { RelayError } from "./errors.ts";

export type {
  Envelope,
  ErrorCode,
  History,
  JoinedRoom,
  NewMessage,
  Position,
  ReadMark,
  ResetReason,
  RoomEvent,
  RoomUsers,
  Saved,
  Stored,
  User,
};

/** How a relay is reached: a WebSocket, server-sent events, requests that wait, or plain polling. */
export type TransportName = "ws" | "sse" | "longpoll" | "poll";

/** As much of `fetch` as the SDK uses. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

/** Options of `connect`. Every one has a default. */
export interface RelayOptions {
  /** a token, or where to get one: asked at the start, before it expires and when it was refused */
  token?: string | (() => string | undefined | Promise<string | undefined>);
  /** the display name of a guest, 1–64 characters */
  name?: string;
  /**
   * a guest's session of an earlier visit, as `onSession` was given it: keeps the userId; that the server refuses it
   * shows over HTTP alone, so that with `transports: ["ws"]` the relay gives up
   */
  session?: string;
  /** receives a guest's session to keep for the next visit; `undefined` when the old one is good no longer */
  onSession?: (session: string | undefined) => void;
  /** the ways to reach the relay, the best first: all four; the next is tried where one fails twice */
  transports?: readonly TransportName[];
  /** how envelopes are written over a WebSocket: `denbun.json.batch` unless given; `@denbun/client/msgpack` has another */
  codec?: "denbun.json" | "denbun.json.batch" | ClientCodec;
  /** when to reconnect */
  backoff?: Partial<BackoffOptions>;
  /** when to ask again */
  ack?: Partial<AckOptions>;
  /** what waits for its ack */
  outbox?: Partial<OutboxOptions>;
  /** closes the relay when aborted */
  signal?: AbortSignal;
  /** time, for tests */
  clock?: ClientClock;
  /** 0 ≤ n < 1, for tests */
  random?: () => number;
  /** the WebSocket constructor, for tests and for runtimes without one */
  WebSocket?: WebSocketConstructor;
  /** `fetch`, for tests and for what stands between */
  fetch?: Fetch;
  /** what the device knows about its network, for tests */
  network?: Network;
}

/** Waits `min(maxMs, minMs × 2^(n-1)) × (1 - jitter + random × jitter)` before attempt n. */
export interface BackoffOptions {
  /** 1,000 */
  minMs: number;
  /** 30,000 */
  maxMs: number;
  /** 0–1: 0.5 */
  jitter: number;
  /** reconnects that may fail before the relay gives up: 10; `Infinity` is allowed */
  attempts: number;
}

/** How patient a request is. */
export interface AckOptions {
  /** how long to wait for an answer before asking again: 5,000 */
  timeoutMs: number;
  /** how often to ask again after a silence or a retryable error: 5; `Infinity` is allowed */
  retries: number;
}

/** What waits for its ack. */
export interface OutboxOptions {
  /** messages that may wait or have failed, over all rooms: 1,000 */
  max: number;
  /** keeps them over a reload */
  store: OutboxStore;
}

/** A message that the server has not acknowledged. */
export interface OutboxItem {
  /** the id it is sent under, however often */
  messageId: string;
  /** the room it goes to */
  roomId: string;
  /** what it is: `send_message`, `publish` or a feature's own */
  type: string;
  /** as it stands on the wire */
  payload: Record<string, unknown>;
  /** who sends it, once that is known: it is never sent for anybody else */
  userId?: string;
}

/** Where unsent messages outlive the page. Failures are reported as `problem` and do not stop sending. */
export interface OutboxStore {
  /** Everything kept, in the order it was put first. Sending waits for the answer. */
  load(): Promise<OutboxItem[]>;
  /** Keeps an item, in place of an older one with its messageId. */
  put(item: OutboxItem): Promise<void>;
  /** Forgets an item; one that is not there is forgotten already. */
  delete(messageId: string): Promise<void>;
}

/** One subprotocol's reading and writing. [C1] */
export interface ClientCodec<
  F extends string | Uint8Array<ArrayBuffer> = string | Uint8Array<ArrayBuffer>,
> {
  /** its name in the handshake */
  readonly subprotocol: string;
  /** Writes an envelope; throws on what cannot be written. */
  encode(envelope: Envelope): F;
  /** Makes one frame of 2 to 100 envelopes written before; without it each is a frame and sent at once. */
  join?(parts: readonly F[]): F;
  /** Reads a frame; throws on what it cannot read. */
  decode(data: string | ArrayBuffer): Envelope[];
}

/** Time. */
export interface ClientClock {
  /** ms since any fixed moment */
  now(): number;
  /** Runs `fn` once after `ms`; the answer cancels it. */
  after(ms: number, fn: () => void): () => void;
}

/** What a device knows about its network. */
export interface Network {
  /** false only when the device knows that it has no network */
  readonly online: boolean;
  /** Tells when that changes and when the page comes to the front; the answer stops it. */
  watch(on: { online(): void; offline(): void; visible(): void }): () => void;
}

/** `WebSocket`, or something like it: Node's `ws` will do. */
export type WebSocketConstructor = new (url: string, protocols: string[]) => WebSocketLike;

/** As much of a WebSocket as the SDK uses. */
export interface WebSocketLike {
  /** set to `arraybuffer` */
  binaryType: string;
  /** a frame came */
  onmessage: ((event: never) => void) | null;
  /** something went wrong: `onclose` follows */
  onerror: ((event: never) => void) | null;
  /** the connection ended, or could not be made */
  onclose: ((event: never) => void) | null;
  /** Sends a frame. */
  send(data: string | Uint8Array<ArrayBuffer>): void;
  /** Ends the connection. */
  close(code?: number, reason?: string): void;
}

/** Where the relay stands. `gave_up` ends with `reconnectNow()`, `closed` never. */
export type RelayState =
  /** a first attempt is under way: at the start, or by `reconnectNow()` after giving up */
  | { readonly status: "connecting" }
  /** a change of the transport alone is a `state` event too: nothing is lost by it */
  | { readonly status: "online"; readonly transport: TransportName }
  /** attempt n begins in `retryInMs` (counted from the `state` event), or is under way when that is 0 */
  | { readonly status: "reconnecting"; readonly attempt: number; readonly retryInMs: number }
  /** as reconnecting, but the device says it has no network: attempts go on and do not end the relay */
  | { readonly status: "offline" }
  | { readonly status: "gave_up"; readonly attempts: number }
  /** `code` is a WebSocket close code [X] */
  | { readonly status: "closed"; readonly code: number; readonly reason: string };

/** Something went wrong that no promise reports. */
export interface Problem {
  /** what it was; `application` when it was thrown by an option, a store or a listener */
  error: RelayError;
  /** the room it was about */
  roomId?: string;
}

/**
 * A room's continuity is broken: the missed messages will not come by themselves. When `from` and `to` can be
 * told, `room.history({ before: to + 1 })` has them as far as they are kept.
 */
export interface Gap {
  /** the room */
  roomId: string;
  /** `offset`: the server skipped; the others as in `reset` [R6] */
  reason: ResetReason | "offset";
  /** the first missing offset */
  from?: number;
  /** the last missing offset */
  to?: number;
}

/** What a relay tells its listeners: events by type. */
export interface RelayEvents {
  /** the state changed */
  state: CustomEvent<RelayState>;
  /** something went wrong */
  problem: CustomEvent<Problem>;
  /** messages are missing */
  gap: CustomEvent<Gap>;
}

/** One client's conversation with a relay, over as many connections as it takes. */
export interface Relay extends EventTarget {
  /** where it stands now; each change is a `state` event */
  readonly state: RelayState;
  /** resolves when online for the first time; rejects when the relay closes or gives up before */
  readonly ready: Promise<void>;
  /** who the server says we are; `undefined` until the first welcome */
  readonly self: User | undefined;
  /** a guest's session, if the server gave one */
  readonly session: string | undefined;
  /** the largest envelope that the server takes, in bytes; `Infinity` until it said so */
  readonly maxMessageBytes: number;
  /** Joins a room and stays in it over reconnects. One that is joined is returned as it is; one that was refused tries again. */
  room(roomId: string, options?: RoomOptions): Room;
  /** Ends a wait, or begins again after giving up. Does nothing when connecting, online or closed. */
  reconnectNow(): void;
  /** Ends everything: what waits rejects with `closed`. What an outbox store keeps is sent by the next visit. */
  close(): void;
  /** Listens to the relay's own events. */
  addEventListener<K extends keyof RelayEvents>(
    type: K,
    listener: (event: RelayEvents[K]) => void,
    options?: boolean | AddEventListenerOptions,
  ): void;
  /** As every EventTarget. */
  addEventListener(
    type: string,
    listener: EventListenerOrEventListenerObject | null,
    options?: boolean | AddEventListenerOptions,
  ): void;
  /** Stops listening to the relay's own events. */
  removeEventListener<K extends keyof RelayEvents>(
    type: K,
    listener: (event: RelayEvents[K]) => void,
    options?: boolean | EventListenerOptions,
  ): void;
  /** As every EventTarget. */
  removeEventListener(
    type: string,
    listener: EventListenerOrEventListenerObject | null,
    options?: boolean | EventListenerOptions,
  ): void;
}

/** How to join a room. */
export interface RoomOptions {
  /** go on after this position of an earlier visit */
  since?: Position;
  /** without `since`: begin with the last n messages, 0–100 */
  history?: number;
  /** false keeps one's own messages away */
  echo?: boolean;
}

/** A user in a room. */
export interface RoomUser extends User {
  /** the room */
  roomId: string;
}

/** A user in a room began or stopped typing. */
export interface RoomTyping extends RoomUser {
  /** began */
  typing: boolean;
}

/** A user has read a room up to an offset. */
export interface RoomMark extends ReadMark {
  /** the room */
  roomId: string;
  /** the log the offset is of */
  epoch: string;
}

/** Delivery goes on after this position: the reader was too slow for the live stream. [R4] */
export interface RoomBehind extends Position {
  /** the room */
  roomId: string;
}

/** Delivery goes on after this position, and something is missing before it; with `forbidden` it ends. [R6] */
export interface RoomReset extends RoomBehind {
  /** why */
  reason: ResetReason;
}

/** What a room tells its listeners: payloads by type. */
export interface RoomEvents {
  /** we are in, again after each reconnect */
  joined_room: JoinedRoom;
  /** a message, each once and in order */
  new_message: NewMessage;
  /** an application's own event; durable ones once and in order */
  event: RoomEvent;
  /** a user came */
  user_joined: RoomUser;
  /** a user left */
  user_left: RoomUser;
  /** a user began or stopped typing */
  user_typing: RoomTyping;
  /** a user read on */
  messages_read: RoomMark;
  /** the whole list of users */
  room_users: RoomUsers;
  /** continuity is broken; the relay's `gap` says what is missing */
  reset: RoomReset;
  /** we were too slow, and are being caught up: nothing is missing */
  behind: RoomBehind;
}

/** One item of `room.events()`. */
export type RoomEventItem<K extends keyof RoomEvents = keyof RoomEvents> = {
  [T in K]: { type: T; payload: RoomEvents[T] };
}[K];

/** A type that is none of `RoomEvents`: a feature's own. */
export type FeatureType<T extends string> = T extends keyof RoomEvents ? never : unknown;

/** Whether we are in a room. */
export type RoomState =
  /** not (or not yet again) in the room on this connection */
  | { readonly status: "joining" }
  | { readonly status: "joined" }
  /** the server does not let us in, or no longer; `relay.room(id)` tries again */
  | { readonly status: "refused"; readonly error: RelayError }
  /** by `leave`, or because the relay is closed */
  | { readonly status: "left" };

/** How to publish. */
export interface PublishOptions {
  /** 1–64 of A-Za-z0-9_.:-, a fresh UUID unless given */
  messageId?: string;
  /** stops waiting and trying; it may have been stored */
  signal?: AbortSignal;
}

/** How to send. */
export interface SendOptions extends PublishOptions {
  /** the `id` of the message this answers */
  replyTo?: string | null;
}

/** A message on its way out. */
export interface Outgoing {
  /** the id it is sent under, however often */
  readonly messageId: string;
  /** what it says */
  readonly content: string;
  /** the `id` of the message it answers */
  readonly replyTo: string | null;
  /** `pending`: not acknowledged; `sent`: stored, not yet seen in the room; `failed`: see `error` */
  readonly state: "pending" | "sent" | "failed";
  /** why it failed */
  readonly error?: RelayError | undefined;
}

/** Who is in a room. */
export interface Presence {
  /** all, or a sample in a large room [J3] */
  readonly users: readonly User[];
  /** exact, even where `users` is a sample */
  readonly count: number;
}

/** A value that changes. Each snapshot is immutable, and a new object when it changed. */
export interface Observable<T> {
  /** the value now */
  readonly snapshot: T;
  /** Calls `fn` after each change (not at once); the answer stops it. */
  subscribe(fn: (snapshot: T) => void): () => void;
}

/** One room of a relay. */
export interface Room {
  /** its id */
  readonly id: string;
  /** whether we are in */
  readonly state: Observable<RoomState>;
  /** who is in the room */
  readonly presence: Observable<Presence>;
  /** who is typing, oneself excluded */
  readonly typists: Observable<readonly User[]>;
  /** how far each user has read: userId → offset */
  readonly marks: Observable<ReadonlyMap<string, number>>;
  /** the last message seen */
  readonly position: Observable<Position | undefined>;
  /** own messages, from `send` until they are seen in the room or discarded */
  readonly outgoing: Observable<readonly Outgoing[]>;

  /**
   * Sends a message exactly once and in order. Resolves when it is stored; rejects with a `RelayError` when it
   * finally failed (it is then `failed` in `outgoing`), was discarded, or when the outbox is full.
   */
  send(content: string, options?: SendOptions): Promise<Saved>;
  /** Tries a failed message again, under its messageId and after those that wait. */
  retry(messageId: string): Promise<Saved>;
  /** Forgets an outgoing message. One that was on its way may have been stored. */
  discard(messageId: string): void;
  /** Publishes an application's own event, as `send` does. Its failure shows in the promise alone. */
  publish(event: string, data?: unknown, options?: PublishOptions & { ephemeral?: false }): Promise<Saved>;
  /** Publishes an event that is not stored: dropped when not in the room now, latest wins per `key`. */
  publish(event: string, data: unknown, options: { ephemeral: true; key?: string }): Promise<void>;

  /** Stores a feature's own message exactly once and in order, as `publish` does. `roomId` is filled in. */
  post(type: string, payload: Record<string, unknown>, options?: PublishOptions): Promise<Saved>;
  /** Asks something that changes nothing: again after a cut, until there is an answer. `roomId` is filled in. */
  ask<T = Record<string, unknown>>(
    type: string,
    payload?: Record<string, unknown>,
    options?: { signal?: AbortSignal },
  ): Promise<T>;
  /** Says something that wants no answer. False, and not said, when not in the room now. `roomId` is filled in. */
  tell(type: string, payload?: Record<string, unknown>): boolean;

  /** Calls `fn` on each event of a type; the answer stops it. */
  on<K extends keyof RoomEvents>(type: K, fn: (payload: RoomEvents[K]) => void): () => void;
  /** The same for what a feature says beyond these: what its payload is, the caller knows. */
  on<T extends string, P = unknown>(type: T & FeatureType<T>, fn: (payload: P) => void): () => void;
  /**
   * Iterates over events of some types, from the loop's beginning until `signal`, `leave` or the relay's end.
   * A reader that is more than 1,000 behind gets the error `overflow`.
   */
  events<K extends keyof RoomEvents>(
    types: readonly K[],
    options?: { signal?: AbortSignal },
  ): AsyncIterable<RoomEventItem<K>>;

  /** Call on each keystroke: tells the others at most every 3 s. `false` says one stopped; so does sending. */
  typing(active?: boolean): void;
  /** Marks everything up to an offset as read. */
  read(offset: number): void;
  /** A page of the log, oldest first: up to `limit` (1–100, 50) messages before offset `before`. */
  history(options?: { before?: number; limit?: number; signal?: AbortSignal }): Promise<History>;
  /** Leaves. Sends that are not settled reject with `left`: await them first. Never rejects itself. */
  leave(): Promise<void>;
}
