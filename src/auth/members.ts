import type { Right, Table } from "../hub/ports.ts";

const PRIVATE = "private";
const members = (roomId: string) => `members:${roomId}`;

/** A user of a private room, and what it may do there. */
export interface Member {
  /** who it is */
  readonly userId: string;
  /** what it may do */
  readonly rights: readonly Right[];
}

/**
 * The members of private rooms. A room becomes private with its first member, and stays private when the last one
 * goes: it must not open to everybody because somebody left. Each operation rejects with `store_unavailable`.
 */
export class Members {
  readonly #table: Table;

  /** Keeps them in this table. */
  constructor(table: Table) {
    this.#table = table;
  }

  /** Takes a user in, or changes what it may do. */
  async put(roomId: string, userId: string, rights: readonly Right[]): Promise<void> {
    // the wall comes first: in the wrong order a failure would leave a member of a room that is open
    await this.#table.put(PRIVATE, roomId, "1");
    await this.#table.put(members(roomId), userId, JSON.stringify(rights));
  }

  /** Lets a user in no longer. */
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
    if (!await this.isPrivate(roomId)) return undefined;
    const rows = await this.#table.list(members(roomId));
    return rows.map(({ key, value }) => ({ userId: key, rights: JSON.parse(value) }));
  }

  /** Whether only members enter. */
  async isPrivate(roomId: string): Promise<boolean> {
    return await this.#table.get(PRIVATE, roomId) !== undefined;
  }

  /** What a user may do in a private room: nothing when it is no member. */
  async rightsOf(roomId: string, userId: string): Promise<readonly Right[]> {
    const row = await this.#table.get(members(roomId), userId);
    return row ? JSON.parse(row.value) : [];
  }
}
