/**
 * What the server says, type by type. Types only: the client SDK and the features share them.
 * Client messages are in `schemas.ts`, next to the schemas that check them.
 */
import type { WireError } from "./errors.ts";
import type { ResetReason } from "./wire.ts";

/** Every frame on every transport is one of these. [E] */
export interface Envelope<T extends string = string, P = unknown> {
  type: T;
  payload: P;
  messageId?: string;
  timestamp?: string;
}

export interface User {
  userId: string;
  userName: string;
}

export interface ReadMark {
  userId: string;
  upTo: number;
}

/** First frame down. [C4] */
export interface Welcome extends User {
  connectionId: string;
  nodeId: string;
  heartbeatMs: number;
  maxMessageBytes: number;
  /** a guest's token, for a guest who came without one [C3] */
  session?: string;
  expiresAt?: string;
}

/** The answer to `join_room`. [J1] */
export interface JoinedRoom {
  roomId: string;
  epoch: string;
  /** replay starts at `from + 1` */
  from: number;
  /** the top of the log when the answer was written */
  offset: number;
  /** only when `since` was given: whether everything after it follows [R2] */
  recovered?: boolean;
  users: User[];
  count: number;
  /** the read marks of the listed users */
  read: ReadMark[];
  unread: number;
}

export interface RoomUsers {
  roomId: string;
  users: User[];
  count: number;
}

/** A message stored in a room's log. [A1] */
export interface Stored extends User {
  id: string;
  roomId: string;
  epoch: string;
  offset: number;
  messageId: string;
  timestamp: string;
}

export interface NewMessage extends Stored {
  content: string;
  /** the `id` of the message this answers */
  replyTo: string | null;
}

/** An application's own event. `offset` only when it is durable. [A5] */
export interface RoomEvent {
  roomId: string;
  event: string;
  data: unknown;
  userId: string;
  userName: string;
  id?: string;
  epoch?: string;
  offset?: number;
}

/** The success of a publish. `savedId` is the message's `id`. [A1] */
export interface Saved {
  savedId: string;
  roomId: string;
  epoch: string;
  offset: number;
  duplicate: boolean;
}

export type Ack<T = Record<string, unknown>> = ({ success: true } & T) | { success: false; error: WireError };

/** A page of history, oldest first. [J1] */
export interface History {
  roomId: string;
  epoch: string;
  offset: number;
  hasMore: boolean;
  messages: Envelope<string, Stored>[];
}

/** Payloads by server type. */
export interface ServerMessages {
  welcome: Welcome;
  pong: Record<string, never>;
  ack: Ack;
  error: WireError;
  joined_room: JoinedRoom;
  left_room: { roomId: string };
  room_users: RoomUsers;
  user_joined: User & { roomId: string };
  user_left: User & { roomId: string };
  messages_read: ReadMark & { roomId: string; epoch: string };
  user_typing: User & { roomId: string; typing: boolean };
  new_message: NewMessage;
  event: RoomEvent;
  /** the reader fell behind; what follows `offset` comes from the log at its own pace [R4] */
  behind: { roomId: string; epoch: string; offset: number };
  /** continuity is broken; delivery goes on from `offset` (`forbidden`: it ends) [R6] */
  reset: { roomId: string; epoch: string; offset: number; reason: ResetReason };
  drain: { retryAfterMs: number };
}
