import { signal } from "@preact/signals";
import type { Envelope, History, NewMessage, Room } from "../../../src/client/mod.ts";
import { fromWire } from "./message.ts";
import type { Hole, Page, Timeline } from "./timeline.ts";

const OLDER_PAGE = 50;
const FILL_PAGE = 100;
/** Pages that one press of a button may load. */
const MAX_PAGES = 10;

/** Reads what a timeline does not hold from the room's log: older pages, holes, one message by its id. */
export class HistoryReader {
  readonly older = signal<"idle" | "loading" | "failed">("idle");
  readonly #room: Room;
  readonly #timeline: Timeline;
  readonly #changed: () => void;

  constructor(room: Room, timeline: Timeline, changed: () => void) {
    this.#room = room;
    this.#timeline = timeline;
    this.#changed = changed;
  }

  /** Reads the page before the oldest message. */
  async loadOlder(): Promise<void> {
    const before = this.#timeline.olderBefore;
    if (before === undefined || this.older.value === "loading") return;
    this.older.value = "loading";
    try {
      this.#timeline.addOlder(pageOf(await this.#room.history({ before, limit: OLDER_PAGE })));
      this.older.value = "idle";
    } catch {
      this.older.value = "failed";
    }
    this.#changed();
  }

  /** Reads what is missing at a hole, from its newer end, as far as one press should go. */
  async fill(id: number): Promise<void> {
    if (!this.#hole(id) || this.#hole(id)?.state === "loading") return;
    this.#mark(id, "loading");
    try {
      for (let page = 0; page < MAX_PAGES; page++) {
        const hole = this.#hole(id);
        if (hole?.state !== "loading") return;
        const before = this.#timeline.fillBefore(hole);
        // pages follow one another: the next begins where this one ended
        const history = await this.#room.history({ ...before !== undefined && { before }, limit: FILL_PAGE });
        this.#timeline.fill(id, pageOf(history));
        this.#changed();
      }
      if (this.#hole(id)?.state === "loading") this.#mark(id, "open");
    } catch {
      this.#mark(id, "failed");
    }
  }

  /** The key of the message with this `id`, read back from the log if need be; `undefined` if it is not found. */
  async find(id: string): Promise<string | undefined> {
    for (let page = 0; page < MAX_PAGES; page++) {
      const found = this.#timeline.byId(id);
      if (found || this.#timeline.olderBefore === undefined) return found?.key;
      await this.loadOlder();
      if (this.older.value === "failed") return undefined;
    }
    return this.#timeline.byId(id)?.key;
  }

  #hole(id: number): Hole | undefined {
    return this.#timeline.holes.find((hole) => hole.id === id);
  }

  #mark(id: number, state: Hole["state"]): void {
    this.#timeline.setHole(id, state);
    this.#changed();
  }
}

function pageOf({ epoch, hasMore, messages }: History): Page {
  const offsets = messages.map((each) => each.payload.offset);
  return {
    epoch,
    hasMore,
    lowest: offsets.length > 0 ? Math.min(...offsets) : undefined,
    messages: messages.filter(isNewMessage).map((each) => fromWire(each.payload)),
  };
}

function isNewMessage(envelope: Envelope): envelope is Envelope<"new_message", NewMessage> {
  return envelope.type === "new_message";
}
