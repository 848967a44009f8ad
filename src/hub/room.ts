import type { ReadMark, User } from "../protocol/messages.ts";
import type { Position } from "../protocol/position.ts";
import type { Sealed } from "../protocol/sealed.ts";
import { Bounds } from "../protocol/wire.ts";
import { Backpressure } from "./backpressure.ts";
import type { Batch, Item, StateKind } from "./batch.ts";
import type { BroadcastOptions, FeatureRoom, RoomLease, RoomLeaseOptions } from "./feature.ts";
import type { Flusher, Gathering } from "./flusher.ts";
import { Lease } from "./lease.ts";
import type { Limits } from "./limits.ts";
import { type JoinAt, Membership } from "./membership.ts";
import type { StateSource } from "./outbox.ts";
import { Pending } from "./pending.ts";
import type { Cancel, Clock, Ids, Log, Logger, Page, Table } from "./ports.ts";
import { Presence } from "./presence.ts";
import { ReadMarks } from "./read_marks.ts";
import { roomItem } from "./room_item.ts";
import { RoomLog } from "./room_log.ts";
import { seal } from "./seal.ts";
import type { Session } from "./session.ts";
import type { LogItem } from "./tail.ts";
import type { Tally } from "./tally.ts";
import { Visitors } from "./visitors.ts";

export interface RoomDeps {
  readonly clock: Clock;
  readonly ids: Ids;
  readonly store: Log & Table;
  readonly flusher: Flusher;
  readonly logger: Logger;
  readonly limits: Limits;
  readonly tally: Tally;
}

export interface RoomEvents {
  /** a page of the log was read, and is about to be handed out */
  found(page: Page): void;
  /** a message of this size was stored and is on its way to the members */
  stored(room: Room, userId: string, length: number): void;
  /** a user is gone, the grace included */
  left(room: Room, user: User): void;
  /** nobody is here any more */
  empty(room: Room): void;
  /** a user came into the room through this node, or is not in it through this node any more */
  userHere(user: User): void;
  userGone(user: User): void;
  /** who is in the room through this node changed: several changes are told at once */
  changedHere(room: Room): void;
  /** a feature sends something that is not stored */
  broadcast(item: Item): void;
  /** a feature tells itself on other nodes something */
  tell(json: string): void;
}

/** How often a large room tells who is in it. [J3] */
const SAMPLE_EVERY_MS = 1000;
/** How long it waits after the store failed to load the read marks. */
const STORE_RETRY_MS = 500;
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

/** A room that has members on this node: who they are, what they have read, and the fan-out to them. */
export class Room implements FeatureRoom, Gathering, StateSource {
  readonly id: string;
  readonly log: RoomLog;
  readonly marks: ReadMarks;
  readonly presence: Presence;
  readonly visitors: Visitors;
  readonly #deps: RoomDeps;
  readonly #events: RoomEvents;
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
  readonly #listeners = new Set<() => void>();
  #length = 0;
  #grown = false;
  #large = false;
  #loadingMarks: { readonly epoch: string; readonly done: Promise<void> } | undefined;
  #sampling: Cancel | undefined;
  #announcing: Cancel | undefined;
  #reopening: Cancel | undefined;

  constructor(id: string, deps: RoomDeps, events: RoomEvents) {
    this.id = id;
    this.#deps = deps;
    this.#events = events;
    this.log = new RoomLog(id, deps.store, {
      entry: (item) => this.#entry(item),
      broken: () => this.#broken(),
      found: (page) => this.#events.found(page),
      healed: (by) => deps.tally.healed[by].add(1),
    }, deps.logger);
    this.marks = new ReadMarks(deps.store, id);
    this.presence = new Presence(deps.clock, deps.limits.leaveGraceMs, {
      joined: (user) => {
        this.#presenceChanged("user_joined", user);
        // members know the marks of those they see, and of no others [A4]
        const upTo = this.marks.of(user.userId);
        if (upTo > 0 && this.presence.small) this.broadcastMark({ userId: user.userId, upTo });
      },
      renamed: () => this.#sendUsers(),
      left: (user) => {
        this.#presenceChanged("user_left", user);
        this.#events.left(this, user);
      },
      changedHere: (user, here) => {
        if (here) this.#events.userHere(user);
        else this.#events.userGone(user);
        this.#announceSoon();
        if (this.isEmpty) this.#events.empty(this);
      },
    });
    this.visitors = new Visitors(deps.clock, this.presence);
  }

  /**
   * Learns the log's top and the read marks.
   * @throws {RelayError} `store_unavailable`
   */
  async open(): Promise<void> {
    await this.log.open();
    await this.marks.open(this.log.epoch);
  }

  /** The size of everything handed out here so far: members measure their backlog against it. */
  get length(): number {
    return this.#length;
  }

  has(member: Membership): boolean {
    return this.#live.has(member) || this.#behind.has(member);
  }

  /** Takes a session in at `sent`; it is served from there. */
  join(session: Session, options: JoinAt): Membership {
    const member = new Membership(session, this, options);
    this.#behind.add(member);
    this.presence.enter(session.identity, session.id);
    return member;
  }

  leave(member: Membership): void {
    if (!this.#unlive(member) && !this.#behind.delete(member)) return;
    this.presence.leave(member.userId, member.session.id);
  }

  /** Lets a member that is level take part in the flushes. */
  makeLive(member: Membership): void {
    // what waits was handed out before: it is not for who becomes live now
    this.#flushAll();
    if (!this.#behind.delete(member)) return;
    member.pace = "live";
    member.toldBehind = false;
    member.sentLength = this.#length;
    this.#live.add(member);
    if (!member.session.outbox.batches) this.#liveSingles++;
  }

  /** How many sessions take part in the flushes. */
  get liveCount(): number {
    return this.#live.size;
  }

  /** How many sessions are served from the log. */
  get behindCount(): number {
    return this.#behind.size;
  }

  get clock(): Clock {
    return this.#deps.clock;
  }

  get logger(): Logger {
    return this.#deps.logger;
  }

  get small(): boolean {
    return this.presence.small;
  }

  get position(): Position {
    return { epoch: this.log.epoch, offset: this.log.cursor };
  }

  /** True when no member is here and no user of this node is within the grace. */
  get isEmpty(): boolean {
    return this.#live.size + this.#behind.size + this.presence.hereCount === 0;
  }

  broadcast(type: string, payload: object, options: BroadcastOptions = {}): void {
    const item = roomItem(this.id, type, payload, options, this.#now());
    if (options.here) this.send(item);
    else this.#events.broadcast(item);
  }

  tell(note: object): void {
    this.#events.tell(JSON.stringify(note));
  }

  lease({ purpose, note, ...events }: RoomLeaseOptions): RoomLease {
    const { clock, ids, store: table } = this.#deps;
    const name = purpose === undefined ? this.id : `${this.id} ${purpose}`;
    return new Lease({ table, clock, name, ownerId: ids.next(), ...note && { note } }, events);
  }

  /** Sends something that is not in the log to the members here. */
  send(item: Item): void {
    this.#pending.add(item);
    this.#deps.flusher.room(this);
  }

  /** Says how far a user has read: to all, or in a large room to that user's own devices. [A4] [J3] */
  broadcastMark(mark: ReadMark): void {
    const sealed = seal("messages_read", { roomId: this.id, epoch: this.log.epoch, ...mark }, this.#now());
    const lane = { kind: "state", state: "read" } as const;
    this.send(this.presence.small ? { sealed, lane } : { sealed, lane, only: mark.userId });
  }

  /**
   * Reads the stored marks and tells the members of those that moved unheard.
   * @throws {RelayError} `store_unavailable`
   */
  loadMarks(): Promise<void> {
    const { epoch } = this.log;
    if (this.#loadingMarks?.epoch === epoch) return this.#loadingMarks.done;
    const done = this.marks.open(epoch)
      .then((moved) => moved.forEach((mark) => this.broadcastMark(mark)))
      .finally(() => this.#loadingMarks = undefined);
    this.#loadingMarks = { epoch, done };
    return done;
  }

  /** The whole of a state, for who missed changes of it. [R4] */
  state(kind: StateKind): Sealed[] {
    switch (kind) {
      case "presence":
        return [this.#sealUsers()];
      case "read":
        return this.marks.among(this.presence.users()).map((mark) =>
          seal("messages_read", { roomId: this.id, epoch: this.log.epoch, ...mark }, this.#now())
        );
    }
  }

  /** Calls `listener` whenever the log has grown, or has started anew: once for all that a flush brings. */
  onNews(listener: () => void): Cancel {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
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
    if (this.#grown) {
      this.#grown = false;
      this.#tellNews();
    }
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const go of waiting) go();
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

  close(): void {
    this.#sampling?.();
    this.#reopening?.();
    if (this.#announcing) {
      this.#announcing();
      this.#announcing = undefined;
      // the other nodes must not keep the users of a room that is gone here
      this.#events.changedHere(this);
    }
    this.visitors.close();
    this.presence.close();
    // whoever waits finds the room gone, or anew
    for (const go of this.#waiting.splice(0)) go();
  }

  #entry(item: LogItem): void {
    this.#length += item.sealed.length;
    this.#grown = true;
    this.send({ sealed: item.sealed, lane: { kind: "log", offset: item.offset }, from: item.userId });
    this.#events.stored(this, item.userId, item.sealed.length);
  }

  /** Every member finds out on its own walk through the log, and is told there. [R6] */
  #broken(): void {
    this.#flushAll();
    for (const member of this.#live) this.#fallBehind(member);
    this.#tellNews();
    this.#reopenMarks();
  }

  #tellNews(): void {
    for (const listener of this.#listeners) listener();
  }

  #reopenMarks(): void {
    const { clock, logger } = this.#deps;
    this.loadMarks().catch((error) => {
      logger.warn("read_marks_wait", { roomId: this.id, reason: String(error) });
      this.#reopening = clock.after(STORE_RETRY_MS, () => this.#reopenMarks());
    });
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
    outbox.keep(batch, member.userId, member.echo, this);
    if (outbox.waiting) this.#deps.flusher.session(member.session);
  }

  #presenceChanged(type: "user_joined" | "user_left", user: User): void {
    const wasLarge = this.#large;
    this.#large = !this.presence.small;
    // a room that has just shrunk tells the whole list once more: its members know a sample of it [J3]
    if (!this.#large && !wasLarge) {
      const sealed = seal(type, { roomId: this.id, ...user }, this.#now());
      this.send({ sealed, lane: { kind: "state", state: "presence" }, except: user.userId });
      return;
    }
    this.#sampling ??= this.#deps.clock.after(SAMPLE_EVERY_MS, () => {
      this.#sampling = undefined;
      this.#sendUsers();
    });
  }

  #sendUsers(): void {
    this.send({ sealed: this.#sealUsers(), lane: { kind: "state", state: "presence" } });
  }

  #sealUsers(): Sealed {
    const { presence } = this;
    const payload = { roomId: this.id, users: presence.users(), count: presence.count };
    return seal("room_users", payload, this.#now());
  }

  /** Several changes of one turn are told once; those of a large room once a second. [J3] */
  #announceSoon(): void {
    if (this.#announcing) return;
    const tell = () => {
      if (!this.#announcing) return;
      this.#announcing = undefined;
      this.#events.changedHere(this);
    };
    if (!this.presence.small) this.#announcing = this.#deps.clock.after(SAMPLE_EVERY_MS, tell);
    else {
      this.#announcing = () => {};
      this.#deps.clock.soon(tell);
    }
  }

  #now(): number {
    return this.#deps.clock.now();
  }
}
