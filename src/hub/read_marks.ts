import type { ReadMark } from "../protocol/messages.ts";
import type { Table } from "./ports.ts";

/**
 * How far each user has read in one room. Marks move only forward and end with the log's epoch; the row's version
 * makes sure that two nodes cannot move one backward between them. [A4]
 */
export class ReadMarks {
  readonly #table: Table;
  readonly #name: string;
  #epoch = "";
  readonly #marks = new Map<string, number>();

  constructor(table: Table, roomId: string) {
    this.#table = table;
    this.#name = `read:${roomId}`;
  }

  /**
   * Loads the marks of this epoch; from now on those of another one are as good as none.
   * @returns the marks that moved
   */
  async open(epoch: string): Promise<ReadMark[]> {
    if (epoch !== this.#epoch) this.#marks.clear();
    this.#epoch = epoch;
    const rows = await this.#table.list(this.#name);
    // a mark may have moved further while the table was read
    return rows.map(({ key, value }) => ({ userId: key, upTo: read(value, epoch) }))
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
    for (;;) {
      const row = await this.#table.get(this.#name, userId);
      const stored = row ? read(row.value, epoch) : 0;
      if (stored >= upTo) return this.#note(epoch, userId, stored);
      const value = JSON.stringify({ epoch, upTo });
      const { ok } = await this.#table.put(this.#name, userId, value, { ifVersion: row?.version ?? 0 });
      if (ok) return this.#note(epoch, userId, upTo);
    }
  }

  /** Another node stored a mark. Returns whether it moved here. */
  heard(epoch: string, userId: string, upTo: number): boolean {
    return this.#note(epoch, userId, upTo);
  }

  #note(epoch: string, userId: string, upTo: number): boolean {
    if (epoch !== this.#epoch || upTo <= this.of(userId)) return false;
    this.#marks.set(userId, upTo);
    return true;
  }
}

function read(value: string, epoch: string): number {
  const mark = JSON.parse(value) as { epoch: string; upTo: number };
  return mark.epoch === epoch ? mark.upTo : 0;
}
