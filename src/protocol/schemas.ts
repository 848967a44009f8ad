/**
 * What a client says: one schema and its inferred type side by side. Unknown keys are dropped [E1]; identity
 * fields are not even read [E2].
 */
import * as z from "zod";
import { fromBase64 } from "./base64.ts";
import { shown } from "./shown.ts";
import { Bounds, DOCUMENT_PREFIX, MESSAGE_ID, ROOM_ID, USER_ID } from "./wire.ts";

export const RoomId = z.string().regex(
  ROOM_ID,
  "a room id is 1–128 of A-Za-z0-9_.:@|+- and starts with a letter or digit",
);
export const UserId = z.string().regex(
  USER_ID,
  "a user id is 1–100 of A-Za-z0-9_.:@|+- and starts with a letter or digit",
);
export const MessageId = z.string().regex(MESSAGE_ID, "a messageId is 1–64 of A-Za-z0-9_.:-");
export const Offset = z.int().min(0);
export const Epoch = z.string().min(1).max(64);

/** No controls, nothing invisible, nothing that turns the direction of writing. */
// deno-lint-ignore no-control-regex -- control characters are what it refuses
const PLAIN_TEXT = /^[^\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]*$/;

/** A name people see: trimmed, NFC, 1–64 characters, no control or bidirectional-override characters. */
export const UserName = z.string().normalize("NFC").trim().min(1).max(64)
  .regex(PLAIN_TEXT, "a name holds no control characters");

export const Position = z.object({ epoch: Epoch, offset: Offset });

/** The outside of every frame a client sends; its `timestamp` is not read. [E1] [E2] [E3] */
export const ClientEnvelope = z.object({
  type: z.string().min(1).max(64),
  payload: z.record(z.string(), z.unknown()),
  messageId: MessageId.optional(),
});
export type ClientEnvelope = z.infer<typeof ClientEnvelope>;

export const Ping = z.object({})
  .describe("Asks for a sign of life. [H2]");
export type Ping = z.infer<typeof Ping>;

export const Authenticate = z.object({ token: z.string().min(1).max(8192) })
  .describe("Puts a fresh token of the same user in place of the old one. [C5]");
export type Authenticate = z.infer<typeof Authenticate>;

export const JoinRoom = z.object({
  roomId: RoomId,
  since: Position.nullish(),
  history: z.int().min(0).max(Bounds.historyLimit).default(0),
  echo: z.boolean().default(true),
})
  .describe(
    "Enters a room and reads it: from a position, from the last messages, or from now on. [J1] [R2] [R3]",
  );
export type JoinRoom = z.infer<typeof JoinRoom>;

export const LeaveRoom = z.object({ roomId: RoomId })
  .describe("Leaves a room. [J1e]");
export type LeaveRoom = z.infer<typeof LeaveRoom>;

export const GetHistory = z.object({
  roomId: RoomId,
  before: Offset.optional(),
  limit: z.int().min(1).max(Bounds.historyLimit).default(50),
})
  .describe("Reads backward; its answer is its ack. [J1f]");
export type GetHistory = z.infer<typeof GetHistory>;

export const GetRoomUsers = z.object({ roomId: RoomId })
  .describe("Asks who is in a room. [J3]");
export type GetRoomUsers = z.infer<typeof GetRoomUsers>;

export const ReadMessages = z.object({ roomId: RoomId, epoch: Epoch, upTo: Offset })
  .describe("Moves one's read mark forward. [A4]");
export type ReadMessages = z.infer<typeof ReadMessages>;

/** Any JSON, without the one key that decoders of MessagePack refuse: no message may be unreadable to some. [A5] */
const Data = z.unknown().refine((value) => !holdsProto(value), "the key __proto__ is not allowed");

function holdsProto(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  return Object.hasOwn(value, "__proto__") || Object.values(value).some(holdsProto);
}

export const Publish = z.object({
  roomId: RoomId,
  event: z.string().min(1).max(64),
  data: Data.default(null),
  ephemeral: z.boolean().default(false),
  key: z.string().min(1).max(64).optional(),
})
  .describe("Sends an event of the application's own, stored or ephemeral. [A5]");
export type Publish = z.infer<typeof Publish>;

export const SendMessage = z.object({
  roomId: RoomId,
  content: z.string().min(1),
  replyTo: z.string().regex(MESSAGE_ID).nullish(),
})
  .describe("Sends a message: stored, then acknowledged, then delivered. [A1]");
export type SendMessage = z.infer<typeof SendMessage>;

export const Typing = z.object({ roomId: RoomId }).describe("Begins to type, or stops. [J4]");
export type Typing = z.infer<typeof Typing>;

/** Bytes, as a binary codec has them or as base64. */
const Bytes = z.union([z.instanceof(Uint8Array), z.string()]).transform((value, context) => {
  if (typeof value !== "string") return value;
  try {
    return fromBase64(value);
  } catch {
    context.addIssue({ code: "custom", message: "it is not base64" });
    return z.NEVER;
  }
}).register(shown, { type: "string", contentEncoding: "base64" });

/** What follows `document:` in a room id. [F3] */
const DocumentId = z.string().regex(
  /^[A-Za-z0-9_.:@|+-]{1,119}$/,
  "a document id is 1–119 of A-Za-z0-9_.:@|+-",
);

/** Which room a document is. */
const inRoom = <T extends { documentId: string }>(payload: T) => ({
  ...payload,
  roomId: `${DOCUMENT_PREFIX}${payload.documentId}`,
});

export const DocumentChange = z.object({
  documentId: DocumentId,
  changes: Bytes,
  version: z.int().min(0).default(0),
}).transform(inRoom)
  .describe("Changes a document: a Yjs update. [F3]");
export type DocumentChange = z.infer<typeof DocumentChange>;

export const GetDocument = z.object({
  documentId: DocumentId,
  part: z.int().min(0).default(0),
}).transform(inRoom)
  .describe("Reads one part of a document's snapshot. [F3a]");
export type GetDocument = z.infer<typeof GetDocument>;

/** Characters of JSON that a cursor's position may have. [F3] */
const MAX_POSITION = 2048;

export const CursorMove = z.object({
  documentId: DocumentId,
  position: Data.default(null).refine(
    (value) => JSON.stringify(value).length <= MAX_POSITION,
    `a position has at most ${MAX_POSITION} characters of JSON`,
  ),
}).transform(inRoom)
  .describe("Says where one is in a document. [F3c]");
export type CursorMove = z.infer<typeof CursorMove>;

/** What an input holds is the game's own affair: its rules check it. [F4] */
export const PlayerInput = z.object({
  roomId: RoomId,
  seq: z.int().min(1),
  input: z.unknown(),
  earlier: z.array(z.unknown()).max(3).default([]),
  window: z.string().max(64).default(""),
})
  .describe("What a player wants at one step. [F4a]");
export type PlayerInput = z.infer<typeof PlayerInput>;
