import type { Codec } from "../protocol/codecs/codec.ts";
import type { Sealed } from "../protocol/sealed.ts";
import { CloseCode } from "../protocol/wire.ts";
import type { Caller } from "./caller.ts";
import { catchUp } from "./catch_up.ts";
import type { Ending } from "./closing.ts";
import type { Limits } from "./limits.ts";
import type { Membership } from "./membership.ts";
import { Outbox } from "./outbox.ts";
import type { Clock, Connection, Identity, Logger, TransportName } from "./ports.ts";
import type { Flusher } from "./flusher.ts";
import { seal } from "./seal.ts";
import type { SlowReaders } from "./slow_readers.ts";
import type { Tally } from "./tally.ts";

export interface SessionDeps {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly limits: Limits;
  readonly flusher: Flusher;
  readonly slowReaders: SlowReaders;
  readonly tally: Tally;
}

/** Who talks over which connection, and how. */
export interface SessionOptions {
  readonly connection: Connection;
  readonly identity: Identity;
  readonly codec: Codec;
  readonly transport: TransportName;
}

/** How long a reader waits for its next page after the store failed. */
const STORE_RETRY_MS = 500;

/** What most sessions have most of the time: nothing is ever added to it. */
const NOWHERE: Set<Membership> = new Set();

/** One client's conversation: who it is, which rooms it is in, and what goes down to it. */
export class Session implements Caller {
  readonly id: string;
  readonly transport: TransportName;
  readonly codecName: string;
  readonly outbox: Outbox;
  readonly rooms = new Map<string, Membership>();
  readonly #deps: SessionDeps;
  readonly #connection: Connection;
  readonly #closed: (session: Session, ending: Ending) => void;
  readonly #openedMs: number;
  #behind = NOWHERE;
  #reading = NOWHERE;
  #identity: Identity;
  #state: "open" | "left" | "closed" = "open";

  constructor(
    options: SessionOptions,
    deps: SessionDeps,
    closed: (session: Session, ending: Ending) => void,
  ) {
    const { connection, identity, codec, transport } = options;
    this.id = connection.id;
    this.#identity = identity;
    this.transport = transport;
    this.codecName = codec.name;
    this.#openedMs = deps.clock.monotonic();
    this.#connection = connection;
    this.#deps = deps;
    this.#closed = closed;
    this.outbox = new Outbox(connection, codec, deps, this);
  }

  get identity(): Identity {
    return this.#identity;
  }

  get limits(): Limits {
    return this.#deps.limits;
  }

  get isOpen(): boolean {
    return this.#state === "open";
  }

  /** True once this side has closed it: of what its client sent nothing more is done. */
  get isClosed(): boolean {
    return this.#state === "closed";
  }

  /** Takes note of a membership; until it is level it is served from the log. */
  entered(member: Membership): void {
    this.rooms.set(member.room.id, member);
    this.fellBehind(member);
    this.#deps.flusher.session(this);
  }

  /** Leaves a room. False when it was not in it. */
  leave(roomId: string): boolean {
    const member = this.rooms.get(roomId);
    if (!member) return false;
    this.rooms.delete(roomId);
    this.#behind.delete(member);
    this.outbox.forget(member);
    member.room.leave(member);
    return true;
  }

  /** Goes on as the same user with another token. [C5] */
  renew(identity: Identity): void {
    const renamed = identity.userName !== this.#identity.userName;
    this.#identity = identity;
    if (!renamed) return;
    for (const { room } of this.rooms.values()) room.presence.rename(identity);
  }

  /** Ends the membership of a room that its user may read no longer. [R6] */
  forbid(roomId: string): void {
    const member = this.rooms.get(roomId);
    if (!member) return;
    const { epoch, sent: offset } = member;
    this.leave(roomId);
    const reset = { roomId, epoch, offset, reason: "forbidden" } as const;
    this.outbox.reply(seal("reset", reset, this.#deps.clock.now()));
    this.wake();
  }

  /** A member stopped being live: the log serves it from here on. */
  fellBehind(member: Membership): void {
    this.#behind = this.#behind === NOWHERE ? new Set([member]) : this.#behind.add(member);
    if (this.outbox.writable) this.#deps.flusher.session(this);
    else this.#deps.slowReaders.watch(this);
  }

  /** Queues an answer; it leaves when the turn is over. */
  reply(sealed: Sealed): void {
    this.outbox.reply(sealed);
    this.wake();
  }

  /** Lets the flusher call `flush` when the turn is over. */
  wake(): void {
    this.#deps.flusher.session(this);
  }

  /** Sends what waits and serves the rooms that are behind, as far as the reader takes it. */
  flush(): void {
    if (!this.isOpen) return;
    this.outbox.flush();
    for (const member of this.#behind) {
      if (!this.outbox.writable) break;
      if (!this.#reading.has(member)) this.#serve(member);
      if (member.pace === "live") this.#behind.delete(member);
    }
    if (this.#behind.size === 0) this.#behind = NOWHERE;
    // a `reset` or `behind` that the walk above queued
    this.outbox.flush();
    if (!this.outbox.writable && (this.#behind.size > 0 || this.outbox.waiting)) {
      this.#deps.slowReaders.watch(this);
    }
  }

  /** What waits for it cannot be sent: it has to begin anew, and none of that is tried again. */
  failed(): void {
    this.end(CloseCode.internal, "internal error");
    this.#connection.close(CloseCode.internal, "internal error");
  }

  /** The reader took nothing for too long, or let replies pile up. [R4] */
  notReading(): void {
    this.close(CloseCode.notReading, "not reading");
  }

  /** Closes the connection and leaves every room. Safe to call at any time and more than once. */
  close(code: number, reason: string): void {
    if (!this.isOpen) return;
    // an error that ends the conversation is said before the end; replies even to a slow reader [R4]
    if (code !== CloseCode.notReading) {
      this.outbox.flush();
      this.outbox.send([]);
    }
    this.#end("closed", code, reason);
    this.#connection.close(code, reason);
  }

  /** The connection is gone. Safe to call at any time and more than once. */
  end(code: number, reason: string): void {
    if (this.isOpen) this.#end("left", code, reason);
  }

  #end(state: "left" | "closed", code: number, reason: string): void {
    this.#state = state;
    const ending = this.#ending(code, reason);
    this.#deps.slowReaders.forget(this);
    for (const roomId of [...this.rooms.keys()]) this.leave(roomId);
    this.#closed(this, ending);
  }

  #ending(code: number, reason: string): Ending {
    const { rooms, outbox } = this;
    return {
      code,
      reason,
      ageMs: Math.round(this.#deps.clock.monotonic() - this.#openedMs),
      rooms: rooms.size,
      roomsBehind: this.#behind.size,
      unsentBytes: outbox.unsentBytes,
      unsentReplies: outbox.replies,
    };
  }

  #serve(member: Membership): void {
    const waiting = catchUp(member, this.#deps.clock.now());
    if (!waiting) return;
    this.#reading = this.#reading === NOWHERE ? new Set([member]) : this.#reading.add(member);
    waiting.then(
      () => {
        this.#reading.delete(member);
        this.wake();
      },
      (error) => {
        this.#deps.logger.warn("catch_up_waits", { roomId: member.room.id, reason: String(error) });
        this.#deps.clock.after(STORE_RETRY_MS, () => {
          this.#reading.delete(member);
          this.wake();
        });
      },
    );
  }
}
