import * as z from "zod";
import type { Identity } from "../hub/ports.ts";
import { UserId, UserName } from "../protocol/schemas.ts";
import { RoomsClaim } from "./grants.ts";
import { GUEST_PREFIX } from "./guests.ts";
import { unauthorized } from "./unauthorized.ts";

/** Seconds since 1970 that a date can be made of. */
const Moment = z.number().min(0).max(8.64e12);

/** How far ahead of ours an issuer's clock may run. */
export const TOLERANCE_S = 30;

const Claims = z.object({
  sub: UserId.refine((sub) => !sub.startsWith(GUEST_PREFIX), `${GUEST_PREFIX} is for guests`),
  exp: Moment,
  iat: Moment.optional(),
  name: z.string().optional(),
  jti: z.string().max(256).optional(),
  rooms: RoomsClaim.optional(),
  scope: z.union([z.string().transform((words) => words.split(" ")), z.array(z.string())]).optional(),
});

/**
 * Who the claims of a verified token speak of. Time is judged here once more: `exp` without tolerance, because a
 * session ends when its token does, and `iat`, which libraries let pass.
 * @throws {RelayError} `unauthorized`
 */
export function identityOf(payload: unknown, nowMs: number): Identity {
  const claims = Claims.safeParse(payload);
  if (!claims.success) {
    const [issue] = claims.error.issues;
    throw unauthorized(`the token's claim ${issue?.path.join(".")}: ${issue?.message}`);
  }
  const { sub, exp, iat, name, jti, rooms, scope } = claims.data;
  if (exp * 1000 <= nowMs) throw unauthorized("the token has expired");
  if (iat !== undefined && iat * 1000 > nowMs + TOLERANCE_S * 1000) {
    throw unauthorized("the token was issued in the future");
  }
  return {
    userId: sub,
    userName: displayName(name) ?? sub,
    expiresAtMs: exp * 1000,
    ...iat === undefined ? {} : { issuedAtMs: iat * 1000 },
    ...jti === undefined ? {} : { tokenId: jti },
    ...rooms === undefined ? {} : { grants: rooms },
    ...scope === undefined ? {} : { scope },
  };
}

/** A name that breaks our rules must not lock its owner out: it is cut, or left away. */
function displayName(name: string | undefined): string | undefined {
  const fits = UserName.safeParse(name);
  if (fits.success) return fits.data;
  const cut = UserName.safeParse(name?.trim().slice(0, 64).toWellFormed());
  return cut.success ? cut.data : undefined;
}
