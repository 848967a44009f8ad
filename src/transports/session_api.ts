import { Hono } from "hono";
import * as z from "zod";
import { isoTime } from "../hub/iso_time.ts";
import type { Clock } from "../hub/ports.ts";
import { UserName } from "../protocol/schemas.ts";
import { SessionAnswer } from "./answers.ts";
import { about } from "./described/parts.ts";
import { maxBody } from "./max_body.ts";
import { sessionCookie } from "./session_cookie.ts";
import { valid } from "./valid.ts";

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
  readonly clock: Pick<Clock, "now">;
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
export function sessionApi({ clock, begin, whoami, cookie, maxMessageBytes }: SessionApiOptions): Hono {
  const app = new Hono();
  const described = ({ userId, userName, expiresAtMs }: SessionHolder) => ({
    userId,
    userName,
    expiresAt: isoTime(expiresAtMs),
    timestamp: isoTime(clock.now()),
    maxMessageBytes,
  });
  app.post(
    "/api/session",
    about({
      about:
        "Begins a session: a new guest's, or that of the token that is shown. Sets the cookie. [C2] [C3]",
      who: "session",
      answers: { 200: SessionAnswer },
    }),
    maxBody(MAX_BODY_BYTES),
    valid("json", NewSession),
    async (c) => {
      const { identity, token, told } = await begin(c.req.raw, c.req.valid("json").name);
      const lastsMs = identity.expiresAtMs - clock.now();
      c.header("set-cookie", sessionCookie(c.req.raw, cookie, token, lastsMs));
      return c.json(told ? { token, ...described(identity) } : described(identity));
    },
  );
  const says = about({
    about: "Whose the request's token is. [C2]",
    who: "user",
    answers: { 200: SessionAnswer },
  });
  app.get("/api/session", says, async (c) => c.json(described(await whoami(c.req.raw))));
  const ends = about({ about: "Takes the cookie away. [C2]", answers: { 204: null } });
  app.delete("/api/session", ends, (c) => {
    c.header("set-cookie", sessionCookie(c.req.raw, cookie, "", 0));
    return c.body(null, 204);
  });
  return app;
}
