import * as z from "zod";
import { LossReasons } from "../hub/closing.ts";

/** What the application can be told of. [S3] */
export const WebhookEvent = {
  messageSaved: "message.saved",
  userJoined: "user.joined",
  userLeft: "user.left",
  connectionClosed: "connection.closed",
} as const;
/** One of the events. [S3] */
export type WebhookEvent = typeof WebhookEvent[keyof typeof WebhookEvent];

const Time = z.iso.datetime();
const InRoom = z.object({ roomId: z.string(), userId: z.string(), userName: z.string() });

function body<N extends WebhookEvent, D extends z.ZodType>(type: N, data: D) {
  return z.object({ type: z.literal(type), timestamp: Time, data });
}

/** What is posted of each event. [S3] */
export const WebhookBodies = {
  "message.saved": body(
    "message.saved",
    z.object({
      type: z.string(),
      payload: z.looseObject({
        id: z.string(),
        roomId: z.string(),
        epoch: z.string(),
        offset: z.int().min(1),
        messageId: z.string(),
        userId: z.string(),
        userName: z.string(),
        timestamp: Time,
      }),
      messageId: z.string(),
      timestamp: Time,
    }),
  ).describe("A message was stored: the envelope as its readers get it. [S3]"),
  "user.joined": body("user.joined", InRoom).describe("A user came into a room, on whichever node. [S3]"),
  "user.left": body("user.left", InRoom).describe("A user has left a room, on all nodes. [S3]"),
  "connection.closed": body(
    "connection.closed",
    z.object({
      connectionId: z.string(),
      userId: z.string(),
      userName: z.string(),
      transport: z.enum(["websocket", "sse", "polling"]),
      code: z.int(),
      reason: z.string(),
      lost: z.enum(LossReasons).exactOptional(),
      ageMs: z.int().min(0),
    }),
  ).describe(
    "A connection or stream ended: its close code, and what was wrong where nobody meant it to. [S3]",
  ),
} as const satisfies Record<WebhookEvent, z.ZodType>;

/** The data of an event. */
export type WebhookData<E extends WebhookEvent> = z.infer<typeof WebhookBodies[E]>["data"];
