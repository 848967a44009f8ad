import type { ReadMark } from "../protocol/messages.ts";
import type { Table } from "./ports.ts";

/**
 * How far each user has read in one room. Marks move only forward and end with the log's epoch: each epoch has a
 * table of its own, so that a node that has not heard of a new one cannot write over its marks. The row's version
 * makes sure that two nodes cannot move a mark backward between them. [A4]
 */
export class ReadMarks {
  readonly #table: Table;
  readonly #roomId: string;
  #epoch = "";
  readonly #marks = new Map<string, number>();

  constructor(table: Table, roomId: string) {
    this.#table = table;
    this.#roomId = roomId;
  }

  /**
   * Loads the marks of this epoch; from now on those of another one are as good as none.
   * @returns the marks that moved
   */
  async open(epoch: string): Promise<ReadMark[]> {
    if (epoch !== this.#epoch) this.#marks.clear();
    this.#epoch = epoch;
    const rows = await this.#table.list(this.#tableOf(epoch));
    // a mark may have moved further while the table was read
    return rows.map(({ key, value }) => ({ userId: key, upTo: Number(value) }))
      .filter(({ userId, upTo }) => this.#note(epoch, userId, upTo));
  }

  /** 0 for who has read nothing. */
  of(userId: string): number {
    return this.#marks.get(userId) ?? 0;
  }

  /** The marks of these users. */
  among(users: Iterable<{ readonly userId: string }>): ReadMark[] {
    const marks: ReadMark[] = [];
    for (const { userId } of users) {
      const upTo = this.#marks.get(userId);
      if (upTo !== undefined) marks.push({ userId, upTo });
    }
    return marks;
  }

  /**
   * Stores the mark if it is further than what is stored.
   * @returns whether it moved here: one that was stored before may have moved without anybody being told
   */
  async move(epoch: string, userId: string, upTo: number): Promise<boolean> {
    const table = this.#tableOf(epoch);
    for (;;) {
      const row = await this.#table.get(table, userId);
      const stored = Number(row?.value ?? 0);
      if (stored >= upTo) return this.#note(epoch, userId, stored);
      const { ok } = await this.#table.put(table, userId, String(upTo), { ifVersion: row?.version ?? 0 });
      if (ok) return this.#note(epoch, userId, upTo);
    }
  }

  /** Another node stored a mark. Returns whether it moved here. */
  heard(epoch: string, userId: string, upTo: number): boolean {
    return this.#note(epoch, userId, upTo);
  }

  #tableOf(epoch: string): string {
    return `read:${this.#roomId}:${epoch}`;
  }

  #note(epoch: string, userId: string, upTo: number): boolean {
    if (epoch !== this.#epoch || upTo <= this.of(userId)) return false;
    this.#marks.set(userId, upTo);
    return true;
  }
}
