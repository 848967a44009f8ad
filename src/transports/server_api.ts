import { Hono } from "hono";
import * as z from "zod";
import { checked } from "../hub/checked.ts";
import type { Right } from "../hub/ports.ts";
import { RoomId, UserId } from "../protocol/schemas.ts";
import { USER_PREFIX } from "../protocol/wire.ts";
import { RoomMembers } from "./answers.ts";
import { about, type RoutePart } from "./described/parts.ts";
import { maxBody } from "./max_body.ts";
import { optionalBody } from "./optional_body.ts";
import { serverOnly } from "./server_only.ts";
import { valid } from "./valid.ts";

export interface ServerApiOptions {
  /** Lets the application's servers in. @throws {RelayError} `forbidden`, `unauthorized` */
  readonly check: (headers: Headers) => void;
  readonly revoke: (userId: string) => Promise<void>;
  readonly disconnect: (userId: string) => Promise<void>;
  readonly members: MembersOf;
  /** what `PUT …/members/{userId}` may hold */
  readonly rights: z.ZodType<readonly Right[], string>;
}

/** The members of private rooms. Each operation rejects with `store_unavailable`. */
export interface MembersOf {
  /** nothing when the room is open */
  list(
    roomId: string,
  ): Promise<readonly { readonly userId: string; readonly rights: readonly Right[] }[] | undefined>;
  put(roomId: string, userId: string, rights: readonly Right[]): Promise<void>;
  remove(roomId: string, userId: string): Promise<void>;
  /** Lets everybody in again. */
  open(roomId: string): Promise<void>;
}

const MAX_BODY_BYTES = 4096;

/** A room that can have members: what a user is told in its own is for nobody else. */
const SharedRoomId = RoomId.refine((roomId) => !roomId.startsWith(USER_PREFIX), "this room is its owner's");
const InUser = z.object({ userId: UserId });
const InRoom = z.object({ roomId: SharedRoomId });
const InMember = z.object({ roomId: SharedRoomId, userId: UserId });

/** What the application's servers decide about users and rooms. No page may ask. [S0] [S1] */
export function serverApi({ check, revoke, disconnect, members, rights }: ServerApiOptions): Hono {
  const app = new Hono();
  const server = serverOnly(check);
  // without a body a member reads and writes
  const Membership = z.object({ rights: rights.prefault("rw") });
  const does = (what: string, more: RoutePart = {}) =>
    about({ about: what, answers: { 204: null }, ...more });
  app.post(
    "/api/users/:userId/revoke",
    server,
    does("Refuses a user's tokens issued until now and ends what was opened with them. [S1]"),
    valid("param", InUser),
    async (c) => {
      await revoke(c.req.valid("param").userId);
      return c.body(null, 204);
    },
  );
  app.post(
    "/api/users/:userId/disconnect",
    server,
    does("Ends a user's connections; it may come back. [S1]"),
    valid("param", InUser),
    async (c) => {
      await disconnect(c.req.valid("param").userId);
      return c.body(null, 204);
    },
  );
  app.get(
    "/api/rooms/:roomId/members",
    server,
    about({ about: "The members of a room. [S1]", answers: { 200: RoomMembers } }),
    valid("param", InRoom),
    async (c) => {
      const { roomId } = c.req.valid("param");
      const found = await members.list(roomId);
      return c.json({
        roomId,
        private: found !== undefined,
        members: (found ?? []).map(({ userId, rights }) => ({
          userId,
          rights: rights.map((right) => right[0]).join(""),
        })),
      });
    },
  );
  app.put(
    "/api/rooms/:roomId/members/:userId",
    server,
    does("Takes a member in; the first one makes the room private. [S1] [C6]", {
      json: Membership,
      bodyOptional: true,
    }),
    maxBody(MAX_BODY_BYTES),
    valid("param", InMember),
    async (c) => {
      const { roomId, userId } = c.req.valid("param");
      const { rights } = checked(Membership, await optionalBody(c.req) ?? {}, "body");
      await members.put(roomId, userId, rights);
      return c.body(null, 204);
    },
  );
  app.delete(
    "/api/rooms/:roomId/members/:userId",
    server,
    does("Takes a member out. [S1]"),
    valid("param", InMember),
    async (c) => {
      const { roomId, userId } = c.req.valid("param");
      await members.remove(roomId, userId);
      return c.body(null, 204);
    },
  );
  app.delete(
    "/api/rooms/:roomId/members",
    server,
    does("Opens the room to everybody again. [S1]"),
    valid("param", InRoom),
    async (c) => {
      await members.open(c.req.valid("param").roomId);
      return c.body(null, 204);
    },
  );
  return app;
}
