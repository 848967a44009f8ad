import type { Cells } from "./cells.ts";

/** The table that keeps the promises: a row a room. */
const TABLE = "store:retained";

/** After which offset a room's log stays whole, by the room's name. */
export class Retained {
  readonly #cells: Cells;
  readonly #offsets: Map<string, number>;

  constructor(cells: Cells) {
    this.#cells = cells;
    this.#offsets = new Map(cells.list(TABLE).map(([room, offset]) => [room, Number(offset)]));
  }

  /** `Infinity` for a room of which nothing was promised. */
  of(room: string): number {
    return this.#offsets.get(room) ?? Infinity;
  }

  /** Only moves forward. Void, as every write, unless the transaction around it is committed. */
  set(room: string, offset: number): void {
    if ((this.#offsets.get(room) ?? -1) >= offset) return;
    this.#cells.put(TABLE, room, String(offset));
    this.#offsets.set(room, offset);
  }
}
