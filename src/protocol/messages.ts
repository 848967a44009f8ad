/**
 * What the server says, type by type. Types only: the client SDK and the features share them.
 * Client messages are in `schemas.ts`, next to the schemas that check them.
 */
import type { WireError } from "./errors.ts";
import type { ResetReason } from "./wire.ts";

/** Every frame on every transport is one of these. [E] */
export interface Envelope<T extends string = string, P = unknown> {
  /** says what the payload is */
  type: T;
  /** the fields of the type */
  payload: P;
  /** chosen by the client: its ack carries the same one, and a repeat is stored once [E3] */
  messageId?: string;
  /** when the server wrote it, ISO 8601 in UTC [E2] */
  timestamp?: string;
}

/** A user, as others see one. */
export interface User {
  /** names the user everywhere: 1–100 characters [E5] */
  userId: string;
  /** for display; not unique */
  userName: string;
}

/** How far a user has read a room. [A4] */
export interface ReadMark {
  /** who has read */
  userId: string;
  /** the highest offset that was read */
  upTo: number;
}

/** First frame down. [C4] */
export interface Welcome extends User {
  /** names this connection in the server's log */
  connectionId: string;
  /** the node that answers */
  nodeId: string;
  /** how often to send `ping`, in ms [H2] */
  heartbeatMs: number;
  /** an envelope above this is answered `too_large` */
  maxMessageBytes: number;
  /** a guest's token, for a guest who came without one [C3] */
  session?: string;
  /** when the credentials end, ISO 8601 in UTC [C5] */
  expiresAt?: string;
}

/** The answer to `join_room`. [J1] */
export interface JoinedRoom {
  /** the room that was joined */
  roomId: string;
  /** the life of the log that offsets count in */
  epoch: string;
  /** replay starts at `from + 1` */
  from: number;
  /** the top of the log when the answer was written */
  offset: number;
  /** only when `since` was given: whether everything after it follows [R2] */
  recovered?: boolean;
  /** who is here, or a sample of them above 200 [J3] */
  users: User[];
  /** how many users are here, listed or not */
  count: number;
  /** the read marks of the listed users */
  read: ReadMark[];
  /** messages after one's own read mark */
  unread: number;
}

/** Who is in a room. [J3] */
export interface RoomUsers {
  /** the room that was asked about, or changed */
  roomId: string;
  /** all of them, or a sample above 200 */
  users: User[];
  /** how many there are, listed or not */
  count: number;
}

/** A message stored in a room's log. [A1] */
export interface Stored extends User {
  /** the `savedId` its sender was told */
  id: string;
  /** the room whose log has it */
  roomId: string;
  /** the life of that log */
  epoch: string;
  /** its place in the log: 1, 2, 3 … without gaps [R1] */
  offset: number;
  /** the one its sender chose, or the server for it [E3b] */
  messageId: string;
  /** when it was stored, ISO 8601 in UTC */
  timestamp: string;
}

/** A chat message. [A1] */
export interface NewMessage extends Stored {
  /** the text as it was sent; not escaped */
  content: string;
  /** the `id` of the message this answers */
  replyTo: string | null;
}

/** An application's own event. `offset` only when it is durable. [A5] */
export interface RoomEvent {
  /** the room it happened in */
  roomId: string;
  /** the name the application gave it */
  event: string;
  /** any JSON, as it was published */
  data: unknown;
  /** who published it; `@server` is the application itself */
  userId: string;
  /** the publisher's name at that time */
  userName: string;
  /** the `savedId` of a durable one */
  id?: string;
  /** the life of the log that has a durable one */
  epoch?: string;
  /** the place of a durable one in the log */
  offset?: number;
  /** the one under which a durable one was published */
  messageId?: string;
  /** when a durable one was stored, ISO 8601 in UTC */
  timestamp?: string;
}

/** What the application tells one user, in that user's own room. [F1] */
export interface Notification extends Stored {
  /** the application's own word for the kind of it, `info` unless given */
  type: string;
  /** one line */
  title: string;
  /** more of it; may be empty */
  body: string;
  /** where a press leads: a path or an http(s) address */
  url: string | null;
}

/** Numbers of one source at one moment. [F2] */
export interface MetricsUpdate {
  /** `dashboard` */
  roomId: string;
  /** whose numbers: `relay` for the relay's own */
  source: string;
  /** when they were so, ISO 8601 in UTC */
  at: string;
  /** by name, which says the unit too */
  values: Readonly<Record<string, number>>;
}

/** What stands for the older part of a document, in parts. [F3] */
export interface DocumentSnapshot {
  /** `document:` and the document's id */
  roomId: string;
  /** the document */
  documentId: string;
  /** the log up to here is in it */
  offset: number;
  /** which part this is: 0 … parts − 1, in their order */
  part: number;
  /** how many there are, at least one */
  parts: number;
  /** parts of one snapshot have the same one, empty before the first snapshot */
  snapshotId: string;
  /** the part's bytes: base64, binary with MessagePack; all of them together are one Yjs update */
  data: string | Uint8Array;
}

/** A change of a document that was stored. [F3] */
export interface RemoteChange extends Stored {
  /** the document */
  documentId: string;
  /** a Yjs update: base64, binary with MessagePack */
  changes: string | Uint8Array;
  /** as its sender gave it: a hint for people */
  version: number;
}

/** Where a user is in a document. [F3] */
export interface RemoteCursor extends User {
  /** `document:` and the document's id */
  roomId: string;
  /** the document */
  documentId: string;
  /** as its sender gave it; null when the user is nowhere any more */
  position: unknown;
}

/** The success of a publish. `savedId` is the message's `id`. [A1] */
export interface Saved {
  /** the same for every repeat of the request */
  savedId: string;
  /** the room whose log has it */
  roomId: string;
  /** the life of that log */
  epoch: string;
  /** its place in the log */
  offset: number;
  /** it was stored before, under the same message id [A2] */
  duplicate: boolean;
}

/** The answer to a request that carried a `messageId`. [E4] */
export type Ack<T = Record<string, unknown>> = ({ success: true } & T) | { success: false; error: WireError };

/** A page of history, oldest first. [J1] */
export interface History {
  /** the room whose log it is */
  roomId: string;
  /** the life of that log */
  epoch: string;
  /** the top of the log when the page was read */
  offset: number;
  /** older messages are kept */
  hasMore: boolean;
  /** consecutive offsets, each as it was delivered */
  messages: Envelope<string, Stored>[];
}

/** A player of a game. Beside the id all of it are whole numbers, and every player has the same fields. [F4] */
export interface GamePlayer {
  /** the user's id; a player that is no user begins with `@` */
  readonly id: string;
  /** to the right */
  readonly x: number;
  /** down */
  readonly y: number;
  /** degrees, clockwise from the right */
  readonly rotation: number;
  /** the number of the player's last input that took effect */
  readonly lastSeq: number;
  /** what the game says more of each player */
  readonly [field: string]: number | string;
}

/** The whole state of a game: at a join, once a second, and when more than numbers changed. [F4] */
export interface GameKeyState {
  /** the room it is played in */
  readonly roomId: string;
  /** the owner's: what comes under a lower one than the last is out of date */
  readonly term: number;
  /** counts 60ths of a second of play */
  readonly tick: number;
  /** everybody who plays */
  readonly players: readonly GamePlayer[];
  /** the fields of a player that `moved` counts, in its order */
  readonly fields: readonly string[];
  /** what else the game shows and seldom changes */
  readonly scene: object;
  /** the windows that play no longer, by user; absent when there are none */
  readonly former?: Readonly<Record<string, readonly string[]>>;
  /** how far the steps of late were from their moments: the 99th percentile, in ms */
  readonly jitterMs: number;
}

/** What is different from the last key state; without that one it says nothing. [F4] */
export interface GameDelta {
  /** the room it is played in */
  readonly roomId: string;
  /** the owner's, as in the key state */
  readonly term: number;
  /** the step it is of */
  readonly tick: number;
  /** the tick of the key state it is told against */
  readonly base: number;
  /** in groups: a player's place in the key state, then by how much each of its `fields` grew since */
  readonly moved: readonly number[];
}

/** Payloads by server type. */
export interface ServerMessages {
  /** the first frame down [C4] */
  welcome: Welcome;
  /** the answer to `ping` [H2] */
  pong: Record<string, never>;
  /** the answer to a request that carried a `messageId` [E3] */
  ack: Ack;
  /** a failure of a request without `messageId` [E3] */
  error: WireError;
  /** the answer to a `join_room` without `messageId` [J1] */
  joined_room: JoinedRoom;
  /** the answer to a `leave_room` without `messageId` [J1] */
  left_room: { roomId: string };
  /** the answer to `get_room_users`, and the news when the list changed as a whole [J3] */
  room_users: RoomUsers;
  /** a user came with a first connection [J2] */
  user_joined: User & { roomId: string };
  /** a user's last connection is gone, and did not come back in time [J2] */
  user_left: User & { roomId: string };
  /** a read mark moved [A4] */
  messages_read: ReadMark & { roomId: string; epoch: string };
  /** somebody began to type, or stopped [J4] */
  user_typing: User & { roomId: string; typing: boolean };
  /** a chat message, after it was stored [A1] */
  new_message: NewMessage;
  /** an application's own event [A5] */
  event: RoomEvent;
  /** what the application tells one user [F1] */
  notification: Notification;
  /** what a document's reader begins with [F3] */
  document_snapshot: DocumentSnapshot;
  /** a document was changed [F3] */
  remote_change: RemoteChange;
  /** a user moved in a document [F3] */
  remote_cursor: RemoteCursor;
  /** what a source measured; the latest of each counts [F2] */
  metrics_update: MetricsUpdate;
  /** where everybody in a game is, 60 times a second [F4] */
  game_state: GameKeyState | GameDelta;
  /** the reader fell behind; what follows `offset` comes from the log at its own pace [R4] */
  behind: { roomId: string; epoch: string; offset: number };
  /** continuity is broken; delivery goes on from `offset` (`forbidden`: it ends) [R6] */
  reset: { roomId: string; epoch: string; offset: number; reason: ResetReason };
  /** the server is about to close: come back after this wait, in ms, drawn from so many for all [X3] */
  drain: { retryAfterMs: number; spreadMs: number };
}
