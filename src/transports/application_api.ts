import { Hono } from "hono";
import * as z from "zod";
import type { Hub } from "../hub/hub.ts";
import { RelayError, type WireError } from "../protocol/errors.ts";
import type { Saved } from "../protocol/messages.ts";
import { MessageId, Publish, RoomId } from "../protocol/schemas.ts";
import { ErrorCode } from "../protocol/wire.ts";
import { Census, Published, RoomPresence } from "./answers.ts";
import { about } from "./described/parts.ts";
import { serverOnly } from "./server_only.ts";
import { RoomParam } from "./stream_inputs.ts";
import { valid } from "./valid.ts";

export interface ApplicationApiOptions {
  readonly hub: Hub;
  /** Lets the application's servers in. @throws {RelayError} `forbidden`, `unauthorized` */
  readonly check: (headers: Headers) => void;
  /** Stores an event in a room, as the application. @throws {RelayError} */
  readonly publish: (roomId: string, event: string, data: unknown, messageId?: string) => Promise<Saved>;
}

/** The most events of one request, each room of a publication counted. */
const MAX_EVENTS = 1000;

const Publication = Publish.pick({ event: true, data: true }).extend({
  rooms: z.array(RoomId).min(1),
  messageId: MessageId.optional(),
});
type Publication = z.infer<typeof Publication>;

const Publications = z.union([Publication.transform((one) => [one]), z.array(Publication).min(1)])
  .refine(
    (all) => all.reduce((sum, { rooms }) => sum + rooms.length, 0) <= MAX_EVENTS,
    `are at most ${MAX_EVENTS} events`,
  );

/** What became of one event: where it is, or why it is not there. */
type Outcome = { success: true } & Saved | { success: false; roomId: string; error: WireError };

/** What the application's servers publish, and what they may know of rooms. No page may ask. [S0] [S1] */
export function applicationApi({ hub, check, publish }: ApplicationApiOptions): Hono {
  const app = new Hono();
  const server = serverOnly(check);
  const publishes = about({
    about: "Stores events in rooms, as the application, and says what became of each. [S1b]",
    answers: { 200: Published, 207: Published },
  });
  app.post("/api/publish", server, publishes, valid("json", Publications), async (c) => {
    // begun in their order, which is the order of each room's log
    const outcomes = await Promise.all(
      c.req.valid("json").flatMap(({ rooms, event, data, messageId }) =>
        rooms.map((roomId) =>
          publish(roomId, event, data, messageId).then(
            (saved): Outcome => ({ success: true, ...saved }),
            (error): Outcome => ({
              success: false,
              roomId,
              error: hub.toRelayError(error, "publish").toWire(),
            }),
          )
        )
      ),
    );
    const all = outcomes.every(({ success }) => success);
    return c.json({ published: outcomes }, all ? 200 : 207);
  });
  const counts = about({
    about: "The rooms that have users, on whichever node. [S1c]",
    answers: { 200: Census },
  });
  app.get("/api/rooms", server, counts, async (c) => c.json(await hub.census.take()));
  const lists = about({
    about: "Who is in a room. [S1c] [J3]",
    answers: { 200: RoomPresence },
    refuses: [ErrorCode.draining, ErrorCode.storeUnavailable],
  });
  app.get("/api/rooms/:roomId/presence", server, lists, valid("param", RoomParam), async (c) => {
    const { roomId } = c.req.valid("param");
    if (hub.isDraining) throw new RelayError(ErrorCode.draining, "Cannot answer: this node is shutting down");
    const { users, count } = await hub.useRoom(roomId, ({ presence }) => ({
      users: presence.users(),
      count: presence.count,
    }));
    return c.json({ roomId, users, count });
  });
  return app;
}
