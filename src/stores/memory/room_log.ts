import type { Draft, Entry, Range } from "../../hub/ports.ts";
import { lowestKept, mayGo, type Retention } from "../retention.ts";
import { windowOf } from "../window.ts";

/** Entries dropped at the front before the array is copied: dropping stays cheap, and so does memory. */
const SLACK = 512;

/** One room's log in memory. */
export class RoomLog {
  readonly #retention: Retention;
  #entries: Entry[] = [];
  /** how many of `#entries`, from the front, are gone */
  #dropped = 0;
  #oldest = 1;
  #top = 0;
  /** everything after it stays */
  #retained = Infinity;
  readonly #byKey = new Map<string, Entry>();

  constructor(retention: Retention) {
    this.#retention = retention;
  }

  get top(): number {
    return this.#top;
  }

  get oldest(): number {
    return this.#oldest;
  }

  /** What was stored under the draft's key before. [A2] */
  twin(draft: Draft): Entry | undefined {
    return this.#byKey.get(keyOf(draft));
  }

  append(draft: Draft): Entry {
    const entry: Entry = { ...draft, offset: ++this.#top };
    this.#entries.push(entry);
    this.#byKey.set(keyOf(entry), entry);
    return entry;
  }

  slice(range: Range): Entry[] {
    const { first, last } = windowOf(range, this.#oldest, this.#top);
    const start = this.#dropped - this.#oldest;
    return this.#entries.slice(start + first, Math.max(start + first, start + last + 1));
  }

  /** Keeps everything after `offset`; a promise once made only moves forward. */
  retain(offset: number): void {
    this.#retained = this.#retained === Infinity ? offset : Math.max(this.#retained, offset);
  }

  /** Drops what retention no longer keeps, at most `limit` entries at once. [R5] */
  trim(nowMs: number, limit: number): void {
    const lowest = lowestKept(this.#top, this.#oldest, this.#retention, this.#retained);
    for (let n = 0; this.#oldest <= this.#top; n++) {
      const entry = this.#entries[this.#dropped]!;
      const { offset, timestampMs } = entry;
      const mayStay = () => !mayGo(offset, timestampMs, this.#top, nowMs, this.#retention, this.#retained);
      if (offset >= lowest && (n >= limit || mayStay())) break;
      this.#byKey.delete(keyOf(entry));
      this.#dropped++;
      this.#oldest++;
    }
    if (this.#dropped < SLACK || this.#dropped * 2 < this.#entries.length) return;
    this.#entries = this.#entries.slice(this.#dropped);
    this.#dropped = 0;
  }
}

/** Ids hold no line break, so two keys never meet. */
function keyOf({ userId, messageId }: Draft): string {
  return `${userId}\n${messageId}`;
}
