/** What the streams, polls and posts of section T are asked with. */
import * as z from "zod";
import { withPingPayload } from "../hub/check_envelope.ts";
import { parsePosition, type Position } from "../protocol/position.ts";
import { ClientEnvelope, MessageId, RoomId, SendMessage } from "../protocol/schemas.ts";
import { whole } from "../protocol/whole.ts";
import { Bounds } from "../protocol/wire.ts";

/** The most rooms of one stream. [T1] */
const MAX_ROOMS = 20;
/** The most messages of one page. [T2] */
const MAX_PAGE = 200;
/** The longest a poll may wait. [T3] */
export const MAX_WAIT_MS = 55_000;

const since = z.string().max(8192);

const PositionText = z.string().transform((text, context): Position => {
  const position = parsePosition(text);
  if (position) return position;
  context.addIssue({ code: "custom", message: "a position is epoch.offset" });
  return z.NEVER;
});

export const RoomParam = z.object({ roomId: RoomId });

export const EventsQuery = z.object({
  rooms: z.string().transform((text) => [...new Set(text.split(","))])
    .pipe(z.array(RoomId).max(MAX_ROOMS, `a stream is of at most ${MAX_ROOMS} rooms`)),
  since: since.optional(),
  history: whole(0, Bounds.historyLimit).default(0),
});

export const NotificationsQuery = z.object({ since: since.optional() });

export const PageQuery = z.object({
  since: PositionText.optional(),
  before: whole(1, Number.MAX_SAFE_INTEGER).optional(),
  limit: whole(1, MAX_PAGE).default(50),
}).refine(
  ({ since, before }) => since === undefined || before === undefined,
  "ask for since or before, not both",
);

export const WaitQuery = z.object({
  since: PositionText.optional(),
  limit: whole(1, MAX_PAGE).default(50),
  timeoutMs: whole(0, MAX_WAIT_MS).default(25_000),
});

/** What `POST /api/send` takes. [T4] */
export const LoneEnvelope = z.preprocess(withPingPayload, ClientEnvelope);

/** The plain form of `send_message`: the room stands in the address. [T4] */
export const NewMessage = SendMessage.omit({ roomId: true }).extend({ messageId: MessageId.optional() });
