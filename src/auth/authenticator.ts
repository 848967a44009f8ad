import type { Clock, Identities, Identity, Logger, Table } from "../hub/ports.ts";
import { rateLimited } from "../hub/rate_limited.ts";
import { RelayError } from "../protocol/errors.ts";
import { UserName } from "../protocol/schemas.ts";
import { ErrorCode } from "../protocol/wire.ts";
import { type Credential, credentialOf } from "./credentials.ts";
import { claimed } from "./hs256.ts";
import { GUEST_AUDIENCE, GUEST_PREFIX, Guests, type GuestSession } from "./guests.ts";
import { MAX_TOKEN_LENGTH, type TokenVerifier } from "./jwt.ts";
import { Revocations } from "./revocations.ts";
import { type Door, opens } from "./scope.ts";
import { type Ticket, Tickets } from "./tickets.ts";
import { unauthorized } from "./unauthorized.ts";

export interface AuthenticatorOptions {
  readonly table: Table;
  readonly clock: Clock;
  readonly logger: Logger;
  /** knows the application's tokens */
  readonly verifier?: TokenVerifier | undefined;
  /** whether who brings nothing is taken in as a guest: by default, when there is no verifier [C3] */
  readonly guests?: boolean | undefined;
}

/** Who came in. */
export interface Admission {
  readonly identity: Identity;
  /** the token of a guest who came without one, or under another name [C3] */
  readonly session?: string;
  /** the token that was shown, for the session cookie of who opens a stream [C2] */
  readonly token?: string;
}

/** A browser's session: the token its cookie carries. */
export interface BegunSession {
  readonly identity: Timed;
  readonly token: string;
  /** Whether the page is told the token: a guest's is all it has; an application's must not be read out of a cookie. */
  readonly told: boolean;
}

/** An identity that ends. */
export type Timed = Identity & { readonly expiresAtMs: number };

/**
 * Says who a request comes from, by the application's token, a guest's, a ticket or the session cookie. Every door
 * asks it: what it refuses is refused before anything is opened. [C2] [C3]
 */
export class Authenticator implements Identities {
  readonly #guests: Guests;
  readonly #guestsEnter: boolean;
  readonly #verifier: TokenVerifier | undefined;
  readonly #tickets: Tickets;
  readonly #revocations: Revocations;
  readonly #logger: Logger;

  /** @throws {TypeError} when nobody could ever enter */
  constructor({ table, clock, logger, verifier, guests = verifier === undefined }: AuthenticatorOptions) {
    if (!verifier && !guests) {
      throw new TypeError("Cannot authenticate: there is no key, and guests may not enter");
    }
    this.#guests = new Guests(table, clock);
    this.#guestsEnter = guests;
    this.#verifier = verifier;
    this.#tickets = new Tickets(table, clock);
    this.#revocations = new Revocations(table, clock);
    this.#logger = rateLimited(logger, clock);
  }

  /**
   * Who opens a connection: whose credential it brings, or a new guest. `?name=` names a guest.
   * @throws {RelayError} `unauthorized`, `bad_request`, `store_unavailable`
   */
  admit(request: Request, door: Door): Promise<Admission> {
    return this.#noted(door, this.#admit(request, door));
  }

  /**
   * Who sends a request that needs somebody who is known.
   * @throws {RelayError} `unauthorized`, `store_unavailable`
   */
  identify(request: Request, door: Door): Promise<Identity> {
    return this.#noted(door, this.#identify(request, door));
  }

  /**
   * Begins a browser's session: the caller's own token, or that of a new or renamed guest.
   * @throws {RelayError} `unauthorized`, `store_unavailable`
   */
  begin(request: Request, name: string | undefined): Promise<BegunSession> {
    return this.#noted("session", this.#begin(request, name));
  }

  /**
   * Whose the request's token is.
   * @throws {RelayError} `unauthorized`, `store_unavailable`
   */
  whoami(request: Request): Promise<Timed> {
    return this.#noted("session", this.#timed(request));
  }

  /**
   * A ticket that lets the caller in once, within 30 s.
   * @throws {RelayError} `unauthorized`, `store_unavailable`
   */
  ticket(request: Request): Promise<Ticket> {
    return this.#noted("ticket", this.#timed(request).then((holder) => this.#tickets.issue(holder)));
  }

  /** Whose a token is that comes over an open WebSocket. [C5] */
  recognise(token: string): Promise<Identity> {
    return this.#noted("authenticate", this.#recognise(token));
  }

  revoked(identity: Identity): Promise<boolean> {
    return this.#revocations.covers(identity);
  }

  /** Refuses all tokens of a user issued until now. Returns that moment. @throws {RelayError} `store_unavailable` */
  revoke(userId: string): Promise<number> {
    return this.#revocations.revoke(userId);
  }

  async #admit(request: Request, door: Door): Promise<Admission> {
    const name = nameIn(request);
    const credential = credentialOf(request);
    // what it is looked up in may be slow: that the caller goes meanwhile is told to who asked before
    const left = credential && request.signal;
    const known = await this.#known(credential);
    if (left?.aborted) {
      throw new RelayError(ErrorCode.badRequest, "Cannot connect: the caller has gone");
    }
    if (!known) return admission(await this.#guests.invite(name));
    this.#checkDoor(known.identity, door);
    if (!isGuest(known) || name === undefined || name === known.identity.userName) {
      return { identity: known.identity, ...known.token === undefined ? {} : { token: known.token } };
    }
    return admission(await this.#guests.rename(known.identity, name));
  }

  async #identify(request: Request, door: Door): Promise<Identity> {
    const { identity } = await this.#known(credentialOf(request)) ?? nobody();
    this.#checkDoor(identity, door);
    return identity;
  }

  async #begin(request: Request, name: string | undefined): Promise<BegunSession> {
    const known = await this.#known(credentialOf(request));
    if (known && !isGuest(known)) return { ...withToken(known), told: false };
    const { identity } = known ?? {};
    const session = identity
      ? await this.#guests.rename(identity, name ?? identity.userName)
      : await this.#guests.invite(name);
    return { ...session, told: true };
  }

  async #timed(request: Request): Promise<Timed> {
    return withToken(await this.#known(credentialOf(request)) ?? nobody()).identity;
  }

  async #recognise(token: string): Promise<Identity> {
    const { identity } = await this.#holder(token);
    await this.#checkRevoked(identity);
    this.#checkDoor(identity, "websocket");
    return identity;
  }

  /** Nobody when a guest may enter instead. */
  async #known(credential: Credential | undefined): Promise<Known | undefined> {
    if (!credential) return this.#guestsEnter ? undefined : nobody();
    try {
      const { kind, secret } = credential;
      const known = kind === "ticket"
        ? { identity: await this.#tickets.redeem(secret) }
        : await this.#holder(secret);
      await this.#checkRevoked(known.identity);
      return known;
    } catch (error) {
      // a stale cookie comes by itself and must not lock a guest out; what was put there must be right
      const stale = credential.kind === "cookie" && error instanceof RelayError &&
        error.code === ErrorCode.unauthorized;
      if (stale && this.#guestsEnter) return undefined;
      throw error;
    }
  }

  async #holder(token: string): Promise<Known> {
    if (token.length > MAX_TOKEN_LENGTH) throw unauthorized("the token is too long");
    // what a token says of itself only chooses who looks at it: each judge has its own key
    if (this.#guestsEnter && (!this.#verifier || audienceOf(token) === GUEST_AUDIENCE)) {
      return await this.#guests.recognise(token);
    }
    return { identity: await (this.#verifier ?? nobody()).verify(token), token };
  }

  async #checkRevoked(identity: Identity): Promise<void> {
    if (await this.#revocations.covers(identity)) throw unauthorized("the token was revoked");
  }

  #checkDoor(identity: Identity, door: Door): void {
    if (!opens(identity, door)) throw unauthorized(`the token's scope does not include denbun:${door}`);
  }

  /** A refusal is worth a line, and the line must not grow into a flood. */
  #noted<T>(where: string, work: Promise<T>): Promise<T> {
    return work.catch((error) => {
      if (error instanceof RelayError && error.code === ErrorCode.unauthorized) {
        this.#logger.info("login_refused", { where, reason: error.message });
      }
      throw error;
    });
  }
}

interface Known {
  readonly identity: Identity;
  readonly token?: string;
}

function nobody(): never {
  throw unauthorized("a token is needed");
}

function isGuest({ identity }: Known): boolean {
  return identity.userId.startsWith(GUEST_PREFIX);
}

function withToken({ identity, token }: Known): { readonly identity: Timed; readonly token: string } {
  const { expiresAtMs } = identity;
  if (token === undefined) throw unauthorized("a ticket opens a connection and nothing else");
  if (expiresAtMs === undefined) {
    throw unauthorized("a token without an end opens a connection and nothing else");
  }
  return { identity: { ...identity, expiresAtMs }, token };
}

function admission({ identity, token }: GuestSession): Admission {
  return { identity, session: token };
}

function audienceOf(token: string): unknown {
  return (claimed(token) as { readonly aud?: unknown } | null | undefined)?.aud;
}

function nameIn(request: Request): string | undefined {
  if (!request.url.includes("?")) return undefined;
  const name = new URL(request.url).searchParams.get("name");
  if (name === null) return undefined;
  const checked = UserName.safeParse(name);
  if (checked.success) return checked.data;
  throw new RelayError(ErrorCode.badRequest, `Cannot connect: name: ${checked.error.issues[0]?.message}`);
}
