import { Hono } from "hono";
import { PostureAnswer } from "./answers.ts";
import { about } from "./described/parts.ts";

/** How a relay is set up, as far as anybody may know: that there is a key, never which. */
export interface Posture {
  /** who brings nothing enters as a guest */
  readonly guests: boolean;
  /** the application's tokens are taken */
  readonly tokens: boolean;
  /** the application's servers have a key */
  readonly serverKey: boolean;
  /** pages of other origins than our own may connect */
  readonly otherOrigins: boolean;
  /** what one connection may send in a second is limited */
  readonly messageLimit: boolean;
  /** what whoever runs the process adds: plain words and numbers */
  readonly [more: string]: boolean | string | number;
}

/** `GET /api/status`: how the relay is set up. Whether it can work at this moment is what `/readyz` says. [S2] */
export function status(posture: Posture): Hono {
  const app = new Hono();
  const tells = about({
    about: "How the relay is set up, and no secret. [S2]",
    answers: { 200: PostureAnswer },
  });
  app.get("/api/status", tells, (c) => c.json(posture));
  return app;
}
