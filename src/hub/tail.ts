import type { Sealed } from "../protocol/sealed.ts";

/** A stored message, sealed and ready to be sent to any reader. */
export interface LogItem {
  readonly offset: number;
  readonly userId: string;
  readonly sealed: Sealed;
}

/** How much of a log is kept in memory. */
interface Bounds {
  readonly items: number;
  readonly length: number;
}

const LIVE: Bounds = { items: 512, length: 256 * 1024 };
/** While clients come back from further ago than what was live here. */
const EXTENDED: Bounds = { items: 2048, length: 1024 * 1024 };

/**
 * The newest part of a room's log, kept in memory while the room is active: readers that lag a little and clients
 * that come back after a cut are served from here, so that a storm of them costs the store nothing. For clients
 * that come from further ago it is extended backward, and lets that go when nobody has asked for it for a while.
 */
export class Tail {
  #bounds = LIVE;
  #full = false;
  #reachedBack = false;
  #items: LogItem[] = [];
  /** index of the oldest kept item: the array is compacted now and then, not shifted each time */
  #start = 0;
  #length = 0;

  /** the lowest offset kept; nothing when none is */
  get first(): number | undefined {
    return this.#items[this.#start]?.offset;
  }

  /** True when it cannot be extended any further. */
  get full(): boolean {
    return this.#full;
  }

  /** Takes the item that follows the newest one. */
  push(item: LogItem): void {
    this.#items.push(item);
    this.#length += item.sealed.length;
    this.#shrink();
  }

  /**
   * Takes items that end right before the first one, as many of the newest of them as there is room for. False when
   * they do not end there, or are none.
   */
  extend(items: readonly LogItem[]): boolean {
    const last = items.at(-1);
    const { first } = this;
    if (!last || (first !== undefined && last.offset !== first - 1)) return false;
    this.#bounds = EXTENDED;
    let from = items.length;
    for (let size = this.#size; from > 0 && size < EXTENDED.items; size++) {
      const { length } = items[from - 1]!.sealed;
      if (this.#length + length > EXTENDED.length) break;
      this.#length += length;
      from--;
    }
    this.#full = from > 0;
    this.#items = [...items.slice(from), ...this.#items.slice(this.#start)];
    this.#start = 0;
    return true;
  }

  /** Comes now and then: what it was extended by goes when nobody came that far since the last time. */
  relax(): void {
    if (!this.#reachedBack) {
      this.#bounds = LIVE;
      this.#full = false;
      this.#shrink();
    }
    this.#reachedBack = false;
  }

  /** What follows `offset`, at most `limit` items; `undefined` when it is no longer kept here. */
  after(offset: number, limit: number): readonly LogItem[] | undefined {
    const oldest = this.#items[this.#start];
    if (oldest === undefined || offset + 1 < oldest.offset) return undefined;
    const from = this.#start + (offset + 1 - oldest.offset);
    this.#reachedBack = true;
    return this.#items.slice(from, from + limit);
  }

  clear(): void {
    this.#items = [];
    this.#start = 0;
    this.#length = 0;
    this.#bounds = LIVE;
    this.#full = false;
  }

  #shrink(): void {
    const { items, length } = this.#bounds;
    while (this.#size > items || (this.#length > length && this.#size > 1)) {
      this.#length -= this.#items[this.#start++]!.sealed.length;
    }
    // what was dropped is let go before there is more of it than of what is kept
    if (this.#start <= this.#size) return;
    this.#items = this.#items.slice(this.#start);
    this.#start = 0;
  }

  get #size(): number {
    return this.#items.length - this.#start;
  }
}
