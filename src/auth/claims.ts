import * as z from "zod";
import type { Identity } from "../hub/ports.ts";
import { UserId, UserName } from "../protocol/schemas.ts";
import { RoomsClaim } from "./grants.ts";
import { GUEST_PREFIX } from "./guests.ts";
import { Moment } from "./moment.ts";
import { unauthorized } from "./unauthorized.ts";

/** How far ahead of ours an issuer's clock may run. */
const TOLERANCE_S = 30;

const Claims = z.object({
  sub: UserId.refine((sub) => !sub.startsWith(GUEST_PREFIX), `${GUEST_PREFIX} is for guests`),
  exp: Moment,
  iat: Moment.optional(),
  nbf: Moment.optional(),
  aud: z.union([z.string(), z.array(z.string())]).optional(),
  iss: z.string().optional(),
  name: z.string().optional(),
  jti: z.string().max(256).optional(),
  rooms: RoomsClaim.optional(),
  scope: z.union([z.string().transform((words) => words.split(" ")), z.array(z.string())]).optional(),
});

/** Whom a token has to be for and from; what is not given is not looked at. */
export interface Wanted {
  readonly audience?: string | undefined;
  readonly issuer?: string | undefined;
}

/**
 * Who the claims of a verified token speak of. All of them are judged here, whoever verified it: `exp` without
 * tolerance, because a session ends when its token does, and `iat`, which libraries let pass.
 * @throws {RelayError} `unauthorized`
 */
export function identityOf(payload: unknown, nowMs: number, { audience, issuer }: Wanted = {}): Identity {
  const claims = Claims.safeParse(payload);
  if (!claims.success) {
    const [issue] = claims.error.issues;
    throw unauthorized(`the token's claim ${issue?.path.join(".")}: ${issue?.message}`);
  }
  const { sub, exp, iat, nbf, aud, iss, name, jti, rooms, scope } = claims.data;
  if (exp * 1000 <= nowMs) throw unauthorized("the token has expired");
  if (iat !== undefined && iat * 1000 > nowMs + TOLERANCE_S * 1000) {
    throw unauthorized("the token was issued in the future");
  }
  if (nbf !== undefined && nbf * 1000 > nowMs + TOLERANCE_S * 1000) {
    throw unauthorized("the token's claim nbf: it counts later");
  }
  if (audience !== undefined && ![aud].flat().includes(audience)) {
    throw unauthorized("the token's claim aud: it is for somebody else");
  }
  if (issuer !== undefined && iss !== issuer) {
    throw unauthorized("the token's claim iss: it is somebody else's");
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
