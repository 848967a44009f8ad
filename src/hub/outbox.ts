import type { Codec, Frame } from "../protocol/codecs/codec.ts";
import type { Sealed } from "../protocol/sealed.ts";
import { type Batch, isFor, type StateKind } from "./batch.ts";
import type { Limits } from "./limits.ts";
import type { Clock, Connection } from "./ports.ts";
import type { Tally } from "./tally.ts";

/** Where a reader is sent the whole of a state from when it missed changes of it. */
export interface StateSource {
  state(kind: StateKind): Sealed[];
}

/** Who does not take what it asked for. */
export interface OverflowingReader {
  notReading(): void;
}

/** A reader that took nothing for this long while replies wait for it is stuck. */
const STUCK_MS = 1000;
/** However it reads, replies are never kept beyond so many times their bound. */
const MOST_REPLIES = 16;

/** What waits for readers that keep up, and that is most of them: nothing is ever put into these. */
const NO_KEYED: Map<string, Sealed> = new Map();
const NONE_MISSED: Map<StateSource, Set<StateKind>> = new Map();

/**
 * What leaves one connection, in three lanes. [R4]
 *
 * - *reply*: waits here, is never dropped, and leads every write.
 * - *log*: does not wait here at all. A reader that cannot take a durable message is served from the room's log
 *   later (`catch_up.ts`), so a slow reader costs its place in the log and no memory.
 * - *keyed* and *state*: the latest of each key, and a note of which states were missed.
 */
export class Outbox {
  readonly #connection: Connection;
  readonly #codec: Codec;
  readonly #limits: Limits;
  readonly #reader: OverflowingReader;
  readonly #tally: Tally;
  readonly #clock: Clock;
  #replies: Sealed[] = [];
  #replyLength = 0;
  #keyed = NO_KEYED;
  #keyedLength = 0;
  #missed = NONE_MISSED;
  /** the fewest unsent bytes since these replies wait, and since when there were no fewer */
  #stuckAt = Infinity;
  #stuckSinceMs = 0;

  /** `reader` is told once replies pile up beyond their bound. */
  constructor(
    connection: Connection,
    codec: Codec,
    { clock, limits, tally }: { clock: Clock; limits: Limits; tally: Tally },
    reader: OverflowingReader,
  ) {
    this.#connection = connection;
    this.#codec = codec;
    this.#clock = clock;
    this.#limits = limits;
    this.#tally = tally;
    this.#reader = reader;
  }

  /** a frame of it may hold several envelopes */
  get batches(): boolean {
    return this.#codec.batches;
  }

  /** True while the network takes what it is given. */
  get writable(): boolean {
    return this.#connection.takes(this.#limits.unsentBytes);
  }

  /** bytes the network has not taken yet */
  get unsentBytes(): number {
    return this.#connection.unsentBytes();
  }

  /** Queues a reply; the next write takes it along. */
  reply(sealed: Sealed): void {
    if (this.#replies.push(sealed) === 1) this.#stuckAt = Infinity;
    this.#replyLength += sealed.length;
    if (this.#replyLength <= this.#limits.replyBytes) return;
    if (this.writable) this.send([]);
    else if (this.#isStuck()) this.#reader.notReading();
  }

  /**
   * Many answers at once are no fault of a reader that reads: a commit answers thousands in one turn. A reader is
   * stuck when it took nothing for a while, or when there are far too many to wait for it.
   */
  #isStuck(): boolean {
    if (this.#replyLength > MOST_REPLIES * this.#limits.replyBytes) return true;
    const { unsentBytes } = this;
    const nowMs = this.#clock.monotonic();
    if (unsentBytes < this.#stuckAt) {
      this.#stuckAt = unsentBytes;
      this.#stuckSinceMs = nowMs;
    }
    return nowMs - this.#stuckSinceMs >= STUCK_MS;
  }

  /** Sends a room's batch at once, the waiting replies before it. */
  share(batch: Batch, userId: string, echo: boolean): void {
    if (!batch.fits(userId, echo)) {
      this.send(batch.items.filter((item) => isFor(item, userId, echo)).map((item) => item.sealed));
      return;
    }
    batch.readers++;
    if (this.#replies.length === 0) this.#write(batch.frames(this.#codec));
    else this.#write(this.#codec.encode([...this.#takeReplies(), ...batch.shared]));
  }

  /** Keeps what cannot be sent from the log later: the latest of each key, and which states were missed. */
  keep(batch: Batch, userId: string, echo: boolean, source: StateSource): void {
    for (const item of batch.items) {
      if (item.lane.kind === "log" || !isFor(item, userId, echo)) continue;
      if (item.lane.kind === "state") this.#miss(source, item.lane.state);
      else if (item.lane.key !== undefined) this.#keepKeyed(item.lane.key, item.sealed);
    }
  }

  /** Sends what waits, as far as the reader takes it. */
  flush(): void {
    if (!this.waiting || !this.writable) return;
    const waiting: Sealed[] = [];
    for (const [source, kinds] of this.#missed) {
      for (const kind of kinds) waiting.push(...source.state(kind));
    }
    waiting.push(...this.#keyed.values());
    this.#missed = NONE_MISSED;
    this.#keyed = NO_KEYED;
    this.#keyedLength = 0;
    this.send(waiting);
  }

  /** Writes these envelopes, the waiting replies before them. */
  send(sealed: readonly Sealed[]): void {
    const all = this.#replies.length === 0 ? sealed : [...this.#takeReplies(), ...sealed];
    if (all.length === 0) return;
    this.#tally.sent(sealed);
    this.#write(this.#codec.encode(all));
  }

  /** how many replies wait */
  get replies(): number {
    return this.#replies.length;
  }

  /** the size of the replies that wait, bounded by `replyBytes` */
  get replyLength(): number {
    return this.#replyLength;
  }

  /** the size of the keyed state that waits, bounded by `keyedBytes` */
  get keyedLength(): number {
    return this.#keyedLength;
  }

  /** True when something waits for the reader. */
  get waiting(): boolean {
    return this.#replies.length > 0 || this.#keyed.size > 0 || this.#missed.size > 0;
  }

  /** Drops what waits for a room the reader left. */
  forget(source: StateSource): void {
    this.#missed.delete(source);
  }

  #takeReplies(): readonly Sealed[] {
    const replies = this.#replies;
    this.#replies = [];
    this.#replyLength = 0;
    this.#tally.sent(replies);
    return replies;
  }

  #write(frames: readonly Frame[]): void {
    for (const frame of frames) this.#connection.send(frame);
    this.#tally.framesOut.add(frames.length);
  }

  #miss(source: StateSource, kind: StateKind): void {
    if (this.#missed === NONE_MISSED) this.#missed = new Map();
    const kinds = this.#missed.get(source);
    if (kinds) kinds.add(kind);
    else this.#missed.set(source, new Set([kind]));
  }

  #keepKeyed(key: string, sealed: Sealed): void {
    if (this.#keyed === NO_KEYED) this.#keyed = new Map();
    this.#keyedLength += sealed.length - (this.#keyed.get(key)?.length ?? 0);
    this.#keyed.delete(key);
    this.#keyed.set(key, sealed);
    for (const [oldest, dropped] of this.#keyed) {
      if (this.#keyedLength <= this.#limits.keyedBytes) break;
      this.#keyed.delete(oldest);
      this.#keyedLength -= dropped.length;
    }
  }
}
