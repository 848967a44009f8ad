import { RelayError } from "../protocol/errors.ts";
import { CloseCode, ErrorCode } from "../protocol/wire.ts";
import { type AccessChange, AccessChanges } from "./access_changes.ts";
import type {
  Backplane,
  Cancel,
  Clock,
  Identities,
  Identity,
  Ids,
  Logger,
  Policy,
  Right,
  Table,
} from "./ports.ts";
import type { Session } from "./session.ts";
import { unreachable } from "./unreachable.ts";

/** Somebody whose access can end: a session, or a request that waits. */
export interface Watched {
  readonly identity: Identity;
  /** where it is */
  readonly rooms: ReadonlyMap<string, Place>;
  close(code: CloseCode, reason: string): void;
  /** The room may not be read any more. */
  forbid(roomId: string): void;
}

/** Its place in one room. */
export interface Place {
  readonly session: Watched;
  readonly room: { readonly id: string; has(place: Place): boolean };
}

export interface AccessDeps {
  readonly clock: Clock;
  readonly ids: Ids;
  readonly table: Table;
  readonly backplane: Backplane;
  readonly logger: Logger;
  readonly policy: Policy;
  readonly identities: Identities;
  readonly sessions: () => Iterable<Watched>;
}

/** How often all sessions are asked whether their token has expired. */
const EXPIRY_MS = 500;
/** How long a question the store could not answer waits before it is asked again. */
const RETRY_MS = 1000;
/** Longer than it takes from the look at a token to the open connection. */
const HANDSHAKE_MS = 60_000;

/** Knows no token: for a hub that is embedded where nobody authenticates. */
export const noIdentities: Identities = {
  recognise: () =>
    Promise.reject(new RelayError(ErrorCode.unauthorized, "Cannot authenticate: no tokens are taken here")),
  revoked: () => Promise.resolve(false),
};

/**
 * Who may be here and where, as long as they are: rights are asked when somebody acts, and what takes rights away,
 * be it time, a revocation or another member list, ends what they had at once. [C5] [S1]
 */
export class Access {
  readonly #deps: AccessDeps;
  readonly #changes: AccessChanges;
  /** tokens that were revoked a moment ago, for who was on the way in meanwhile */
  readonly #revoked = new Map<string, { readonly untilMs: number; readonly heardMs: number }>();
  /** members of whom the store could not say whether they may stay */
  readonly #unsure = new Set<Place>();
  #expiry: Cancel | undefined;
  #retry: Cancel | undefined;

  constructor(deps: AccessDeps) {
    this.#deps = deps;
    this.#changes = new AccessChanges({
      ...deps,
      apply: (change) => this.#apply(change),
      missed: () => this.#askAll(),
    });
  }

  /**
   * Asks the policy. Nothing when it allows at once, a promise when it has to look.
   * @throws {RelayError} `forbidden`, the same whether or not the room exists
   */
  allow(identity: Identity, right: Right, roomId: string, action: string): void | Promise<void> {
    const decide = (allowed: boolean) => {
      if (allowed) return;
      throw new RelayError(ErrorCode.forbidden, `Cannot ${action} room "${roomId}": you may not`);
    };
    const allowed = this.#deps.policy.allows(identity, right, roomId);
    return allowed instanceof Promise ? allowed.then(decide) : decide(allowed);
  }

  /** Looks after a session from here on. */
  watch(session: Watched): void {
    if (session.identity.expiresAtMs !== undefined) this.#armExpiry();
    const revoked = this.#revoked.get(session.identity.userId);
    if (revoked && isFrom(session.identity, revoked.untilMs)) revoke(session);
  }

  /** Gives a session the identity of a fresh token of the same user. [C5] */
  renew(session: Session, identity: Identity): void {
    session.renew(identity);
    this.watch(session);
    for (const member of session.rooms.values()) this.#askAgain(member);
  }

  /** Ends a user's connections everywhere, and those that show a token from before `untilMs`. [S1] */
  revoked(userId: string, untilMs: number): Promise<void> {
    return this.#changes.announce({ kind: "revoked", userId, untilMs });
  }

  /** Ends a user's connections everywhere; it may come back. [S1] */
  disconnected(userId: string): Promise<void> {
    return this.#changes.announce({ kind: "disconnected", userId });
  }

  /** Who may enter a room changed: everywhere its members are asked again. [S1] */
  roomChanged(roomId: string): Promise<void> {
    return this.#changes.announce({ kind: "room", roomId });
  }

  /** Another node says that there is something to look at. */
  heard(): void {
    this.#changes.heard();
  }

  close(): void {
    this.#changes.close();
    this.#expiry?.();
    this.#retry?.();
  }

  #apply(change: AccessChange): void {
    const { sessions, policy } = this.#deps;
    switch (change.kind) {
      case "room":
        policy.forget?.(change.roomId);
        for (const session of sessions()) {
          const member = session.rooms.get(change.roomId);
          if (member) this.#askAgain(member);
        }
        return;
      case "revoked":
        this.#rememberRevoked(change.userId, change.untilMs);
        for (const session of sessions()) {
          const { identity } = session;
          if (identity.userId === change.userId && isFrom(identity, change.untilMs)) revoke(session);
        }
        return;
      case "disconnected":
        for (const session of sessions()) {
          if (session.identity.userId === change.userId) session.close(CloseCode.kicked, "disconnected");
        }
        return;
      default:
        return unreachable(change);
    }
  }

  /** After a long time without a look at the changes nothing that is remembered can be trusted. */
  #askAll(): void {
    const { policy, sessions, identities, logger } = this.#deps;
    policy.forget?.();
    for (const session of sessions()) {
      for (const member of session.rooms.values()) this.#askAgain(member);
      const { identity } = session;
      identities.revoked(identity).then(
        (revoked) => revoked && session.identity === identity && revoke(session),
        (error) => logger.warn("access_unknown", { reason: String(error) }),
      );
    }
  }

  /** Lets a member stay that may still read the room; one that may not is told that delivery ends. [R6] */
  #askAgain(member: Place): void {
    const { session, room } = member;
    const decide = (allowed: boolean) => {
      if (!allowed && session.rooms.get(room.id) === member) session.forbid(room.id);
    };
    const unsure = (error: unknown) => {
      this.#deps.logger.warn("access_unknown", { roomId: room.id, reason: String(error) });
      this.#unsure.add(member);
      this.#armRetry();
    };
    try {
      const allowed = this.#deps.policy.allows(session.identity, "read", room.id);
      if (allowed instanceof Promise) allowed.then(decide, unsure);
      else decide(allowed);
    } catch (error) {
      unsure(error);
    }
  }

  #armRetry(): void {
    this.#retry ??= this.#deps.clock.after(RETRY_MS, () => {
      this.#retry = undefined;
      const members = [...this.#unsure];
      this.#unsure.clear();
      for (const member of members) if (member.room.has(member)) this.#askAgain(member);
    });
  }

  #rememberRevoked(userId: string, untilMs: number): void {
    const heardMs = this.#deps.clock.monotonic();
    this.#revoked.delete(userId);
    this.#revoked.set(userId, { untilMs, heardMs });
    for (const [earlier, revoked] of this.#revoked) {
      if (heardMs - revoked.heardMs < HANDSHAKE_MS) break;
      this.#revoked.delete(earlier);
    }
  }

  /** One look at all sessions, not a timer for each: a clock that was set counts from the next look on. [C5] */
  #armExpiry(): void {
    this.#expiry ??= this.#deps.clock.after(EXPIRY_MS, () => {
      this.#expiry = undefined;
      const nowMs = this.#deps.clock.now();
      let more = false;
      for (const session of this.#deps.sessions()) {
        const { expiresAtMs } = session.identity;
        if (expiresAtMs === undefined) continue;
        if (expiresAtMs <= nowMs) session.close(CloseCode.tokenExpired, "token expired");
        else more = true;
      }
      if (more) this.#armExpiry();
    });
  }
}

/** A token that does not say when it was issued is from before. */
function isFrom({ issuedAtMs = 0 }: Identity, untilMs: number): boolean {
  return issuedAtMs <= untilMs;
}

function revoke(session: Watched): void {
  session.close(CloseCode.unauthorized, "revoked");
}
