import type { Position } from "../protocol/position.ts";
import type { Entry, Head, Log, Logger, Page } from "./ports.ts";
import { sealEntry } from "./seal.ts";
import { type LogItem, Tail } from "./tail.ts";
import type { LookReason } from "./tally.ts";

/** How many entries one read of the store brings. */
const PAGE = 128;
/** How far back one reader brings the log into memory, for those who come after it. */
const REACH = 1024;

export interface RoomLogEvents {
  /** The next entry, in order. */
  entry(item: LogItem): void;
  /** Continuity is broken: the log has a new epoch, or what follows the cursor was trimmed. [R6] */
  broken(): void;
  /** A page was read from the store; what is in it is handed out after this. */
  found?(page: Page): void;
  /** A look into the store found entries that had not been handed out. */
  healed?(by: LookReason): void;
}

/** A stretch of the log; `broken` when the log no longer holds what was asked for. */
export type Stretch = { readonly items: readonly LogItem[] } | { readonly broken: true };

/** A page that is being read, and what was known of the log when that began. */
interface Read {
  readonly epoch: string;
  readonly top: number;
  readonly stretch: Promise<Stretch>;
}

/**
 * One room's log as this node knows it: a cursor that only moves to the next offset. Whoever says that the room
 * reached an offset, an append of ours, a hint or the sweep, is only a reason to look: next is taken, older is
 * dropped, further is fetched from the store, once however many ask. So nothing that loses, doubles or reorders
 * the news can lose, double or reorder a message. [R1]
 */
export class RoomLog {
  readonly roomId: string;
  readonly #log: Log;
  readonly #events: RoomLogEvents;
  readonly #logger: Logger;
  readonly #tail = new Tail();
  readonly #reads = new Map<number, Read>();
  #epoch = "";
  #cursor = 0;
  #oldest = 1;
  #heardOf = 0;
  #fetching: Promise<void> | undefined;
  #reaching: Promise<void> | undefined;

  constructor(roomId: string, log: Log, events: RoomLogEvents, logger: Logger) {
    this.roomId = roomId;
    this.#log = log;
    this.#events = events;
    this.#logger = logger;
  }

  get epoch(): string {
    return this.#epoch;
  }

  /** The offset everything up to which was handed out here. */
  get cursor(): number {
    return this.#cursor;
  }

  /** The lowest offset the store still held when last asked. */
  get oldest(): number {
    return this.#oldest;
  }

  /** Starts at the top of the log. Until then news of it is only remembered. */
  async open(): Promise<void> {
    const [head] = await this.#log.heads([this.roomId]);
    this.#startAt(head!);
    if (this.#heardOf > this.#cursor) await this.refresh();
  }

  /** The room is said to have reached `position`; `entries`, if there are any, are what the store has up to there. */
  heard(position: Position, entries: readonly Entry[], by: LookReason): void {
    if (this.#epoch === "" || (position.epoch === this.#epoch && position.offset <= this.#cursor)) {
      // not open yet: remember; older: it was handed out already
      this.#heardOf = Math.max(this.#heardOf, position.offset);
      return;
    }
    for (const entry of position.epoch === this.#epoch ? entries : []) {
      if (entry.offset === this.#cursor + 1) this.#advance(entry);
    }
    if (position.epoch === this.#epoch && position.offset <= this.#cursor) return;
    this.refresh(by).catch((error) =>
      this.#logger.error("room_refresh_failed", error, { roomId: this.roomId })
    );
  }

  /** The store says where the log begins and ends now. */
  swept(head: Head): void {
    if (head.epoch === this.#epoch) this.#oldest = Math.max(this.#oldest, head.oldest);
    this.#tail.relax();
    this.heard(head, [], "sweep");
  }

  /**
   * Brings the cursor level with the store. Concurrent calls share one walk, but each sees at least everything
   * that was stored before it was made.
   * @throws {RelayError} `store_unavailable`; the next hint or sweep tries again
   */
  async refresh(by: LookReason = "request"): Promise<void> {
    // a walk already under way may have read its last page before the news that made this call
    if (this.#fetching) await this.#fetching.catch(() => {});
    this.#fetching ??= this.#fetch(by).finally(() => this.#fetching = undefined);
    await this.#fetching;
  }

  /**
   * What follows `offset`: at once from memory, or from the store in pages that readers share. An empty stretch
   * means the reader is level with the cursor.
   */
  after(offset: number, limit: number): Stretch | Promise<Stretch> {
    if (offset >= this.#cursor) return { items: [] };
    const kept = this.#tail.after(offset, limit);
    if (kept) return { items: kept };
    if (this.#tail.full || this.#cursor - offset > REACH) return this.#fromStore(offset, limit);
    return this.#reachBack(offset).then(() => {
      const items = this.#tail.after(offset, limit);
      return items ? { items } : this.#fromStore(offset, limit);
    });
  }

  #fromStore(offset: number, limit: number): Promise<Stretch> {
    return this.#shared(this.#pageOf(offset), offset).then((stretch) => {
      if ("broken" in stretch) return stretch;
      const items = stretch.items.filter((item) => item.offset > offset).slice(0, limit);
      // never a part: if the page does not continue exactly at `offset`, its start was trimmed meanwhile [R2]
      return items[0]?.offset === offset + 1 ? { items } : { broken: true };
    });
  }

  /** Whether everything after `offset` is still there; if not, `oldest` is as the store has it. */
  async holds(offset: number): Promise<boolean> {
    // a read that began before this question may show what is gone by now
    await this.#reads.get(this.#pageOf(offset))?.stretch.catch(() => {});
    return !("broken" in await this.after(offset, 1));
  }

  /** Brings into memory what follows `offset`, in one walk for all who come back in a storm. */
  async #reachBack(offset: number): Promise<void> {
    while (this.#reaching) await this.#reaching.catch(() => {});
    // what a walk brought is there for all who waited: a walk of each of them would take n² turns
    if (!this.#lacks(offset)) return;
    this.#reaching = this.#walkBack(offset).finally(() => this.#reaching = undefined);
    await this.#reaching;
  }

  async #walkBack(offset: number): Promise<void> {
    for (let first = this.#first; this.#lacks(offset); first = this.#first) {
      const page = await this.#log.read(this.roomId, { before: first, limit: PAGE });
      // whoever asks finds out by a look of its own what became of the log, which may have begun anew meanwhile
      if (page.epoch !== this.#epoch || first !== this.#first) return;
      this.#oldest = Math.max(this.#oldest, page.oldest);
      this.#events.found?.(page);
      if (!this.#tail.extend(page.entries.map((entry) => this.#item(entry)))) return;
    }
  }

  /** what follows it is not in memory, and there is room for it */
  #lacks(offset: number): boolean {
    return this.#first > offset + 1 && !this.#tail.full;
  }

  /** the lowest offset in memory */
  get #first(): number {
    return this.#tail.first ?? this.#cursor + 1;
  }

  /** Where the page of an offset starts: aligned, so that readers at different places of it ask for it once. */
  #pageOf(offset: number): number {
    return Math.max(offset - offset % PAGE, this.#oldest - 1);
  }

  /** The page after `aligned`, by a read that began when the reader's next entry was there already. */
  #shared(aligned: number, offset: number): Promise<Stretch> {
    const known = this.#reads.get(aligned);
    if (known && known.epoch === this.#epoch && known.top > offset) return known.stretch;
    const stretch = this.#readPage(aligned);
    const read = { epoch: this.#epoch, top: this.#cursor, stretch };
    this.#reads.set(aligned, read);
    const done = () => this.#reads.get(aligned) === read && this.#reads.delete(aligned);
    stretch.then(done, done);
    return stretch;
  }

  async #readPage(after: number): Promise<Stretch> {
    const page = await this.#log.read(this.roomId, { after, limit: PAGE });
    if (page.epoch !== this.#epoch) {
      await this.refresh();
      return { broken: true };
    }
    this.#oldest = Math.max(this.#oldest, page.oldest);
    this.#events.found?.(page);
    return { items: page.entries.map((entry) => this.#item(entry)) };
  }

  async #fetch(by: LookReason): Promise<void> {
    let told = false;
    for (;;) {
      const page = await this.#log.read(this.roomId, { after: this.#cursor, limit: PAGE });
      if (page.epoch !== this.#epoch || page.oldest > this.#cursor + 1) {
        this.#startAt(page.epoch === this.#epoch ? trimmedHead(page) : page);
        this.#events.broken();
        if (this.#cursor >= page.offset) return;
        continue;
      }
      this.#oldest = Math.max(this.#oldest, page.oldest);
      this.#events.found?.(page);
      for (const entry of page.entries) {
        // an append of ours may have moved the cursor while the page was read
        if (entry.offset !== this.#cursor + 1) continue;
        this.#advance(entry);
        if (!told) this.#events.healed?.(by);
        told = true;
      }
      if (this.#cursor >= page.offset) return;
    }
  }

  #startAt(head: Head): void {
    this.#epoch = head.epoch;
    this.#cursor = head.offset;
    this.#oldest = head.oldest;
    this.#tail.clear();
  }

  #advance(entry: Entry): void {
    this.#cursor = entry.offset;
    const item = this.#item(entry);
    this.#tail.push(item);
    this.#events.entry(item);
  }

  #item(entry: Entry): LogItem {
    return { offset: entry.offset, userId: entry.userId, sealed: sealEntry(entry, this.#epoch) };
  }
}

/** Where delivery goes on when the entries after the cursor are gone: right before the oldest kept one. */
function trimmedHead(page: Page): Head {
  return { roomId: page.roomId, epoch: page.epoch, oldest: page.oldest, offset: page.oldest - 1 };
}
