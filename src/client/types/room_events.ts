/** What a room tells. */
import type {
  JoinedRoom,
  NewMessage,
  ReadMark,
  RoomEvent,
  RoomUsers,
  User,
} from "../../protocol/messages.ts";
import type { Position } from "../../protocol/position.ts";
import type { ResetReason } from "../../protocol/wire.ts";

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
