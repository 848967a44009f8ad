import type { ReadMark, User } from "../protocol/messages.ts";
import type { Position } from "../protocol/position.ts";
import type { Sealed } from "../protocol/sealed.ts";
import type { Item, StateKind } from "./batch.ts";
import { Fanout } from "./fanout.ts";
import type { BroadcastOptions, FeatureRoom, RoomLease, RoomLeaseOptions } from "./feature.ts";
import type { Flusher } from "./flusher.ts";
import { Lease } from "./lease.ts";
import type { Limits } from "./limits.ts";
import { type JoinAt, Membership } from "./membership.ts";
import type { Cancel, Clock, Ids, Log, Logger, Page, Table } from "./ports.ts";
import { Presence } from "./presence.ts";
import { ReadMarks } from "./read_marks.ts";
import { RollCall } from "./roll_call.ts";
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

/** How long it waits after the store failed to load the read marks. */
const STORE_RETRY_MS = 500;

/** A room that has members on this node: its log, who they are, and what they have read. */
export class Room implements FeatureRoom {
  readonly id: string;
  readonly log: RoomLog;
  readonly marks: ReadMarks;
  readonly presence: Presence;
  readonly visitors: Visitors;
  readonly fanout: Fanout;
  readonly #deps: RoomDeps;
  readonly #events: RoomEvents;
  readonly #rollCall: RollCall;
  readonly #listeners = new Set<() => void>();
  #length = 0;
  #grown = false;
  #closed = false;
  #loadingMarks: { readonly epoch: string; readonly done: Promise<void> } | undefined;
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
        this.#rollCall.changed("user_joined", user);
        // members know the marks of those they see, and of no others [A4]
        const upTo = this.marks.of(user.userId);
        if (upTo > 0 && this.presence.small) this.broadcastMark({ userId: user.userId, upTo });
      },
      renamed: () => this.#rollCall.renamed(),
      left: (user) => {
        this.#rollCall.changed("user_left", user);
        this.#events.left(this, user);
      },
      changedHere: (user, here) => {
        if (here) this.#events.userHere(user);
        else this.#events.userGone(user);
        this.#rollCall.announceSoon();
        if (this.isEmpty) this.#events.empty(this);
      },
    });
    this.visitors = new Visitors(deps.clock, this.presence);
    this.fanout = new Fanout({ ...deps, flushed: () => this.#flushed() });
    this.#rollCall = new RollCall({
      roomId: id,
      clock: deps.clock,
      presence: this.presence,
      send: (item) => this.send(item),
      announce: () => this.#events.changedHere(this),
    });
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
    return this.fanout.has(member);
  }

  /** Takes a session in at `sent`; it is served from there. */
  join(session: Session, options: JoinAt): Membership {
    const member = new Membership(session, this, options);
    this.fanout.add(member);
    this.presence.enter(session.identity);
    return member;
  }

  leave(member: Membership): void {
    if (this.fanout.remove(member)) this.presence.leave(member.userId);
  }

  /** Lets a member that is level take part in the flushes. */
  makeLive(member: Membership): void {
    if (!this.fanout.makeLive(member)) return;
    member.toldBehind = false;
    member.sentLength = this.#length;
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
    return this.fanout.liveCount + this.fanout.behindCount + this.presence.hereCount === 0;
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
    this.fanout.send(item);
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

  /** The whole of a state as this user is told of it, for who missed changes of it. [R4] [J3] */
  state(kind: StateKind, userId: string): Sealed[] {
    switch (kind) {
      case "presence":
        return [this.#rollCall.sealed()];
      case "read":
        return this.marks.among(this.presence.small ? this.presence.users() : [{ userId }]).map((mark) =>
          seal("messages_read", { roomId: this.id, epoch: this.log.epoch, ...mark }, this.#now())
        );
    }
  }

  /** Calls `listener` whenever the log has grown, or has started anew: once for all that a flush brings. */
  onNews(listener: () => void): Cancel {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  close(): void {
    this.#closed = true;
    this.#reopening?.();
    this.#rollCall.close();
    this.visitors.close();
    this.presence.close();
    this.fanout.close();
  }

  #entry(item: LogItem): void {
    this.#length += item.sealed.length;
    this.#grown = true;
    this.send({ sealed: item.sealed, lane: { kind: "log", offset: item.offset }, from: item.userId });
    this.#events.stored(this, item.userId, item.sealed.length);
  }

  /** Every member finds out on its own walk through the log, and is told there. [R6] */
  #broken(): void {
    this.fanout.restart();
    this.#tellNews();
    this.#reopenMarks();
  }

  #flushed(): void {
    if (!this.#grown) return;
    this.#grown = false;
    this.#tellNews();
  }

  #tellNews(): void {
    for (const listener of this.#listeners) listener();
  }

  #reopenMarks(): void {
    const { clock, logger } = this.#deps;
    this.loadMarks().catch((error) => {
      if (this.#closed) return;
      logger.warn("read_marks_wait", { roomId: this.id, reason: String(error) });
      this.#reopening = clock.after(STORE_RETRY_MS, () => this.#reopenMarks());
    });
  }

  #now(): number {
    return this.#deps.clock.now();
  }
}
