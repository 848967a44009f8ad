import type { Identity, Policy, Right, Table } from "../hub/ports.ts";
import { USER_PREFIX } from "../protocol/wire.ts";
import { granted } from "./grants.ts";
import { Members } from "./members.ts";

/** Rooms, and users of each, whose standing is remembered. */
const MAX_ROOMS = 10_000;
const MAX_USERS = 10_000;

/**
 * The rules that need no store: a `user:` room is read by its owner alone and written by the application alone;
 * elsewhere a token with the claim `rooms` may what the claim says and no more. Nothing when they do not decide.
 * [C6]
 */
function plainly(identity: Identity, right: Right, roomId: string): boolean | undefined {
  if (roomId.startsWith(USER_PREFIX)) return right === "read" && roomId === USER_PREFIX + identity.userId;
  if (identity.grants === undefined) return undefined;
  if (!granted(identity.grants, right, roomId)) return false;
  // who administers a room needs not be a member of it
  return granted(identity.grants, "admin", roomId) ? true : undefined;
}

/** Rooms are open to whoever the rules of the ids and of the token let in: no room is private. */
export const openRooms: Policy = {
  allows: (identity, right, roomId) => plainly(identity, right, roomId) ?? right !== "admin",
};

/** Rooms are open until they get members; then only these enter, with what they may do. The members are in the store. */
export function rooms(table: Table): Policy {
  return new RoomPolicy(new Members(table));
}

/** What is remembered of a room. */
interface Known {
  /** whether only members enter; nothing while the store is asked */
  private: boolean | undefined;
  /** the question, which all who come meanwhile share */
  asking: Promise<boolean> | undefined;
  readonly rights: Map<string, readonly Right[]>;
}

/**
 * Remembers what the store said, so that a message in a room one has joined never waits for it: one look for an
 * open room, one more for each user of a private one. `forget` drops it when members change; whoever was asking
 * meanwhile asks again.
 */
class RoomPolicy implements Policy {
  readonly #members: Members;
  readonly #rooms = new Map<string, Known>();
  /** how often anything was forgotten */
  #changes = 0;

  constructor(members: Members) {
    this.#members = members;
  }

  allows(identity: Identity, right: Right, roomId: string): boolean | Promise<boolean> {
    return plainly(identity, right, roomId) ?? answerOf(this.#rooms.get(roomId), identity, right) ??
      this.#ask(identity, right, roomId);
  }

  forget(roomId?: string): void {
    this.#changes++;
    if (roomId === undefined) this.#rooms.clear();
    else this.#rooms.delete(roomId);
  }

  async #ask(identity: Identity, right: Right, roomId: string): Promise<boolean> {
    const known = this.#knownOf(roomId);
    const { userId } = identity;
    const changes = this.#changes;
    known.private ??= await (known.asking ??= this.#members.isPrivate(roomId)
      .finally(() => known.asking = undefined));
    if (known.private) {
      const rights = await this.#members.rightsOf(roomId, userId);
      if (known.rights.size >= MAX_USERS) known.rights.clear();
      known.rights.set(userId, rights);
    }
    // what the store said may be from before the change
    if (changes !== this.#changes) return await this.allows(identity, right, roomId);
    return answerOf(known, identity, right)!;
  }

  #knownOf(roomId: string): Known {
    let known = this.#rooms.get(roomId);
    if (known) return known;
    known = { private: undefined, asking: undefined, rights: new Map() };
    this.#rooms.set(roomId, known);
    if (this.#rooms.size > MAX_ROOMS) {
      const oldest = this.#rooms.keys().next().value!;
      this.#rooms.delete(oldest);
    }
    return known;
  }
}

/** What is known already. */
function answerOf(known: Known | undefined, { userId }: Identity, right: Right): boolean | undefined {
  if (known?.private === false) return right !== "admin";
  return known?.private ? known.rights.get(userId)?.includes(right) : undefined;
}
