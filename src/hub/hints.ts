import type { Position } from "../protocol/position.ts";
import { packEntries } from "./hint_entries.ts";
import type { Backplane, Clock, Entry } from "./ports.ts";
import type { Tally } from "./tally.ts";

/** What a room reached in this turn, and how: the last entries that follow each other. */
interface Reached extends Position {
  entries: Entry[];
  length: number;
}

/** Longer stretches are read from the store: a hint must not be what fills the backplane. */
const MOST_LENGTH = 64 * 1024;

/**
 * Tells the other nodes what was stored here: once a turn and room, however much it was. Where the backplane can be
 * trusted the entries go along, so that who is up to date needs nothing else.
 */
export class Hints {
  readonly #clock: Clock;
  readonly #backplane: Backplane;
  readonly #tally: Tally;
  readonly #anybody: () => boolean;
  #rooms = new Map<string, Reached>();

  /** `anybody` says whether other nodes are known to be there. */
  constructor(deps: { clock: Clock; backplane: Backplane; tally: Tally; anybody: () => boolean }) {
    this.#clock = deps.clock;
    this.#backplane = deps.backplane;
    this.#tally = deps.tally;
    this.#anybody = deps.anybody;
  }

  /** A room reached a position; `entry` is what is there, if it was stored just now. */
  reached(roomId: string, { epoch, offset }: Position, entry: Entry | undefined): void {
    if (this.#rooms.size === 0) this.#clock.soon(() => this.flush());
    const known = this.#rooms.get(roomId);
    if (known?.epoch === epoch && offset <= known.offset) return;
    const follows = known?.epoch === epoch && offset === known.offset + 1;
    const entries = follows ? known.entries : [];
    const length = (follows ? known.length : 0) + (entry ? entry.body.length : 0);
    // only what goes all the way to the position says which offsets it is about
    if (!entry || length > MOST_LENGTH) entries.length = 0;
    else entries.push(entry);
    this.#rooms.set(roomId, { epoch, offset, entries, length });
  }

  /** Tells what there is. */
  flush(): void {
    const rooms = this.#rooms;
    this.#rooms = new Map();
    const whole = this.#backplane.trusted === true && this.#anybody();
    for (const [roomId, { epoch, offset, entries }] of rooms) {
      const hint = { kind: "hint", roomId, epoch, offset } as const;
      const told = whole && entries.length > 0;
      this.#backplane.publish(told ? { ...hint, entries: packEntries(entries) } : hint);
      this.#tally.hintsOut.add(1);
    }
  }
}
