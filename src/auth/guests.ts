import { jwtVerify, SignJWT } from "jose";
import { RelayError } from "../protocol/errors.ts";
import { UserName } from "../protocol/schemas.ts";
import type { Clock, Identity, Table } from "../hub/ports.ts";
import { SigningKey } from "./signing_key.ts";
import { unauthorized } from "./unauthorized.ts";

/** Guests' ids start so, and nobody else's may. [C3] */
export const GUEST_PREFIX = "guest-";

const ISSUER = "denbun";
/** Tells a guest's token from the application's. */
export const GUEST_AUDIENCE = "denbun-guest";
const LIFETIME_S = 30 * 24 * 3600;

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
    try {
      const { payload } = await jwtVerify(token, await this.#key.get(), {
        algorithms: ["HS256"],
        issuer: ISSUER,
        audience: GUEST_AUDIENCE,
        requiredClaims: ["exp", "sub", "name"],
        currentDate: new Date(this.#clock.now()),
      });
      const { sub, name, exp, iat } = payload;
      if (!sub?.startsWith(GUEST_PREFIX)) throw new Error("not a guest");
      const userName = UserName.parse(name);
      return {
        identity: { userId: sub, userName, issuedAtMs: (iat ?? 0) * 1000, expiresAtMs: exp! * 1000 },
        token,
      };
    } catch (cause) {
      if (cause instanceof RelayError) throw cause;
      throw unauthorized("the token is not valid", cause);
    }
  }

  async #sign(userId: string, userName: string): Promise<GuestSession> {
    const nowS = Math.floor(this.#clock.now() / 1000);
    const exp = nowS + LIFETIME_S;
    const token = await new SignJWT({ name: userName })
      .setProtectedHeader({ alg: "HS256", typ: "JWT" })
      .setSubject(userId).setIssuer(ISSUER).setAudience(GUEST_AUDIENCE)
      .setIssuedAt(nowS).setExpirationTime(exp)
      .sign(await this.#key.get());
    return { identity: { userId, userName, issuedAtMs: nowS * 1000, expiresAtMs: exp * 1000 }, token };
  }
}
