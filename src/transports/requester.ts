import type { Context } from "hono";
import * as z from "zod";
import { checked } from "../hub/checked.ts";
import type { Hub } from "../hub/hub.ts";
import type { Identity } from "../hub/ports.ts";
import type { Rates } from "../hub/user_rates.ts";
import type { Visitor } from "../hub/visit.ts";
import { RelayError } from "../protocol/errors.ts";
import { ErrorCode } from "../protocol/wire.ts";
import type { RoutePart } from "./described/parts.ts";
import { SessionName, type SessionNames } from "./session_names.ts";

/** The header in which a client names its session, and the name for it where there can be none. [T0] */
const SESSION_HEADER = "Denbun-Session";
const SESSION_QUERY = "sid";

/** What documents say of routes that ask for it. */
export const NAMES_SESSION: RoutePart = {
  query: z.object({ [SESSION_QUERY]: SessionName.optional() }),
  headers: [SESSION_HEADER],
};

/** Who sends a request, and what it may send. */
export interface Requester extends Visitor {
  readonly rates: Rates;
}

/** What a request is for: each asks for a scope of its own. [C7] */
export type RequestDoor = "events" | "poll" | "send";

/**
 * By what a request is for: who sends it. One that reads counts against its user's rate; what is sent does so as it is
 * taken. [L]
 * @throws {RelayError} `unauthorized`, `bad_request`, `forbidden`, `rate_limited`, `store_unavailable`
 */
export type Requesters = (door: RequestDoor) => (c: Context) => Promise<Requester>;

/** Finds out who sends requests. */
export function requesters(
  hub: Hub,
  names: SessionNames,
  identify: (request: Request, door: RequestDoor) => Promise<Identity>,
): Requesters {
  return (door) => async (c) => {
    const identity = await identify(c.req.raw, door);
    const nowMs = hub.clock.monotonic();
    const rates = hub.requestRates.of(identity.userId, nowMs);
    const sid = sessionIn(c);
    // before a name is written down: names must not come faster than requests that read
    if (door !== "send" || sid !== undefined && !names.knows(sid)) countRead(rates, nowMs);
    if (sid !== undefined) await names.bind(sid, identity.userId);
    return { identity, sid, rates };
  };
}

/** The session a request names. [T0] @throws {RelayError} `bad_request` */
export function sessionIn(c: Context): string | undefined {
  const given = c.req.header(SESSION_HEADER) ?? c.req.query(SESSION_QUERY);
  return given === undefined ? undefined : checked(SessionName, given, "request");
}

function countRead(rates: Rates, nowMs: number): void {
  const retryAfterMs = rates.take("stored", nowMs);
  if (retryAfterMs === 0) return;
  throw new RelayError(ErrorCode.rateLimited, "Cannot answer: too many requests a second", { retryAfterMs });
}
