import type { InboxPage, Notice, Standing } from "./notice.ts";

/**
 * What is known of the inbox, from its pages and from what comes live, in whatever order they come. What is unread
 * follows from the read mark alone, so that every device counts the same. [A4b]
 */
export class Inbox {
  readonly #notices = new Map<number, Notice>();
  #epoch = "";
  #top = 0;
  /** what is at or below this offset is read, or gone */
  #upTo = 0;
  #hasMore = false;

  /** newest first */
  get notices(): readonly Notice[] {
    return [...this.#notices.values()].sort((a, b) => b.offset - a.offset);
  }

  get unread(): number {
    return Math.max(0, this.#top - this.#upTo);
  }

  /** what is at or below this offset is read */
  get upTo(): number {
    return this.#upTo;
  }

  get epoch(): string {
    return this.#epoch;
  }

  /** the offset of the newest notification, read or not */
  get top(): number {
    return this.#top;
  }

  /** older ones can be asked for */
  get hasMore(): boolean {
    return this.#hasMore;
  }

  /** the lowest offset that is shown: older ones are `before` it */
  get oldest(): number | undefined {
    return this.#notices.size === 0 ? undefined : Math.min(...this.#notices.keys());
  }

  takePage({ hasMore, notifications, ...standing }: InboxPage): void {
    this.stands(standing);
    this.#top = Math.max(this.#top, standing.offset);
    this.#hasMore = hasMore;
    for (const notice of notifications) this.#notices.set(notice.offset, notice);
  }

  /** Takes one that came live. False when it was known. */
  take(notice: Notice): boolean {
    this.#begin(notice.epoch);
    if (this.#notices.has(notice.offset)) return false;
    this.#notices.set(notice.offset, notice);
    this.#top = Math.max(this.#top, notice.offset);
    return true;
  }

  /** How many the server calls unread: it counts from the mark, or from what it keeps, since the rest is gone. */
  stands({ epoch, offset, unread }: Standing): void {
    this.read(epoch, offset - unread);
  }

  /** The read mark moved, here or on another device. */
  read(epoch: string, upTo: number): void {
    this.#begin(epoch);
    this.#upTo = Math.max(this.#upTo, upTo);
  }

  /** A log that begins anew is another inbox. */
  #begin(epoch: string): void {
    if (epoch === this.#epoch) return;
    this.#epoch = epoch;
    this.#notices.clear();
    this.#top = this.#upTo = 0;
    this.#hasMore = false;
  }
}
