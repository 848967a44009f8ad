import { type Context, Hono } from "hono";
import type { Hub } from "../hub/hub.ts";
import { takeAlone } from "../hub/uplink.ts";
import { byteLength } from "../protocol/byte_length.ts";
import type { WireError } from "../protocol/errors.ts";
import type { Ack, Saved } from "../protocol/messages.ts";
import type { Sealed } from "../protocol/sealed.ts";
import { ClientType, ErrorCode } from "../protocol/wire.ts";
import { AckEnvelope, SentMessage } from "./answers.ts";
import { about } from "./described/parts.ts";
import { maxBody } from "./max_body.ts";
import { problem, retryAfter, statusOf } from "./problem.ts";
import { NAMES_SESSION, type Requester } from "./requester.ts";
import { LoneEnvelope, NewMessage, RoomParam } from "./stream_inputs.ts";
import { valid } from "./valid.ts";

export interface UplinkOptions {
  readonly hub: Hub;
  /** Finds out who sends. @throws {RelayError} */
  readonly requester: (c: Context) => Promise<Requester>;
}

/** `POST /api/send` and `POST /api/rooms/{roomId}/messages`. [T4] */
export function uplink({ hub, requester }: UplinkOptions): Hono {
  const app = new Hono();
  const limited = maxBody(hub.limits.maxMessageBytes);
  const sends = about(NAMES_SESSION, {
    about: "Takes one envelope and answers its ack; the status is that of its error. [T4]",
    who: "user",
    answers: { 200: AckEnvelope },
  });
  app.post("/api/send", sends, limited, valid("json", LoneEnvelope), async (c) => {
    const caller = await requester(c);
    const ack = await take(c, hub, caller, c.req.valid("json"));
    const payload = ack.value.payload as Ack;
    return payload.success
      ? answer(ack.json, 200)
      : answer(ack.json, statusOf(payload.error.code), payload.error);
  });
  app.post(
    "/api/rooms/:roomId/messages",
    about(NAMES_SESSION, {
      about: "The plain form of send_message. [T4]",
      who: "user",
      answers: { 200: SentMessage, 201: SentMessage },
      refuses: [ErrorCode.conflict, ErrorCode.draining],
    }),
    limited,
    valid("param", RoomParam),
    valid("json", NewMessage),
    async (c) => {
      const caller = await requester(c);
      const { roomId } = c.req.valid("param");
      const { messageId, ...body } = c.req.valid("json");
      const envelope = { type: ClientType.sendMessage, payload: { roomId, ...body }, messageId };
      const { value } = await take(c, hub, caller, envelope);
      const payload = value.payload as Ack<Saved>;
      if (!payload.success) return problem(payload.error);
      const { success: _, ...saved } = payload;
      const status = saved.duplicate ? 200 : 201;
      return answer(JSON.stringify({ messageId: value.messageId, ...saved }), status);
    },
  );
  return app;
}

function take(c: Context, hub: Hub, caller: Requester, envelope: object): Promise<Sealed> {
  // a body without a length was measured while it was read, and is measured here once more
  const bytes = Number(c.req.header("content-length")) || byteLength(JSON.stringify(envelope));
  return takeAlone(hub, caller, caller.rates, envelope, bytes);
}

function answer(body: string, status: number, error?: WireError): Response {
  const headers = { "content-type": "application/json", ...retryAfter(error) };
  return new Response(body, { status, headers });
}
