import { RelayError } from "../protocol/errors.ts";
import { ErrorCode } from "../protocol/wire.ts";
import type { Limits } from "./limits.ts";
import type { Cancel, Clock, Log, Logger } from "./ports.ts";
import type { Room } from "./room.ts";

interface ActiveRoom {
  readonly room: Room;
  readonly ready: Promise<void>;
  /** how many are using it right now */
  lent: number;
  /** ends the time it stays after a request that stood alone */
  lingering: Cancel | undefined;
}

export interface RoomsDeps {
  readonly clock: Clock;
  readonly store: Log;
  readonly limits: Limits;
  readonly logger: Logger;
  /** Whether other nodes are there. */
  readonly hasOthers: () => boolean;
  readonly make: (roomId: string) => Room;
  /** Makes a new room ready to be used. @throws {RelayError} `store_unavailable` */
  readonly open: (room: Room) => Promise<void>;
  /** a room is gone from here */
  readonly closed: (room: Room) => void;
}

/** How many rooms one question to the store may name. */
const SWEEP_CHUNK = 500;
/** Of how many rooms the marks are read at a time. */
const MARKS_CHUNK = 50;
/** In which of the sweeps rooms are looked into of which no other node ever said that somebody is there. */
const LOOK_EVERY = 8;

/** The rooms that are in use on this node: opened for who comes first, let go after who leaves last. */
export class Rooms {
  readonly #deps: RoomsDeps;
  readonly #active = new Map<string, ActiveRoom>();
  #sweep: Cancel | undefined;
  #sweeps = 0;
  #closed = false;

  constructor(deps: RoomsDeps) {
    this.#deps = deps;
  }

  get size(): number {
    return this.#active.size;
  }

  get(roomId: string): Room | undefined {
    return this.#active.get(roomId)?.room;
  }

  has(roomId: string): boolean {
    return this.#active.has(roomId);
  }

  *[Symbol.iterator](): Iterator<Room> {
    for (const { room } of this.#active.values()) yield room;
  }

  /**
   * Lends rooms that know their logs. They stay while they are lent, and after that while somebody is in them.
   * @throws {RelayError} `store_unavailable`, when one of them cannot be opened; `draining` once they are closed
   */
  async lend<T>(roomIds: readonly string[], use: (rooms: readonly Room[]) => T | Promise<T>): Promise<T> {
    // a request may come in, or go on, after the last room went: it would open one that nobody closes
    if (this.#closed) throw new RelayError(ErrorCode.draining, "Cannot open a room: the relay is closed");
    const lent = roomIds.map((roomId) => this.#activate(roomId));
    for (const active of lent) active.lent++;
    try {
      await Promise.all(lent.map(({ ready }) => ready));
      return await use(lent.map(({ room }) => room));
    } finally {
      for (const active of lent) this.#giveBack(active);
    }
  }

  /** Keeps a room for a while that nobody has to be in. [T2] [T4] */
  linger(room: Room): void {
    const active = this.#active.get(room.id);
    if (active?.room !== room) return;
    if (active.lingering) active.lingering();
    else active.lent++;
    active.lingering = this.#deps.clock.after(this.#deps.limits.lingerMs, () => {
      active.lingering = undefined;
      this.#giveBack(active);
    });
  }

  /** Lets a room go if nobody is in it any more. */
  release(roomId: string): void {
    const active = this.#active.get(roomId);
    if (!active || active.lent > 0 || !active.room.isEmpty) return;
    this.#active.delete(roomId);
    this.#close(active.room);
  }

  /** Compares all of them with the store: it heals the last hint of a burst that got lost. */
  async sweep(): Promise<void> {
    const roomIds = [...this.#active.keys()];
    for (let at = 0; at < roomIds.length; at += SWEEP_CHUNK) {
      const heads = await this.#deps.store.heads(roomIds.slice(at, at + SWEEP_CHUNK));
      for (const head of heads) this.get(head.roomId)?.log.swept(head);
    }
    // marks have no top to compare: where another node may have moved one, they are read again
    const all = ++this.#sweeps % LOOK_EVERY === 0 && this.#deps.hasOthers();
    const rooms = [...this].filter(({ presence }) => presence.small && (all || presence.isShared));
    // side by side: one after the other, in many rooms, would take longer than the next sweep may wait
    for (let at = 0; at < rooms.length; at += MARKS_CHUNK) {
      await Promise.all(rooms.slice(at, at + MARKS_CHUNK).map((room) => room.loadMarks()));
    }
  }

  /** The same at once, for who does not wait for it. */
  sweepSoon(): void {
    this.sweep().catch((error) => this.#deps.logger.warn("sweep_failed", { reason: String(error) }));
  }

  /** Lets all of them go, whoever is in them. */
  close(): void {
    this.#closed = true;
    for (const { room, lingering } of this.#active.values()) {
      lingering?.();
      this.#close(room);
    }
    this.#active.clear();
    this.#sweep?.();
  }

  #activate(roomId: string): ActiveRoom {
    const known = this.#active.get(roomId);
    if (known) return known;
    const room = this.#deps.make(roomId);
    const ready = this.#deps.open(room);
    // whoever opens it later tries again; this one's callers are told by the promise
    ready.catch(() => this.#active.delete(roomId) && this.#close(room));
    const active = { room, ready, lent: 0, lingering: undefined };
    this.#active.set(roomId, active);
    this.#armSweep();
    return active;
  }

  #giveBack(active: ActiveRoom): void {
    active.lent--;
    this.release(active.room.id);
  }

  #close(room: Room): void {
    room.close();
    this.#deps.closed(room);
  }

  #armSweep(): void {
    const { clock, limits, logger } = this.#deps;
    this.#sweep ??= clock.after(limits.sweepMs, () => {
      this.#sweep = undefined;
      this.sweep().catch((error) => logger.warn("sweep_failed", { reason: String(error) }))
        .finally(() => this.#active.size > 0 && this.#armSweep());
    });
  }
}
