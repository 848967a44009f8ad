import type { StoredMessage } from "./message.ts";

/** A stretch of a room's log that is not here. */
export interface Hole {
  readonly id: number;
  readonly epoch: string;
  /** the first offset that is missing */
  readonly from: number;
  /** the last one; `undefined` while it cannot be told */
  readonly to: number | undefined;
  /** `lost`: the server no longer keeps it. `restart`: nothing is missing, a new log begins here. */
  readonly state: "open" | "loading" | "failed" | "lost" | "restart";
}

/** A page of the log, as far as a timeline cares. */
export interface Page {
  readonly epoch: string;
  /** the lowest offset in the page, whatever is stored there; `undefined` for an empty one */
  readonly lowest: number | undefined;
  readonly hasMore: boolean;
  readonly messages: readonly StoredMessage[];
}

/**
 * The stored messages of a room in the order of its log, and what is known to be missing between them. An epoch
 * is one life of the log: a later one follows it, its offsets start again.
 */
export class Timeline {
  #epochs: string[] = [];
  #messages: StoredMessage[] = [];
  #holes: Hole[] = [];
  #keys = new Set<string>();
  #nextHole = 1;
  /** the lowest offset of the newest epoch from which on everything is here, holes aside */
  #floor: number | undefined;

  get messages(): readonly StoredMessage[] {
    return this.#messages;
  }

  get holes(): readonly Hole[] {
    return this.#holes;
  }

  /** The lives of the log that something is here of, oldest first. */
  get epochs(): readonly string[] {
    return this.#epochs;
  }

  get epoch(): string | undefined {
    return this.#epochs.at(-1);
  }

  /** Where to go on reading backwards; `undefined` at the beginning of the log. */
  get olderBefore(): number | undefined {
    if (this.#epochs.length !== 1 || this.#floor === undefined) return undefined;
    return this.#floor > 1 ? this.#floor : undefined;
  }

  /** The last offset of the newest epoch that is here. */
  get top(): number {
    const last = this.#messages.at(-1);
    return last && last.delivery.epoch === this.epoch ? last.delivery.offset : 0;
  }

  has(key: string): boolean {
    return this.#keys.has(key);
  }

  byId(id: string): StoredMessage | undefined {
    return this.#messages.findLast((message) => message.delivery.id === id);
  }

  /** The room was entered: everything after `from` comes by itself. */
  joined(epoch: string, from: number): void {
    if (epoch === this.epoch) return;
    const isFirst = this.#epochs.length === 0;
    this.#epochs.push(epoch);
    this.#floor = from + 1;
    if (!isFirst) this.#addHole(epoch, 1, from, from > 0 ? "open" : "restart");
  }

  /** Adds a message where it belongs; one that is here already changes nothing. Returns whether it was new. */
  put(message: StoredMessage): boolean {
    if (this.#keys.has(message.key)) return false;
    const { epoch, offset } = message.delivery;
    if (!this.#epochs.includes(epoch)) this.joined(epoch, offset - 1);
    if (epoch === this.epoch && this.#epochs.length === 1) {
      this.#floor = Math.min(this.#floor ?? offset, offset);
    }
    let at = this.#messages.length;
    while (at > 0 && this.#compare(this.#messages[at - 1]!, epoch, offset) > 0) at--;
    this.#messages.splice(at, 0, message);
    this.#keys.add(message.key);
    return true;
  }

  /** A page read backwards from `olderBefore`. */
  addOlder(page: Page): void {
    if (page.epoch !== this.epoch) return;
    for (const message of page.messages) this.put(message);
    this.#floor = page.hasMore && page.lowest !== undefined ? page.lowest : 1;
  }

  /** Messages from `from` on are missing, up to `to` or to the next one that is here. */
  missing(from: number, to: number | undefined): void {
    const epoch = this.epoch;
    if (epoch === undefined || (to !== undefined && to < from)) return;
    const isKnown = this.#holes.some((hole) =>
      hole.epoch === epoch && hole.from <= from && (hole.to ?? from) >= (to ?? from)
    );
    if (!isKnown) this.#addHole(epoch, from, to, "open");
  }

  setHole(id: number, state: Hole["state"]): void {
    this.#holes = this.#holes.map((hole) => hole.id === id ? { ...hole, state } : hole);
  }

  /** Before which offset to read in order to fill a hole from its newer end; `undefined`: from the top. */
  fillBefore(hole: Hole): number | undefined {
    if (hole.to !== undefined) return hole.to + 1;
    return this.#messages.find(({ delivery }) => delivery.epoch === hole.epoch && delivery.offset > hole.from)
      ?.delivery.offset;
  }

  /** A page read backwards from `fillBefore`: closes the hole or makes it smaller. */
  fill(id: number, page: Page): void {
    const hole = this.#holes.find((each) => each.id === id);
    if (!hole) return;
    for (const message of page.messages) this.put(message);
    const reached = page.lowest ?? hole.from;
    const rest = this.#holes.filter((each) => each.id !== id);
    if (page.hasMore && reached > hole.from) {
      this.#holes = this.#holes.map((each) => each.id === id ? { ...each, to: reached - 1 } : each);
    } else if (this.#startsEpoch(hole)) {
      // what stood above is another log's: the seam stays visible
      this.#holes = this.#holes.map((each) => each.id === id ? { ...each, to: 0, state: "restart" } : each);
    } else if (page.epoch !== hole.epoch || page.lowest === undefined || reached > hole.from) {
      const to = page.epoch === hole.epoch && page.lowest !== undefined ? reached - 1 : hole.to;
      this.#holes = this.#holes.map((each) => each.id === id ? { ...each, to, state: "lost" } : each);
    } else {
      this.#holes = rest;
    }
  }

  /** Forgets the oldest messages beyond `max`; they can be read again. Returns whether there were any. */
  trim(max: number): boolean {
    const excess = this.#messages.length - max;
    if (excess <= 0) return false;
    for (const message of this.#messages.splice(0, excess)) this.#keys.delete(message.key);
    const { epoch, offset } = this.#messages[0]!.delivery;
    this.#epochs = this.#epochs.slice(this.#epochs.indexOf(epoch));
    this.#holes = this.#holes.filter((hole) => this.#compare(this.#messages[0]!, hole.epoch, hole.from) <= 0);
    if (epoch === this.epoch) this.#floor = offset;
    return true;
  }

  /** Negative when the message stands before this place of the log. */
  #compare(message: StoredMessage, epoch: string, offset: number): number {
    const lives = this.#epochs.indexOf(message.delivery.epoch) - this.#epochs.indexOf(epoch);
    return lives === 0 ? message.delivery.offset - offset : lives;
  }

  #startsEpoch(hole: Hole): boolean {
    return hole.from === 1 && this.#epochs.indexOf(hole.epoch) > 0;
  }

  #addHole(epoch: string, from: number, to: number | undefined, state: Hole["state"]): void {
    const hole = { id: this.#nextHole++, epoch, from, to, state };
    this.#holes = [...this.#holes, hole].sort((a, b) =>
      this.#epochs.indexOf(a.epoch) - this.#epochs.indexOf(b.epoch) || a.from - b.from
    );
  }
}
