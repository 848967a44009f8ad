import type { News } from "./news.ts";
import type { Backplane, Clock } from "./ports.ts";
import type { Room } from "./room.ts";

/** A room that somebody is in. */
export interface CountedRoom {
  readonly roomId: string;
  /** users in it, over all nodes */
  readonly count: number;
}

/** The rooms that somebody is in, on whichever node. */
export interface RoomCensus {
  /** by room id */
  readonly rooms: readonly CountedRoom[];
  /** false when a node did not answer in time, or there are more rooms than a node tells */
  readonly complete: boolean;
}

type CensusNews = Extract<News, { kind: "rooms_wanted" | "rooms" }>;

/** The most rooms a node tells of. */
const MAX_ROOMS = 5000;
/** How long the other nodes have for an answer. */
const ANSWER_MS = 250;

interface Asking {
  readonly awaited: Set<string>;
  readonly found: Map<string, number>;
  whole: boolean;
  readonly done: () => void;
}

/** Counts the rooms of all nodes: each tells those that have users through it. One count at a time, for all who ask. */
export class Census {
  readonly #nodeId: string;
  readonly #clock: Clock;
  readonly #backplane: Backplane;
  readonly #rooms: () => Iterable<Room>;
  readonly #others: () => ReadonlySet<string>;
  #asking: Asking | undefined;
  #running: Promise<RoomCensus> | undefined;

  constructor(nodeId: string, deps: {
    readonly clock: Clock;
    readonly backplane: Backplane;
    readonly rooms: () => Iterable<Room>;
    readonly others: () => ReadonlySet<string>;
  }) {
    this.#nodeId = nodeId;
    this.#clock = deps.clock;
    this.#backplane = deps.backplane;
    this.#rooms = deps.rooms;
    this.#others = deps.others;
  }

  /** Resolves once all nodes that are heard have told, or soon anyway. */
  take(): Promise<RoomCensus> {
    return this.#running ??= this.#take().finally(() => this.#running = undefined);
  }

  heard(news: CensusNews): void {
    if (news.kind === "rooms_wanted") {
      if (news.asker !== this.#nodeId) {
        this.#backplane.publish({ kind: "rooms", asker: news.asker, teller: this.#nodeId, ...this.#own() });
      }
      return;
    }
    const asking = this.#asking;
    if (!asking || news.asker !== this.#nodeId || !asking.awaited.delete(news.teller)) return;
    note(asking, news);
    if (asking.awaited.size === 0) asking.done();
  }

  async #take(): Promise<RoomCensus> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const asking = this.#asking = {
      awaited: new Set(this.#others()),
      found: new Map<string, number>(),
      whole: true,
      done: resolve,
    };
    note(asking, this.#own());
    if (asking.awaited.size > 0) {
      const cancel = this.#clock.after(ANSWER_MS, resolve);
      this.#backplane.publish({ kind: "rooms_wanted", asker: this.#nodeId });
      await promise;
      cancel();
    }
    this.#asking = undefined;
    const rooms = [...asking.found].map(([roomId, count]) => ({ roomId, count }))
      .sort((a, b) => a.roomId < b.roomId ? -1 : 1);
    return { rooms, complete: asking.whole && asking.awaited.size === 0 };
  }

  /** What this node knows: of each room it has users of, how many there are anywhere. */
  #own(): { rooms: CountedRoom[]; whole: boolean } {
    const rooms: CountedRoom[] = [];
    for (const { id: roomId, presence } of this.#rooms()) {
      if (presence.hereCount === 0) continue;
      if (rooms.length === MAX_ROOMS) return { rooms, whole: false };
      rooms.push({ roomId, count: presence.count });
    }
    return { rooms, whole: true };
  }
}

/** Two nodes that have a room may differ for a moment: who counted more has heard more. */
function note(asking: Asking, { rooms, whole }: { rooms: readonly CountedRoom[]; whole: boolean }): void {
  asking.whole &&= whole;
  for (const { roomId, count } of rooms) {
    asking.found.set(roomId, Math.max(count, asking.found.get(roomId) ?? 0));
  }
}
