/** What the routes answer, as schemas: for documents and tests. Requests are checked by schemas of their own. */
import * as z from "zod";
import { RoomUsers, Saved, WireError } from "../protocol/server_schemas.ts";

const Time = z.iso.datetime();
const Count = z.int().min(0);

/** An envelope as it was delivered. */
const DeliveredEnvelope = z.object({
  type: z.string(),
  payload: z.looseObject({}),
  messageId: z.string().exactOptional(),
  timestamp: Time,
});

/** What `POST /api/send` answers. [T4] */
export const AckEnvelope = DeliveredEnvelope.extend({ type: z.literal("ack"), messageId: z.string() });

/** A page of a room's log. [T2] [T3] */
export const MessagesPage = z.object({
  roomId: z.string(),
  epoch: z.string(),
  offset: Count,
  recovered: z.boolean().exactOptional(),
  hasMore: z.boolean(),
  messages: z.array(DeliveredEnvelope),
});

/** What a conversation of polls was sent since its last turn, in frames as a codec has them. [T6] */
export const PollAnswer = z.object({
  frames: z.array(z.looseObject({ type: z.string() })),
  turn: z.string().exactOptional(),
});

/** Where a message of the plain form is. [T4] */
export const SentMessage = Saved.extend({ messageId: z.string() });

/** What became of each event of a publication. [S1b] */
export const Published = z.object({
  published: z.array(z.union([
    Saved.extend({ success: z.literal(true) }),
    z.object({ success: z.literal(false), roomId: z.string(), error: WireError }),
  ])),
});

/** The rooms that have users. [S1c] */
export const Census = z.object({
  rooms: z.array(z.object({ roomId: z.string(), count: Count })),
  complete: z.boolean(),
});

/** Who is in a room. [S1c] */
export const RoomPresence = RoomUsers;

/** The members of a room. [S1] */
export const RoomMembers = z.object({
  roomId: z.string(),
  private: z.boolean(),
  members: z.array(z.object({ userId: z.string(), rights: z.string() })),
});

/** Who somebody is, until when; a guest is told its token. [C2] [C3] */
export const SessionAnswer = z.object({
  token: z.string().exactOptional(),
  userId: z.string(),
  userName: z.string(),
  expiresAt: Time,
  timestamp: Time,
  maxMessageBytes: z.int().min(1),
});

/** A ticket. [C2] */
export const TicketAnswer = z.object({ ticket: z.string(), expiresAt: Time });

/** How a relay is set up. [S2] */
export const PostureAnswer = z.object({
  guests: z.boolean(),
  tokens: z.boolean(),
  serverKey: z.boolean(),
  otherOrigins: z.boolean(),
  messageLimit: z.boolean(),
}).catchall(z.union([z.boolean(), z.string(), z.number()]));

/** That the process answers. [S2] */
export const Alive = z.object({ status: z.literal("ok") });

/** Whether a node can do its work. [S2] */
export const Readiness = z.looseObject({
  status: z.enum(["ok", "degraded", "unavailable"]),
  store: z.string(),
  backplane: z.string(),
  draining: z.boolean(),
  untrustedProxy: z.boolean().exactOptional(),
});
