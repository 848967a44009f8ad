import { type Context, Hono, type MiddlewareHandler } from "hono";
import type * as z from "zod";
import { RelayError } from "../protocol/errors.ts";
import { RoomId, UserId } from "../protocol/schemas.ts";
import { ErrorCode } from "../protocol/wire.ts";
import type { Right } from "../hub/ports.ts";
import { maxBody } from "./max_body.ts";

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
const USER_ROOM = "user:";

/** What the application's servers decide about users and rooms. No page may ask. [S0] [S1] */
export function serverApi({ check, revoke, disconnect, members, rights }: ServerApiOptions): Hono {
  const app = new Hono();
  const server: MiddlewareHandler = async (c, next) => {
    check(c.req.raw.headers);
    await next();
  };
  app.post("/api/users/:userId/revoke", server, async (c) => {
    await revoke(userIn(c));
    return c.body(null, 204);
  });
  app.post("/api/users/:userId/disconnect", server, async (c) => {
    await disconnect(userIn(c));
    return c.body(null, 204);
  });
  app.get("/api/rooms/:roomId/members", server, async (c) => {
    const roomId = roomIn(c);
    const found = await members.list(roomId);
    c.header("cache-control", "no-store");
    return c.json({
      roomId,
      private: found !== undefined,
      members: found?.map(({ userId, rights }) => ({
        userId,
        rights: rights.map((right) => right[0]).join(""),
      })) ??
        [],
    });
  });
  app.put("/api/rooms/:roomId/members/:userId", server, maxBody(MAX_BODY_BYTES), async (c) => {
    await members.put(roomIn(c), userIn(c), await rightsIn(c, rights));
    return c.body(null, 204);
  });
  app.delete("/api/rooms/:roomId/members/:userId", server, async (c) => {
    await members.remove(roomIn(c), userIn(c));
    return c.body(null, 204);
  });
  app.delete("/api/rooms/:roomId/members", server, async (c) => {
    await members.open(roomIn(c));
    return c.body(null, 204);
  });
  return app;
}

function roomIn(c: Context): string {
  const roomId = read(RoomId, c.req.param("roomId"), "roomId");
  if (!roomId.startsWith(USER_ROOM)) return roomId;
  throw new RelayError(ErrorCode.badRequest, `Cannot set members of room "${roomId}": it is its owner's`);
}

function userIn(c: Context): string {
  return read(UserId, c.req.param("userId"), "userId");
}

/** `{"rights": "rw"}`; without a body a member reads and writes. */
async function rightsIn(c: Context, rights: ServerApiOptions["rights"]): Promise<readonly Right[]> {
  const text = await c.req.text();
  if (text === "") return ["read", "write"];
  let body: { readonly rights?: unknown } | null;
  try {
    body = JSON.parse(text);
  } catch (cause) {
    throw new RelayError(ErrorCode.badRequest, "Cannot put a member: the body is not JSON", { cause });
  }
  return read(rights, body?.rights ?? "rw", "rights");
}

function read<T>(schema: z.ZodType<T>, value: unknown, what: string): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const message = `Cannot answer: ${what}: ${result.error.issues[0]?.message}`;
  throw new RelayError(ErrorCode.badRequest, message);
}
