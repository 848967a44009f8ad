/** The SDK's public types. They hold no code: an application can import them for nothing. */
export type {
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
export type { Position } from "../protocol/position.ts";
export type { ErrorCode, ResetReason } from "../protocol/wire.ts";
export type * from "./types/ports.ts";
export type * from "./types/options.ts";
export type * from "./types/observable.ts";
export type * from "./types/relay.ts";
export type * from "./types/room_events.ts";
export type * from "./types/room.ts";
