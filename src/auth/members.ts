import type { Right, Table } from "../hub/ports.ts";

const PRIVATE = "private";
const members = (roomId: string) => `members:${roomId}`;

export interface Member {
  readonly userId: string;
  readonly rights: readonly Right[];
}

/** What the store says of one user in one room. */
export interface Standing {
  readonly private: boolean;
  /** what the user may do as a member; nothing when it is none */
  readonly rights: readonly Right[];
}

/**
 * The members of private rooms. A room becomes private with its first member, and stays private when the last one
 * goes: it must not open to everybody because somebody left. Each operation rejects with `store_unavailable`.
 */
export class Members {
  readonly #table: Table;

  constructor(table: Table) {
    this.#table = table;
  }

  /** Takes a user in, or changes what it may do. */
  async put(roomId: string, userId: string, rights: readonly Right[]): Promise<void> {
    // the wall comes first: in the wrong order a failure would leave a member of a room that is open
    await this.#table.put(PRIVATE, roomId, "1");
    await this.#table.put(members(roomId), userId, JSON.stringify(rights));
  }

  async remove(roomId: string, userId: string): Promise<void> {
    await this.#table.delete(members(roomId), userId);
  }

  /** Lets everybody in again, and forgets who the members were. */
  async open(roomId: string): Promise<void> {
    for (const { key } of await this.#table.list(members(roomId))) {
      await this.#table.delete(members(roomId), key);
    }
    // the wall goes last, see `put`
    await this.#table.delete(PRIVATE, roomId);
  }

  /** All members, or nothing when the room is open. */
  async list(roomId: string): Promise<readonly Member[] | undefined> {
    if (!await this.#table.get(PRIVATE, roomId)) return undefined;
    const rows = await this.#table.list(members(roomId));
    return rows.map(({ key, value }) => ({ userId: key, rights: JSON.parse(value) }));
  }

  async standing(roomId: string, userId: string): Promise<Standing> {
    const [wall, member] = await Promise.all([
      this.#table.get(PRIVATE, roomId),
      this.#table.get(members(roomId), userId),
    ]);
    return { private: wall !== undefined, rights: member ? JSON.parse(member.value) : [] };
  }
}
