import type { Sealed } from "../protocol/sealed.ts";

/** A stored message, sealed and ready to be sent to any reader. */
export interface LogItem {
  readonly offset: number;
  readonly userId: string;
  readonly sealed: Sealed;
}

/**
 * The newest part of a room's log, kept in memory while the room is active: readers that lag a little and clients
 * that come back after a cut are served from here, so that a storm of them costs the store nothing.
 */
export class Tail {
  readonly #maxItems: number;
  readonly #maxLength: number;
  #items: LogItem[] = [];
  /** index of the oldest kept item: the array is compacted now and then, not shifted each time */
  #start = 0;
  #length = 0;

  constructor(maxItems = 512, maxLength = 256 * 1024) {
    this.#maxItems = maxItems;
    this.#maxLength = maxLength;
  }

  /** Takes the item that follows the newest one. */
  push(item: LogItem): void {
    this.#items.push(item);
    this.#length += item.sealed.length;
    while (this.#size > this.#maxItems || (this.#length > this.#maxLength && this.#size > 1)) {
      this.#length -= this.#items[this.#start++]!.sealed.length;
    }
    if (this.#start > this.#maxItems) {
      this.#items = this.#items.slice(this.#start);
      this.#start = 0;
    }
  }

  /** What follows `offset`, at most `limit` items; `undefined` when it is no longer kept here. */
  after(offset: number, limit: number): readonly LogItem[] | undefined {
    const oldest = this.#items[this.#start];
    if (oldest === undefined || offset + 1 < oldest.offset) return undefined;
    const from = this.#start + (offset + 1 - oldest.offset);
    return this.#items.slice(from, from + limit);
  }

  clear(): void {
    this.#items = [];
    this.#start = 0;
    this.#length = 0;
  }

  get #size(): number {
    return this.#items.length - this.#start;
  }
}
