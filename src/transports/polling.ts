import { type Context, Hono } from "hono";
import type { Hub } from "../hub/hub.ts";
import type { RoomLog } from "../hub/room_log.ts";
import { type RoomPage, roomPage } from "../hub/room_page.ts";
import { visit, waitForNews } from "../hub/visit.ts";
import { RelayError } from "../protocol/errors.ts";
import { ErrorCode } from "../protocol/wire.ts";
import { MessagesPage } from "./answers.ts";
import { about } from "./described/parts.ts";
import type { Places, Release } from "./places.ts";
import { NAMES_SESSION, type Requester } from "./requester.ts";
import { PageQuery, RoomParam, WaitQuery } from "./stream_inputs.ts";
import { valid } from "./valid.ts";

/** Requests of one user that may wait at the same time, in a process. [T4] */
export const WAITING_PER_USER = 4;

export interface PollingOptions {
  readonly hub: Hub;
  /** Finds out who asks. @throws {RelayError} */
  readonly requester: (c: Context) => Promise<Requester>;
  readonly addressOf: (request: Request, info: unknown) => string;
  /** requests that wait count like connections of their address */
  readonly places: Places;
  /** and by user */
  readonly waitingPlaces: Places;
}

/** `GET /api/rooms/{roomId}/messages` and `…/wait`. [T2] [T3] */
export function polling(options: PollingOptions): Hono {
  const { hub, requester } = options;
  const app = new Hono();
  app.get(
    "/api/rooms/:roomId/messages",
    about(NAMES_SESSION, {
      about: "A page of a room's log: after a position, below an offset, or the newest. [T2]",
      who: "user",
      headers: ["If-None-Match"],
      answers: { 200: MessagesPage, 304: null },
    }),
    valid("param", RoomParam),
    valid("query", PageQuery),
    async (c) => {
      const caller = await requester(c);
      const { roomId } = c.req.valid("param");
      return await visit(hub, caller, roomId, async ({ log }) => {
        // of before the page is read: a page may be newer than its tag, never older
        const etag = etagOf(log);
        const headers = { etag, "cache-control": "private, no-cache" };
        if (holds(c.req.header("if-none-match"), etag)) return new Response(null, { status: 304, headers });
        const page = await roomPage(log, c.req.valid("query"));
        return answer(roomId, page, headers);
      });
    },
  );
  app.get(
    "/api/rooms/:roomId/messages/wait",
    about(NAMES_SESSION, {
      about: "The same as soon as there is something, an empty page after the timeout. [T3]",
      who: "user",
      answers: { 200: MessagesPage },
      refuses: [ErrorCode.limitExceeded],
    }),
    valid("param", RoomParam),
    valid("query", WaitQuery),
    async (c) => {
      const caller = await requester(c);
      const { roomId } = c.req.valid("param");
      const { timeoutMs, ...wish } = c.req.valid("query");
      const page = await waitForNews(hub, caller, roomId, wish, {
        timeoutMs,
        signal: c.req.raw.signal,
        takePlace: () => takePlaces(c, caller, options),
      });
      return answer(roomId, page);
    },
  );
  return app;
}

/** The log's head says whether there is anything new: bodies need not be read for that. [T2] */
function etagOf({ epoch, cursor }: RoomLog): string {
  return `W/"${epoch}.${cursor}"`;
}

/** Whether an `If-None-Match` names this tag; proxies that compress make tags weak. */
function holds(ifNoneMatch: string | undefined, etag: string): boolean {
  const opaque = (tag: string) => tag.trim().replace(/^W\//, "");
  return ifNoneMatch?.split(",").some((tag) => opaque(tag) === opaque(etag)) ?? false;
}

/** The messages are spliced in as they are sealed: the same text that every other reader gets. */
function answer(roomId: string, page: RoomPage, headers: Record<string, string> = {}): Response {
  const { epoch, offset, recovered, hasMore, messages } = page;
  const fields = JSON.stringify({ roomId, epoch, offset, recovered, hasMore });
  const body = `${fields.slice(0, -1)},"messages":[${messages.map(({ json }) => json).join(",")}]}`;
  return new Response(body, { headers: { ...headers, "content-type": "application/json" } });
}

async function takePlaces(
  c: Context,
  { identity: { userId } }: Requester,
  { places, waitingPlaces, addressOf }: PollingOptions,
): Promise<Release> {
  const ofUser = await waitingPlaces.take(`user ${userId}`);
  if (!ofUser) throw full("you are waiting with as many requests as you may");
  const ofAddress = await places.take(addressOf(c.req.raw, c.env));
  if (ofAddress) return () => (ofUser(), ofAddress());
  ofUser();
  throw full("there are too many connections from your address");
}

function full(fact: string): RelayError {
  return new RelayError(ErrorCode.limitExceeded, `Cannot wait: ${fact}`, { retryAfterMs: 1000 });
}
