import type { Codec, Frame } from "../protocol/codecs/codec.ts";
import type { Sealed } from "../protocol/sealed.ts";

/** The whole state a reader is sent after it missed changes of it. [R4] */
export type StateKind = "presence" | "read";

/** Which lane an item leaves by decides what happens to it when a reader does not read. [R4] */
export type Lane =
  /** durable: a slow reader gets it from the log later */
  | { readonly kind: "log"; readonly offset: number }
  /** ephemeral: the latest of a key waits for a slow reader, one without a key is dropped */
  | { readonly kind: "keyed"; readonly key: string | undefined }
  /** versioned state: a slow reader is sent the whole state later */
  | { readonly kind: "state"; readonly state: StateKind };

/** One envelope on its way to the members of a room. */
export interface Item {
  readonly sealed: Sealed;
  readonly lane: Lane;
  /** whose message it is: members without echo are not sent their own [J1] */
  readonly from?: string;
  /** nothing of it goes to this user */
  readonly except?: string;
  /** it goes to this user alone */
  readonly only?: string;
}

/** What a room sends in one flush: framed once for each codec, the same bytes to every reader. */
export class Batch {
  readonly items: readonly Item[];
  /** the offsets of its log items, which are consecutive; 0 when it has none */
  readonly firstOffset: number = 0;
  readonly lastOffset: number = 0;
  /** it holds something a slow reader has to be kept: the log has the rest */
  readonly isKept: boolean;
  /** how many readers were sent the shared envelopes, and nothing else of it */
  readers = 0;
  /** users for whom the shared frames would be wrong */
  readonly #special = new Set<string>();
  readonly #authors = new Set<string>();
  readonly #sealed: Sealed[] = [];
  readonly #frames = new Map<Codec, Frame[]>();

  constructor(items: readonly Item[]) {
    this.items = items;
    this.isKept = items.some(({ lane }) => lane.kind !== "log");
    for (const { sealed, lane, from, except, only } of items) {
      if (lane.kind === "log") {
        this.firstOffset ||= lane.offset;
        this.lastOffset = lane.offset;
      }
      if (from !== undefined) this.#authors.add(from);
      if (except !== undefined) this.#special.add(except);
      if (only === undefined) this.#sealed.push(sealed);
      else this.#special.add(only);
    }
  }

  /** True when this reader may be sent the shared frames as they are. */
  fits(userId: string, echo: boolean): boolean {
    return !this.#special.has(userId) && (echo || !this.#authors.has(userId));
  }

  /** The shared envelopes in frames of this codec; none where all of it is for somebody in particular. */
  frames(codec: Codec): readonly Frame[] {
    if (this.#sealed.length === 0) return [];
    let frames = this.#frames.get(codec);
    if (!frames) this.#frames.set(codec, frames = codec.encode(this.#sealed));
    return frames;
  }

  /** The sealed envelopes every reader shares. */
  get shared(): readonly Sealed[] {
    return this.#sealed;
  }
}

/** Whether an item is meant for this reader. */
export function isFor(item: Item, userId: string, echo: boolean): boolean {
  if (item.except === userId) return false;
  if (item.only !== undefined && item.only !== userId) return false;
  return echo || item.from !== userId;
}
