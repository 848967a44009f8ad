import * as z from "zod";
import { UserName } from "../protocol/schemas.ts";
import type { Clock, Identity, Table } from "../hub/ports.ts";
import { sign, verified } from "./hs256.ts";
import { Moment } from "./moment.ts";
import { SigningKey } from "./signing_key.ts";
import { unauthorized } from "./unauthorized.ts";

/** Guests' ids start so, and nobody else's may. [C3] */
export const GUEST_PREFIX = "guest-";

const ISSUER = "denbun";
/** Tells a guest's token from the application's. */
export const GUEST_AUDIENCE = "denbun-guest";
const LIFETIME_S = 30 * 24 * 3600;

const Claims = z.object({
  iss: z.literal(ISSUER),
  aud: z.literal(GUEST_AUDIENCE),
  sub: z.string().startsWith(GUEST_PREFIX),
  name: UserName,
  iat: Moment.default(0),
  nbf: Moment.default(0),
  exp: Moment,
});

/** A guest's identity, and the token that keeps it over reconnects. */
export interface GuestSession {
  readonly identity: Identity & { readonly expiresAtMs: number };
  readonly token: string;
}

/**
 * Identities for who has none. The token's signing key lives in the store, so every node of one store honours it.
 * [C3]
 */
export class Guests {
  readonly #key: SigningKey;
  readonly #clock: Pick<Clock, "now">;

  constructor(table: Table, clock: Pick<Clock, "now">) {
    this.#key = new SigningKey(table, "guests");
    this.#clock = clock;
  }

  /** A new guest. Without a name it is called after its id. */
  async invite(name?: string): Promise<GuestSession> {
    const id = crypto.randomUUID().replaceAll("-", "").slice(0, 20);
    return await this.#sign(GUEST_PREFIX + id, name ?? `Guest ${id.slice(0, 4)}`);
  }

  /** The same guest under another name. */
  async rename(identity: Identity, name: string): Promise<GuestSession> {
    return await this.#sign(identity.userId, name);
  }

  /**
   * The guest a token was given to.
   * @throws {RelayError} `unauthorized`
   */
  async recognise(token: string): Promise<GuestSession> {
    const claims = Claims.safeParse(verified(token, await this.#key.get()));
    if (!claims.success) throw unauthorized("the token is not valid", claims.error);
    const { sub, name, iat, nbf, exp } = claims.data;
    const nowMs = this.#clock.now();
    if (exp * 1000 <= nowMs) throw unauthorized("the token has expired");
    if (nbf * 1000 > nowMs) throw unauthorized("the token does not count yet");
    return {
      identity: { userId: sub, userName: name, issuedAtMs: iat * 1000, expiresAtMs: exp * 1000 },
      token,
    };
  }

  async #sign(userId: string, userName: string): Promise<GuestSession> {
    const nowS = Math.floor(this.#clock.now() / 1000);
    const exp = nowS + LIFETIME_S;
    const claims = { name: userName, sub: userId, iss: ISSUER, aud: GUEST_AUDIENCE, iat: nowS, exp };
    const token = sign(claims, await this.#key.get());
    return { identity: { userId, userName, issuedAtMs: nowS * 1000, expiresAtMs: exp * 1000 }, token };
  }
}
