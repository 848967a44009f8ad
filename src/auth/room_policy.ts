import type { Identity, Policy, Right, Table } from "../hub/ports.ts";
import { granted } from "./grants.ts";
import { Members } from "./members.ts";

const USER_ROOM = "user:";

/** Rooms, and users of each, whose standing is remembered. */
const MAX_ROOMS = 10_000;
const MAX_USERS = 10_000;

/**
 * The rules that need no store: a `user:` room is read by its owner alone and written by the application alone;
 * elsewhere a token with the claim `rooms` may what the claim says and no more. Nothing when they do not decide.
 * [C6]
 */
function plainly(identity: Identity, right: Right, roomId: string): boolean | undefined {
  if (roomId.startsWith(USER_ROOM)) return right === "read" && roomId === USER_ROOM + identity.userId;
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

  constructor(members: Members) {
    this.#members = members;
  }

  allows(identity: Identity, right: Right, roomId: string): boolean | Promise<boolean> {
    const plain = plainly(identity, right, roomId);
    if (plain !== undefined) return plain;
    const known = this.#rooms.get(roomId);
    if (known?.private === false) return right !== "admin";
    const rights = known?.private && known.rights.get(identity.userId);
    return rights ? rights.includes(right) : this.#ask(identity, right, roomId);
  }

  forget(roomId?: string): void {
    if (roomId === undefined) this.#rooms.clear();
    else this.#rooms.delete(roomId);
  }

  async #ask(identity: Identity, right: Right, roomId: string): Promise<boolean> {
    const known = this.#knownOf(roomId);
    const { userId } = identity;
    known.private ??= await (known.asking ??= this.#members.isPrivate(roomId)
      .finally(() => known.asking = undefined));
    if (known.private) {
      const rights = await this.#members.rightsOf(roomId, userId);
      if (known.rights.size >= MAX_USERS) known.rights.clear();
      known.rights.set(userId, rights);
    }
    // forgotten meanwhile, the answers may be from before the change; known now, they are at hand
    return await this.allows(identity, right, roomId);
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
