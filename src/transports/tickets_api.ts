import { Hono } from "hono";
import { isoTime } from "../hub/iso_time.ts";
import { TicketAnswer } from "./answers.ts";
import { about } from "./described/parts.ts";

export interface TicketsApiOptions {
  /** Gives the caller a ticket. @throws {RelayError} `unauthorized` */
  readonly issue: (request: Request) => Promise<{ readonly ticket: string; readonly expiresAtMs: number }>;
}

/** `POST /api/tickets`: a credential for one address, used once within 30 s. [C2] */
export function ticketsApi({ issue }: TicketsApiOptions): Hono {
  const app = new Hono();
  const gives = about({
    about: "A credential for where only an address can be given: for one connection, within 30 s. [C2]",
    who: "user",
    answers: { 200: TicketAnswer },
  });
  app.post("/api/tickets", gives, async (c) => {
    const { ticket, expiresAtMs } = await issue(c.req.raw);
    return c.json({ ticket, expiresAt: isoTime(expiresAtMs) });
  });
  return app;
}
