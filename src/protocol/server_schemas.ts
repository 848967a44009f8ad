/**
 * What the server says, as schemas: for documents and tests, never for checking one's own words on their way out. The
 * types are those of `messages.ts`; a test holds the two together, and real frames against both.
 */
import * as z from "zod";
import { shown } from "./shown.ts";
import { ErrorCode } from "./wire.ts";

const Time = z.iso.datetime();
const Place = z.object({ roomId: z.string(), epoch: z.string(), offset: z.int().min(0) });
const User = z.object({ userId: z.string(), userName: z.string() });
const ReadMark = z.object({ userId: z.string(), upTo: z.int().min(0) });

/** An error as it stands on the wire. [E4] */
export const WireError = z.object({
  code: z.enum(Object.values(ErrorCode)),
  message: z.string(),
  retryable: z.boolean(),
  retryAfterMs: z.number().min(0).exactOptional(),
});

/** Who is in a room. [J3] */
export const RoomUsers = z.object({ roomId: z.string(), users: z.array(User), count: z.int().min(0) });

/** The success of a publish. [A1] */
export const Saved = z.object({ savedId: z.string(), ...Place.shape, duplicate: z.boolean() });

/** What every stored message has, beside its type's own fields. [A1] */
export const Stored = z.object({
  id: z.string(),
  ...Place.shape,
  messageId: z.string(),
  ...User.shape,
  timestamp: Time,
});

/** Bytes as a binary codec has them, or as base64. */
const Bytes = z.custom<string | Uint8Array>(
  (value) => typeof value === "string" || value instanceof Uint8Array,
).register(shown, {
  type: "string",
  contentEncoding: "base64",
});

const Player = z.object({
  id: z.string(),
  x: z.int(),
  y: z.int(),
  rotation: z.int(),
  lastSeq: z.int(),
}).catchall(z.union([z.number(), z.string()]));

/** What a game shows besides its players: its own affair. */
const Scene = z.custom<object>((value) => typeof value === "object" && value !== null)
  .register(shown, { type: "object" });
const GameStep = z.object({ roomId: z.string(), term: z.int(), tick: z.int() });

/** What the hub itself says, whatever features it has. */
export const HubMessages = {
  welcome: z.object({
    connectionId: z.string(),
    ...User.shape,
    nodeId: z.string(),
    heartbeatMs: z.int(),
    maxMessageBytes: z.int(),
    session: z.string().exactOptional(),
    expiresAt: Time.exactOptional(),
  }).describe("The first frame down. [C4]"),
  pong: z.strictObject({}).describe("The answer to ping. [H2]"),
  ack: z.union([
    z.looseObject({ success: z.literal(true) }),
    z.object({ success: z.literal(false), error: WireError }),
  ]).describe(
    "The one answer to a frame that carried a messageId: the fields of its success, or its error. [E3] [E4]",
  ),
  error: WireError.describe("A failure of a frame without a messageId. [E3]"),
  joined_room: z.object({
    ...Place.shape,
    from: z.int().min(0),
    recovered: z.boolean().exactOptional(),
    users: z.array(User),
    count: z.int().min(0),
    read: z.array(ReadMark),
    unread: z.int().min(0),
  }).describe("The answer to a join_room without a messageId, and the beginning of a stream. [J1]"),
  left_room: z.object({ roomId: z.string() }).describe(
    "The answer to a leave_room without a messageId. [J1e]",
  ),
  room_users: RoomUsers.describe(
    "The answer to a get_room_users without a messageId, and who is there after the list changed as a whole. [J3]",
  ),
  user_joined: z.object({ roomId: z.string(), ...User.shape }).describe("A user came into the room. [J2]"),
  user_left: z.object({ roomId: z.string(), ...User.shape }).describe("A user has left the room. [J2]"),
  messages_read: z.object({ roomId: z.string(), epoch: z.string(), ...ReadMark.shape })
    .describe("A user's read mark moved. [A4]"),
  event: z.object({
    roomId: z.string(),
    event: z.string(),
    data: z.unknown(),
    ...User.shape,
    id: z.string().exactOptional(),
    epoch: z.string().exactOptional(),
    offset: z.int().min(1).exactOptional(),
    messageId: z.string().exactOptional(),
    timestamp: Time.exactOptional(),
  }).describe("An event of the application's own; a stored one has a place in the log. [A5]"),
  behind: Place.describe("The reader fell behind: what follows offset comes at its own pace. [R4]"),
  reset: z.object({ ...Place.shape, reason: z.enum(["trimmed", "epoch", "forbidden"]) })
    .describe("Continuity is broken: delivery goes on from offset, or ends. [R6]"),
  drain: z.object({ retryAfterMs: z.int().min(0), spreadMs: z.int().min(0) }).describe(
    "The node is about to close: come back after this wait. [X3]",
  ),
} as const;

/** What the standard features say: each lists its own. */
export const FeatureMessages = {
  user_typing: z.object({ roomId: z.string(), ...User.shape, typing: z.boolean() })
    .describe("Somebody began to type, or stopped. [J4]"),
  new_message: z.object({ ...Stored.shape, content: z.string(), replyTo: z.string().nullable() })
    .describe("A message that was stored. [A1]"),
  notification: z.object({
    ...Stored.shape,
    type: z.string(),
    title: z.string(),
    body: z.string(),
    url: z.string().nullable(),
  }).describe("What the application tells one user. [F1]"),
  document_snapshot: z.object({
    roomId: z.string(),
    documentId: z.string(),
    offset: z.int().min(0),
    part: z.int().min(0),
    parts: z.int().min(1),
    snapshotId: z.string(),
    data: Bytes,
  }).describe("What a document's reader begins with, part by part. [F3a]"),
  remote_change: z.object({
    ...Stored.shape,
    documentId: z.string(),
    changes: Bytes,
    version: z.int().min(0),
  })
    .describe("A change of a document that was stored. [F3]"),
  remote_cursor: z.object({
    roomId: z.string(),
    documentId: z.string(),
    ...User.shape,
    position: z.unknown(),
  })
    .describe("Where a user is in a document. [F3c]"),
  metrics_update: z.object({
    roomId: z.string(),
    source: z.string(),
    at: Time,
    values: z.record(z.string(), z.number()),
  }).describe("What a source measured; the latest of each counts. [F2]"),
  game_state: z.union([
    z.object({
      ...GameStep.shape,
      players: z.array(Player),
      fields: z.array(z.string()),
      scene: Scene,
      former: z.record(z.string(), z.array(z.string())).exactOptional(),
      jitterMs: z.number().min(0),
    }),
    z.object({ ...GameStep.shape, base: z.int(), moved: z.array(z.int()) }),
  ]).describe("Where everybody in a game is, whole or told against the last whole one. [F4b]"),
} as const;
