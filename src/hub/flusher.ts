import type { Cancel, Clock, Logger } from "./ports.ts";

/** Something that gathers output and lets it out when the turn is over. */
export interface Flushable {
  flush(): void;
  /** A flush threw: an error of ours, which is to be nobody else's. */
  failed(): void;
}

/** A room: it may have reasons to wait with what it gathered. */
export interface Gathering extends Flushable {
  /** Whether it lets out what it has, after it was held for so long. */
  ready(heldMs: number): boolean;
}

/** Turns of the loop without news after which a burst counts as over. */
const CALM_TURNS = 2;
/** What is gathered leaves at the latest after this, unless its room holds it. */
const LONGEST_MS = 3;
/** Held rooms are looked at in so many turns, for most flushes are written within a few, and then now and then. */
const LOOK_TURNS = 50;
const LOOK_MS = 1;

/**
 * Collects who has something to send and lets it out together, in as few frames as the codecs allow: the kernel's
 * send is what fan-out costs, so messages a frame are what it gains. The flush is a quiet one: it waits while news
 * keeps coming turn after turn, but never long, and a lone message leaves within microseconds. A room may hold what it
 * has for longer: under overload the network sets the pace.
 *
 * Rooms go first, because a room's frame takes the waiting replies of its members along.
 */
export class Flusher {
  readonly #clock: Clock;
  readonly #logger: Logger;
  #rooms = new Set<Gathering>();
  #sessions = new Set<Flushable>();
  /** rooms that wait, and since when */
  readonly #held = new Map<Gathering, number>();
  #scheduled = false;
  #sinceMs = 0;
  #news = false;
  #calm = 0;
  #looks = 0;
  #looking: Cancel | undefined;

  constructor(clock: Clock, logger: Logger) {
    this.#clock = clock;
    this.#logger = logger;
  }

  room(room: Gathering): void {
    this.#rooms.add(room);
    this.#schedule();
  }

  session(session: Flushable): void {
    this.#sessions.add(session);
    this.#schedule();
  }

  /** Ends its timer. */
  close(): void {
    this.#looking?.();
    this.#held.clear();
  }

  #schedule(): void {
    this.#news = true;
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.#calm = 0;
    this.#sinceMs = this.#clock.monotonic();
    this.#clock.soon(this.#turn);
  }

  readonly #turn = (): void => {
    this.#calm = this.#news ? 0 : this.#calm + 1;
    this.#news = false;
    if (this.#calm < CALM_TURNS && this.#clock.monotonic() - this.#sinceMs < LONGEST_MS) {
      this.#clock.soon(this.#turn);
    } else this.#flush();
  };

  #flush(): void {
    this.#scheduled = false;
    const rooms = this.#rooms;
    const sessions = this.#sessions;
    this.#rooms = new Set();
    this.#sessions = new Set();
    for (const room of rooms) {
      if (room.ready(0)) this.#let(room);
      else this.#hold(room);
    }
    for (const session of sessions) this.#let(session);
  }

  #let(out: Flushable): void {
    try {
      out.flush();
    } catch (error) {
      this.#logger.error("flush_failed", error);
      out.failed();
    }
  }

  #hold(room: Gathering): void {
    if (this.#held.has(room)) return;
    this.#held.set(room, this.#clock.monotonic());
    this.#looks = 0;
    this.#lookSoon();
  }

  #lookSoon(): void {
    if (this.#looking) return;
    if (++this.#looks > LOOK_TURNS) {
      this.#looking = this.#clock.after(LOOK_MS, this.#look);
      return;
    }
    this.#looking = () => {};
    this.#clock.soon(this.#look);
  }

  readonly #look = (): void => {
    this.#looking = undefined;
    const nowMs = this.#clock.monotonic();
    for (const [room, sinceMs] of this.#held) {
      if (!room.ready(nowMs - sinceMs)) continue;
      this.#held.delete(room);
      this.#let(room);
    }
    if (this.#held.size > 0) this.#lookSoon();
  };
}
