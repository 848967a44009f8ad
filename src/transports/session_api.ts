import { type Context, Hono } from "hono";
import { zValidator } from "@hono/zod-validator";
import * as z from "zod";
import { isoTime } from "../hub/iso_time.ts";
import { RelayError } from "../protocol/errors.ts";
import { UserName } from "../protocol/schemas.ts";
import { ErrorCode } from "../protocol/wire.ts";
import { maxBody } from "./max_body.ts";
import { sessionCookie } from "./session_cookie.ts";

/** Who somebody is, until when. */
export interface SessionHolder {
  readonly userId: string;
  readonly userName: string;
  readonly expiresAtMs: number;
}

/** A browser's session. */
export interface BegunSession {
  readonly identity: SessionHolder;
  /** the token, for the cookie */
  readonly token: string;
  /** Whether the page is told the token: a guest's is all it has, an application's user brought it. */
  readonly told: boolean;
}

export interface SessionApiOptions {
  /** Makes or renames a guest, or takes the token that was brought. @throws {RelayError} `unauthorized` */
  readonly begin: (request: Request, name: string | undefined) => Promise<BegunSession>;
  /** Who the request comes from. @throws {RelayError} `unauthorized` */
  readonly whoami: (request: Request) => Promise<SessionHolder>;
  readonly cookie: string;
  /** what a client should know that will never be told a `welcome` */
  readonly maxMessageBytes: number;
}

/** A name and what JSON makes of it. */
const MAX_BODY_BYTES = 4096;

const NewSession = z.object({ name: UserName.optional() });

/**
 * `POST /api/session` sets the session cookie, to the token that came with the request or to a new guest's; `GET`
 * says whose the request's token is, `DELETE` takes the cookie away. [C2] [C3]
 */
export function sessionApi({ begin, whoami, cookie, maxMessageBytes }: SessionApiOptions): Hono {
  const app = new Hono();
  const described = ({ userId, userName, expiresAtMs }: SessionHolder) => ({
    userId,
    userName,
    expiresAt: isoTime(expiresAtMs),
    timestamp: isoTime(Date.now()),
    maxMessageBytes,
  });
  app.post(
    "/api/session",
    maxBody(MAX_BODY_BYTES),
    zValidator("json", NewSession, (result) => {
      if (result.success) return;
      throw new RelayError(
        ErrorCode.badRequest,
        `Cannot begin a session: ${result.error.issues[0]?.message}`,
      );
    }),
    async (c) => {
      const { identity, token, told } = await begin(c.req.raw, c.req.valid("json").name);
      const maxAgeS = Math.floor((identity.expiresAtMs - Date.now()) / 1000);
      c.header("set-cookie", sessionCookie(c.req.raw, cookie, token, maxAgeS));
      return answer(c, told ? { token, ...described(identity) } : described(identity));
    },
  );
  app.get("/api/session", async (c) => answer(c, described(await whoami(c.req.raw))));
  app.delete("/api/session", (c) => {
    c.header("set-cookie", sessionCookie(c.req.raw, cookie, "", 0));
    return c.body(null, 204);
  });
  return app;
}

function answer(c: Context, body: object): Response {
  c.header("cache-control", "no-store");
  return c.json(body);
}
