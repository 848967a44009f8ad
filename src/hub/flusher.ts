import type { Clock } from "./ports.ts";

/** Something that gathers output and lets it out when the turn is over. */
export interface Flushable {
  flush(): void;
}

/** Turns of the loop without news after which a burst counts as over. */
const CALM_TURNS = 2;
/** What is gathered leaves at the latest after this. */
const LONGEST_MS = 3;

/**
 * Collects who has something to send and lets it out together, in as few frames as the codecs allow: the kernel's
 * send is what fan-out costs, so messages a frame are what it gains. The flush is a quiet one: it waits while news
 * keeps coming turn after turn, but never long, and a lone message leaves within microseconds.
 *
 * Rooms go first, because a room's frame takes the waiting replies of its members along.
 */
export class Flusher {
  readonly #clock: Clock;
  #rooms = new Set<Flushable>();
  #sessions = new Set<Flushable>();
  #scheduled = false;
  #sinceMs = 0;
  #news = false;
  #calm = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  room(room: Flushable): void {
    this.#rooms.add(room);
    this.#schedule();
  }

  session(session: Flushable): void {
    this.#sessions.add(session);
    this.#schedule();
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
    for (const room of rooms) room.flush();
    for (const session of sessions) session.flush();
  }
}
