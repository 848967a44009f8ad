import type { Identity, Policy, Right, Table } from "../hub/ports.ts";
import { granted } from "./grants.ts";
import { Members, type Standing } from "./members.ts";

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

/**
 * Remembers what the store said of a user in a room, so that a message in a room one has joined never waits for
 * the store. `forget` drops it when members change; whoever was asking meanwhile asks again.
 */
class RoomPolicy implements Policy {
  readonly #members: Members;
  readonly #rooms = new Map<string, Map<string, Standing>>();

  constructor(members: Members) {
    this.#members = members;
  }

  allows(identity: Identity, right: Right, roomId: string): boolean | Promise<boolean> {
    const plain = plainly(identity, right, roomId);
    if (plain !== undefined) return plain;
    const standing = this.#rooms.get(roomId)?.get(identity.userId);
    return standing ? decide(standing, right) : this.#ask(identity, right, roomId);
  }

  forget(roomId?: string): void {
    if (roomId === undefined) this.#rooms.clear();
    else this.#rooms.delete(roomId);
  }

  async #ask(identity: Identity, right: Right, roomId: string): Promise<boolean> {
    const known = this.#knownOf(roomId);
    const standing = await this.#members.standing(roomId, identity.userId);
    // forgotten meanwhile: the answer may be from before the change
    if (this.#rooms.get(roomId) !== known) return await this.allows(identity, right, roomId);
    if (known.size >= MAX_USERS) known.clear();
    known.set(identity.userId, standing);
    return decide(standing, right);
  }

  #knownOf(roomId: string): Map<string, Standing> {
    let known = this.#rooms.get(roomId);
    if (known) return known;
    this.#rooms.set(roomId, known = new Map());
    if (this.#rooms.size > MAX_ROOMS) {
      const oldest = this.#rooms.keys().next().value!;
      this.#rooms.delete(oldest);
    }
    return known;
  }
}

/** In an open room everybody may all but administer it; a token's own grants were asked before. */
function decide(standing: Standing, right: Right): boolean {
  return standing.private ? standing.rights.includes(right) : right !== "admin";
}
