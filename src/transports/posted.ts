import { Hono } from "hono";
import * as z from "zod";
import type { Hub } from "../hub/hub.ts";
import { joinEach, type NamedJoin } from "../hub/join_each.ts";
import { JoinRoom, MessageId } from "../protocol/schemas.ts";
import { ClientType, CloseCode, ErrorCode } from "../protocol/wire.ts";
import type { Comments } from "./comments.ts";
import { PollAnswer } from "./answers.ts";
import { about } from "./described/parts.ts";
import { maxBody } from "./max_body.ts";
import { EVENT_STREAM_HEADERS, openStream } from "./open_stream.ts";
import { type Places, refuseDraining, takePlace } from "./places.ts";
import { type Poll, Polls } from "./polls.ts";
import { NAMES_SESSION, type Requesters } from "./requester.ts";
import { MAX_WAIT_MS } from "./stream_inputs.ts";
import { valid } from "./valid.ts";

export interface PostedOptions {
  readonly hub: Hub;
  /** Finds out who asks. @throws {RelayError} */
  readonly requester: Requesters;
  readonly addressOf: (request: Request, info: unknown) => string;
  /** a stream and a conversation of polls count as a connection of their address each */
  readonly places: Places;
  readonly comments: Comments;
}

/** As many rooms as a WebSocket may be in, each a `join_room` as on a WebSocket. [L5] */
const MAX_JOINS = 100;
/** A join is a line or two. */
const MAX_BODY_BYTES = 64 * 1024;

const joins = z.array(z.object({
  type: z.literal(ClientType.joinRoom),
  messageId: MessageId,
  payload: JoinRoom,
})).max(MAX_JOINS, `a conversation is of at most ${MAX_JOINS} rooms`);

const Stream = z.object({ joins });
const Turn = z.object({
  joins,
  turn: z.string().max(128).optional(),
  timeoutMs: z.int().min(0).max(MAX_WAIT_MS).default(0),
});

/**
 * `POST /api/events` and `POST /api/poll`: what a WebSocket carries down, for clients that are programs, as a stream
 * or cut into answers. [T6]
 */
export function posted(options: PostedOptions): Hono {
  const { hub, requester, comments } = options;
  const app = new Hono();
  const polls = new Polls(hub);
  const [readers, pollers] = [requester("events"), requester("poll")];
  const refuses = [ErrorCode.limitExceeded, ErrorCode.draining] as const;
  const streams = about(NAMES_SESSION, {
    about: "What a WebSocket carries down, as a stream, for clients that are programs. [T6]",
    who: "user",
    answers: { 200: "text/event-stream" },
    refuses,
  });
  app.post("/api/events", streams, maxBody(MAX_BODY_BYTES), valid("json", Stream), async (c) => {
    refuseDraining(hub);
    const { identity } = await readers(c);
    const release = await takePlace(options.places, options.addressOf(c.req.raw, c.env));
    const { connection, session } = openStream({ hub, comments, identity, shared: true, release });
    await joinEach(hub, session, c.req.valid("json").joins);
    return new Response(connection.body, { headers: EVENT_STREAM_HEADERS });
  });
  const takesTurns = about(NAMES_SESSION, {
    about: "The same, cut into answers. [T6]",
    who: "user",
    answers: { 200: PollAnswer },
    refuses,
  });
  app.post("/api/poll", takesTurns, maxBody(MAX_BODY_BYTES), valid("json", Turn), async (c) => {
    refuseDraining(hub);
    const { identity } = await pollers(c);
    const { turn, joins, timeoutMs } = c.req.valid("json");
    const { signal } = c.req.raw;
    const known = turn === undefined ? undefined : polls.resume(turn, identity, signal);
    if (joins.length === 0) {
      known?.session.close(CloseCode.normal, "left");
      return answer([]);
    }
    const poll = known ??
      polls.begin(identity, await takePlace(options.places, options.addressOf(c.req.raw, c.env)), signal);
    const level = await go(hub, poll, joins);
    const { connection, session } = poll;
    connection.begin(signal);
    // first the acks: where a conversation only goes on, begun elsewhere, they are no news
    session.outbox.send([]);
    if (turn !== undefined && !known && level) connection.hush();
    session.flush();
    const frames = await connection.answer(signal, timeoutMs);
    if (!connection.isOpen) return answer(frames);
    poll.rest();
    return answer(frames, connection.turn);
  });
  return app;
}

/** Leaves the rooms that are not named any more, or by another join, and joins those that are new. */
function go(hub: Hub, poll: Poll, joins: readonly NamedJoin[]): Promise<boolean> {
  const { session } = poll;
  const named = new Map(joins.map(({ messageId, payload }) => [payload.roomId, messageId]));
  for (const [roomId, messageId] of poll.joins) if (named.get(roomId) !== messageId) session.leave(roomId);
  poll.joins = named;
  return joinEach(hub, session, joins.filter(({ payload }) => !session.rooms.has(payload.roomId)));
}

/** The envelopes are spliced in as they are sealed: the same text that every other reader gets. */
function answer(frames: readonly string[], turn?: string): Response {
  const body = `{"frames":[${frames.join()}]${turn === undefined ? "" : `,"turn":"${turn}"`}}`;
  return new Response(body, { headers: { "content-type": "application/json" } });
}
