import type { EntryTuple } from "../calls.ts";
import type { Window } from "../window.ts";

/** The end of a room's log that is in the journal alone: what came since the room was last settled. */
export class RoomTail {
  readonly name: string;
  /** the room's row; `undefined` until it is first settled */
  id: number | undefined;
  oldest: number;
  /** the last offset that is in a block */
  #settled: number;
  #entries: EntryTuple[] = [];
  readonly #byKey = new Map<string, EntryTuple>();

  constructor(name: string, id: number | undefined, settled: number, oldest: number) {
    this.name = name;
    this.id = id;
    this.#settled = settled;
    this.oldest = oldest;
  }

  get settled(): number {
    return this.#settled;
  }

  get top(): number {
    return this.#settled + this.#entries.length;
  }

  get length(): number {
    return this.#entries.length;
  }

  get weight(): number {
    return weightOf(this.#entries);
  }

  twin(userId: string, messageId: string): EntryTuple | undefined {
    return this.#byKey.get(keyOf(userId, messageId));
  }

  push(entry: EntryTuple): void {
    this.#entries.push(entry);
    this.#byKey.set(keyOf(entry[3], entry[5]), entry);
  }

  slice({ first, last }: Window): EntryTuple[] {
    return this.#entries.slice(Math.max(0, first - this.#settled - 1), Math.max(0, last - this.#settled));
  }

  /** Takes entries up to `until` out, because they are in blocks now, at least one and `weight` together. */
  settle(until: number, weight: number): EntryTuple[] {
    let count = 0;
    for (let left = weight; left > 0 && this.#settled + count < until; count++) {
      left -= weightOfText(this.#entries[count]![7]);
    }
    const settled = this.#entries.slice(0, count);
    this.#entries = this.#entries.slice(count);
    this.#settled += count;
    for (const [, , , userId, , messageId] of settled) this.#byKey.delete(keyOf(userId, messageId));
    return settled;
  }
}

/** What a text of this length costs to move: 1 for a small one. */
export function weightOfText({ length }: string): number {
  return 1 + Math.floor(length / 2_048);
}

export function weightOf(entries: readonly EntryTuple[]): number {
  return entries.reduce((sum, entry) => sum + weightOfText(entry[7]), 0);
}

/** Ids hold no line break, so two keys never meet. */
function keyOf(userId: string, messageId: string): string {
  return `${userId}\n${messageId}`;
}
