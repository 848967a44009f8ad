import { Batch, type Item } from "./batch.ts";

/** What a room gathers between two flushes. */
export class Pending {
  #items: (Item | undefined)[] = [];
  #length = 0;
  readonly #keys = new Map<string, number>();

  /** how many items wait */
  get count(): number {
    return this.#items.length;
  }

  /** their size */
  get length(): number {
    return this.#length;
  }

  /** Takes one more; of several with one key only the latest stays. [A5] */
  add(item: Item): void {
    const { lane, sealed } = item;
    if (lane.kind === "keyed" && lane.key !== undefined) {
      const earlier = this.#keys.get(lane.key);
      if (earlier !== undefined) {
        this.#length -= this.#items[earlier]!.sealed.length;
        this.#items[earlier] = undefined;
      }
      this.#keys.set(lane.key, this.#items.length);
    }
    this.#items.push(item);
    this.#length += sealed.length;
  }

  /** Takes out the oldest `most`, of about `maxLength`, at least one; nothing when nothing waits. */
  take(most: number, maxLength: number): Batch | undefined {
    const taken: Item[] = [];
    let length = 0;
    let end = 0;
    for (; end < this.#items.length; end++) {
      const item = this.#items[end];
      if (!item) continue;
      if (taken.length === most || (length > 0 && length + item.sealed.length > maxLength)) break;
      length += item.sealed.length;
      taken.push(item);
    }
    this.#keep(end);
    this.#length -= length;
    return taken.length === 0 ? undefined : new Batch(taken);
  }

  #keep(from: number): void {
    this.#keys.clear();
    if (from === this.#items.length) {
      this.#items = [];
      return;
    }
    this.#items = this.#items.slice(from);
    for (const [at, item] of this.#items.entries()) {
      if (item?.lane.kind === "keyed" && item.lane.key !== undefined) this.#keys.set(item.lane.key, at);
    }
  }
}
