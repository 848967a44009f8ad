import { Bounds } from "../protocol/wire.ts";
import { Backpressure } from "./backpressure.ts";
import type { Batch, Item } from "./batch.ts";
import type { Flusher, Gathering } from "./flusher.ts";
import type { Limits } from "./limits.ts";
import type { Membership } from "./membership.ts";
import { Pending } from "./pending.ts";
import type { Cancel } from "./ports.ts";
import type { Tally } from "./tally.ts";

export interface FanoutDeps {
  readonly flusher: Flusher;
  readonly limits: Limits;
  readonly tally: Tally;
  /** Is told of the end of each flush. */
  readonly flushed: () => void;
}

/** Frames of one flush: about what the kernel takes in 40 ms. Those who take batches get one each. */
const FLUSH_FRAMES = 8192;
/** About what a write to one connection takes, and from how many on a flush is worth waiting for. */
const WRITE_MS = 0.005;
const MANY = 100;
/** A flush waits for commits no longer than this, and for readers no longer than that. [R7] */
const MOST_GATHERED_MS = 3;
const MOST_HELD_MS = 250;
/** For many readers that take something all the time. */
const MOST_WRITTEN_MS = 2000;
/** So many flushes may wait before even ready readers are waited for. */
const FAR_MORE = 4;
/** So many times the bound of a connection may wait: beyond it readers are served from the log. */
const MOST_PENDING = 16;

/**
 * The members of a room on this node, and the one path from the room to them: what it sends gathers until the flusher
 * lets it out, is framed once a codec, and goes as the same bytes to all who are level with the log.
 */
export class Fanout implements Gathering {
  readonly #deps: FanoutDeps;
  readonly #live = new Set<Membership>();
  readonly #behind = new Set<Membership>();
  readonly #pending = new Pending();
  readonly #pressure = new Backpressure();
  /** publishers that wait until the readers have taken what there is */
  #waiting: (() => void)[] = [];
  #committing = 0;
  /** what the readers had not taken when they last took something, and when that was in the time the room was held */
  #left = 0;
  #progressMs = 0;
  /** live members to whom each message is a frame */
  #liveSingles = 0;

  constructor(deps: FanoutDeps) {
    this.#deps = deps;
  }

  /** How many members take part in the flushes. */
  get liveCount(): number {
    return this.#live.size;
  }

  /** How many members are served from the log. */
  get behindCount(): number {
    return this.#behind.size;
  }

  has(member: Membership): boolean {
    return this.#live.has(member) || this.#behind.has(member);
  }

  /** Takes a member in: it is served from the log until it is level. */
  add(member: Membership): void {
    this.#behind.add(member);
  }

  /** Lets a member go. False when it was none. */
  remove(member: Membership): boolean {
    return this.#unlive(member) || this.#behind.delete(member);
  }

  /** Lets a member that is level take part in the flushes. False when it was no member. */
  makeLive(member: Membership): boolean {
    // what waits was handed out before: it is not for who becomes live now
    this.#flushAll();
    if (!this.#behind.delete(member)) return false;
    member.pace = "live";
    this.#live.add(member);
    if (!member.session.outbox.batches) this.#liveSingles++;
    return true;
  }

  /** Sends something to all members, in the next flush. */
  send(item: Item): void {
    this.#pending.add(item);
    this.#deps.flusher.room(this);
  }

  /** Sends what waits, then serves every member from the log. */
  restart(): void {
    this.#flushAll();
    for (const member of this.#live) this.#fallBehind(member);
  }

  /**
   * A flush waits for the readers to take the last one, and for messages whose commit is about to end: as long as
   * writing it takes, because a second flush would take as long again. [R7]
   */
  ready(heldMs: number): boolean {
    if (!this.#pressure.drained) return this.#heldLongEnough(heldMs);
    if (this.#committing === 0 || this.#live.size < MANY) return true;
    return heldMs >= Math.min(MOST_GATHERED_MS, this.#live.size * WRITE_MS);
  }

  /** Many readers that are being written to, however slowly, are waited for: each flush more costs memory. */
  #heldLongEnough(heldMs: number): boolean {
    const { left } = this.#pressure;
    if (heldMs === 0 || left < this.#left) {
      this.#left = left;
      this.#progressMs = heldMs;
    }
    if (this.#live.size < MANY) return heldMs >= MOST_HELD_MS;
    return heldMs >= Math.min(this.#progressMs + MOST_HELD_MS, MOST_WRITTEN_MS);
  }

  /**
   * True while more waits than goes out in one flush and the readers are busy, or while far more does: nothing more is
   * taken for it. [R7]
   */
  get crowded(): boolean {
    const { count, length } = this.#pending;
    const { unsentBytes } = this.#deps.limits;
    if (count >= FAR_MORE * this.#most || length >= FAR_MORE * unsentBytes) return true;
    if (count + this.#committing < this.#most && length < unsentBytes) return false;
    return !this.#pressure.drained;
  }

  /** Calls `go` once, when its readers have taken something or the room is gone. */
  whenTaken(go: () => void): void {
    this.#waiting.push(go);
    this.#deps.flusher.room(this);
  }

  /** A message for it is on its way into the store. Call what this returns when that is over. */
  commits(): Cancel {
    this.#committing++;
    return () => void this.#committing--;
  }

  /** Sends what waits, as much as a connection takes: framed once a codec, the same bytes to every member. */
  flush(): void {
    const { unsentBytes } = this.#deps.limits;
    this.#pressure.begin(this.#live.size);
    do {
      const batch = this.#pending.take(this.#most, unsentBytes);
      if (batch) this.#share(batch);
    } while (this.#pending.length > MOST_PENDING * unsentBytes);
    this.#flushed();
  }

  /** Who was sent what is unknown here: every member goes on from the log, where it stands. */
  failed(): void {
    for (const member of this.#live) this.#fallBehind(member);
    this.#flushed();
  }

  /** How many messages go out in one flush. */
  get #most(): number {
    if (this.#liveSingles === 0) return Bounds.batchEnvelopes;
    return Math.max(1, Math.min(Bounds.batchEnvelopes, Math.floor(FLUSH_FRAMES / this.#liveSingles)));
  }

  #flushAll(): void {
    if (this.#pending.count === 0) return;
    this.#pressure.begin(this.#live.size);
    for (let batch; (batch = this.#pending.take(this.#most, this.#deps.limits.unsentBytes));) {
      this.#share(batch);
    }
    this.#flushed();
  }

  #flushed(): void {
    if (this.#pending.count > 0) this.#deps.flusher.room(this);
    this.#deps.flushed();
    this.#goOn();
  }

  #share(batch: Batch): void {
    if (batch.isKept) { for (const member of this.#behind) this.#keep(member, batch); }
    for (const member of this.#live) {
      const { outbox } = member.session;
      // the last gate: a member is never sent anything but the next offset [R1]
      const next = batch.firstOffset === 0 || member.sent + 1 === batch.firstOffset;
      if (next && outbox.writable) {
        this.#pressure.sends(outbox);
        outbox.share(batch, member.userId, member.echo);
        if (batch.lastOffset > 0) member.sent = batch.lastOffset;
        continue;
      }
      this.#fallBehind(member);
      this.#keep(member, batch);
    }
    this.#deps.tally.shared(batch);
  }

  /** Lets the publishers go that wait: they find the room gone, or anew. */
  close(): void {
    this.#goOn();
  }

  #goOn(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const go of waiting) go();
  }

  #unlive(member: Membership): boolean {
    const was = this.#live.delete(member);
    if (was && !member.session.outbox.batches) this.#liveSingles--;
    return was;
  }

  #fallBehind(member: Membership): void {
    this.#unlive(member);
    this.#behind.add(member);
    member.pace = "behind";
    member.session.fellBehind(member);
  }

  #keep(member: Membership, batch: Batch): void {
    const { outbox } = member.session;
    outbox.keep(batch, member.userId, member.echo, member);
    if (outbox.waiting) this.#deps.flusher.session(member.session);
  }
}
