import { type Context, Hono } from "hono";
import type { Hub } from "../hub/hub.ts";
import { type Join, joinRooms, mayEnter } from "../hub/join.ts";
import type { Identity } from "../hub/ports.ts";
import { seal } from "../hub/seal.ts";
import type { RelayError } from "../protocol/errors.ts";
import { CloseCode, USER_PREFIX } from "../protocol/wire.ts";
import type { Comments } from "./comments.ts";
import { about, type RoutePart } from "./described/parts.ts";
import { EVENT_STREAM_HEADERS, openStream, RETRY_MS } from "./open_stream.ts";
import { type Places, refuseDraining, type Release, takePlace } from "./places.ts";
import { NAMES_SESSION, sessionIn } from "./requester.ts";
import type { SessionNames } from "./session_names.ts";
import { resumeAt } from "./stream_cursor.ts";
import { EventsQuery, NotificationsQuery } from "./stream_inputs.ts";
import { valid } from "./valid.ts";

/** Who opens a stream. */
export interface StreamAdmission {
  readonly identity: Identity;
  /** the session cookie that lets a browser come back as the same user [C2] */
  readonly cookie?: string | undefined;
}

export interface SseOptions {
  readonly hub: Hub;
  readonly names: SessionNames;
  /** Finds out who it is. @throws {RelayError} `unauthorized`, `rate_limited` */
  readonly admit: (request: Request, address: string) => Promise<StreamAdmission>;
  readonly addressOf: (request: Request, info: unknown) => string;
  readonly places: Places;
  readonly comments: Comments;
}

/** What a stream is to carry. */
interface Wanted {
  readonly roomIds: readonly string[];
  readonly since: string | undefined;
  readonly history: number;
}

/** What both routes have in common. */
const STREAM: RoutePart = {
  who: "reader",
  headers: ["Last-Event-ID"],
  answers: { 200: "text/event-stream" },
};

/** `GET /api/events` and `GET /api/notifications`. [T1] */
export function sse(options: SseOptions): Hono {
  const app = new Hono();
  const answer = async (c: Context, wanted: (identity: Identity) => Wanted) => {
    try {
      return await open(c, options, wanted);
    } catch (error) {
      return soften(c, options.hub.toRelayError(error, "events"), options.hub.clock.now());
    }
  };
  const opens = about(NAMES_SESSION, {
    ...STREAM,
    about: "What happens in rooms, as a stream of server-sent events. [T1]",
  });
  app.get("/api/events", opens, valid("query", EventsQuery), (c) => {
    const { rooms: roomIds, since, history } = c.req.valid("query");
    return answer(c, () => ({ roomIds, since, history }));
  });
  const notifies = about(NAMES_SESSION, {
    ...STREAM,
    about: "The same for the caller's own room. [T1] [F1]",
  });
  app.get("/api/notifications", notifies, valid("query", NotificationsQuery), (c) => {
    const { since } = c.req.valid("query");
    return answer(c, ({ userId }) => ({ roomIds: [USER_PREFIX + userId], since, history: 0 }));
  });
  return app;
}

async function open(
  c: Context,
  options: SseOptions,
  wanted: (identity: Identity) => Wanted,
): Promise<Response> {
  const { hub, names, admit, addressOf, places, comments } = options;
  refuseDraining(hub);
  const address = addressOf(c.req.raw, c.env);
  const { identity, cookie } = await admit(c.req.raw, address);
  const sid = sessionIn(c);
  if (sid !== undefined) await names.bind(sid, identity.userId);
  const joins = joinsOf(wanted(identity), c.req.header("last-event-id"));
  // what is refused is refused before anything is opened
  await mayEnter(hub, identity, joins);
  const headers = cookie === undefined
    ? EVENT_STREAM_HEADERS
    : { ...EVENT_STREAM_HEADERS, "set-cookie": cookie };
  // a stream that is made and not sent would never be cancelled
  if (c.req.raw.method === "HEAD") return new Response(null, { headers });
  const release = await takePlace(places, address);
  const body = await stream({ hub, comments, identity, sid, joins, release });
  return new Response(body, { headers });
}

function joinsOf({ roomIds, since, history }: Wanted, lastEventId: string | undefined): Join[] {
  const resume = resumeAt(roomIds, { lastEventId, since });
  return roomIds.map((roomId) => ({ roomId, since: resume(roomId), history, echo: true }));
}

interface StreamRequest {
  readonly hub: Hub;
  readonly comments: Comments;
  readonly identity: Identity;
  readonly sid: string | undefined;
  readonly joins: readonly Join[];
  readonly release: Release;
}

async function stream({ sid, joins, ...request }: StreamRequest): Promise<BodyInit> {
  const { hub, identity } = request;
  const { connection, session } = openStream({ ...request, shared: joins.length === 1 });
  try {
    await joinRooms(hub, session, joins, (joined) => {
      session.reply(seal("joined_room", joined, hub.clock.now()));
    });
  } catch (error) {
    session.close(CloseCode.normal, "not joined");
    throw error;
  }
  // the stream stands for the session now, its polls do not any more
  if (sid !== undefined) {
    for (const { room } of session.rooms.values()) room.visitors.leave(identity.userId, sid);
  }
  return connection.body;
}

/**
 * A browser's EventSource gives up for good at any answer but 200. What may be better soon is told to it as an event
 * of a stream that ends, so that it comes back. [T1]
 */
function soften(c: Context, error: RelayError, nowMs: number): Response {
  const fromBrowser = c.req.header("accept")?.includes("text/event-stream") ?? false;
  if (!fromBrowser || !error.retryable) throw error;
  const retryMs = error.retryAfterMs ?? RETRY_MS;
  const event = `retry: ${retryMs}\ndata: ${seal("error", error.toWire(), nowMs).json}\n\n`;
  return new Response(event, { headers: EVENT_STREAM_HEADERS });
}
