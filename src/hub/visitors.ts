import type { Cancel, Clock, Identity } from "./ports.ts";
import type { Presence } from "./presence.ts";

/** A session that comes by with a request now and then. */
interface Visit {
  /** requests of it that are being answered */
  requests: number;
  endedMs: number;
  expire: Cancel | undefined;
}

/** How long a session counts as here after its request: twice as long as it paused before, within these. */
const SHORTEST_MS = 5_000;
const LONGEST_MS = 30_000;
/** A user is there or not: more sessions of one than this change nothing. */
const MAX_PER_USER = 16;

/**
 * Who is in a room by asking for it again and again: a session that polls is present while a request of it is being
 * answered, and for a while after. [T0] [T2]
 */
export class Visitors {
  readonly #clock: Clock;
  readonly #presence: Presence;
  /** by user, then by session */
  readonly #visits = new Map<string, Map<string, Visit>>();
  #open = true;

  constructor(clock: Clock, presence: Presence) {
    this.#clock = clock;
    this.#presence = presence;
  }

  /** A request of this session is being answered, until the returned function is called. */
  enter(identity: Identity, sid: string): Cancel {
    const visit = this.#visit(identity, sid);
    if (!visit) return () => {};
    visit.expire?.();
    visit.expire = undefined;
    visit.requests++;
    const pausedMs = this.#clock.monotonic() - visit.endedMs;
    return () => {
      if (--visit.requests > 0 || !this.#open) return;
      visit.endedMs = this.#clock.monotonic();
      const holdMs = Math.min(Math.max(SHORTEST_MS, 2 * pausedMs), LONGEST_MS);
      visit.expire = this.#clock.after(holdMs, () => this.leave(identity.userId, sid));
    };
  }

  /** The session says that it is gone, or comes another way from now on. False when it was not here. */
  leave(userId: string, sid: string): boolean {
    const visits = this.#visits.get(userId);
    const visit = visits?.get(sid);
    if (!visit || visit.requests > 0) return false;
    visit.expire?.();
    visits!.delete(sid);
    if (visits!.size === 0) this.#visits.delete(userId);
    this.#presence.leave(userId);
    return true;
  }

  close(): void {
    this.#open = false;
    for (const visits of this.#visits.values()) for (const { expire } of visits.values()) expire?.();
    this.#visits.clear();
  }

  #visit(identity: Identity, sid: string): Visit | undefined {
    const { userId } = identity;
    let visits = this.#visits.get(userId);
    if (!visits) this.#visits.set(userId, visits = new Map());
    let visit = visits.get(sid);
    if (visit) {
      this.#presence.rename(identity);
    } else if (visits.size < MAX_PER_USER) {
      visit = { requests: 0, endedMs: -Infinity, expire: undefined };
      visits.set(sid, visit);
      this.#presence.enter(identity);
    }
    return visit;
  }
}
