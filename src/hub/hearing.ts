import { ROOM_ID } from "../protocol/wire.ts";
import type { Access } from "./access.ts";
import type { Census } from "./census.ts";
import { ephemeralItem } from "./ephemeral.ts";
import type { Features } from "./features.ts";
import { unpackEntries } from "./hint_entries.ts";
import { News } from "./news.ts";
import type { Nodes } from "./nodes.ts";
import type { Backplane, Clock, Entry, Logger } from "./ports.ts";
import type { Rooms } from "./rooms.ts";
import type { Tally } from "./tally.ts";
import { unreachable } from "./unreachable.ts";
import type { UserRates } from "./user_rates.ts";

export interface HearingDeps {
  readonly clock: Clock;
  readonly backplane: Backplane;
  readonly logger: Logger;
  readonly tally: Tally;
  readonly rooms: Rooms;
  readonly features: Features;
  readonly nodes: Nodes;
  readonly census: Census;
  readonly access: Access;
  readonly userRates: UserRates;
}

type Hint = Extract<News, { kind: "hint" }>;

/** News that is nothing to a node where nobody is in the room. */
const aboutMembers: ReadonlySet<string> = new Set<News["kind"]>(["hint", "ephemeral", "feature", "mark"]);

/** Takes what comes over the backplane. Anything may: what is not news is counted and dropped. */
export class Hearing {
  readonly #deps: HearingDeps;

  constructor(deps: HearingDeps) {
    this.#deps = deps;
  }

  hear(unknown: unknown): void {
    if (this.#isElsewhere(unknown)) return;
    const { backplane, tally, rooms, clock } = this.#deps;
    const checked = News.safeParse(unknown);
    if (!checked.success) return this.#bad(checked.error.issues[0]?.message);
    const news = checked.data;
    const room = "roomId" in news ? rooms.get(news.roomId) : undefined;
    switch (news.kind) {
      case "hint":
        tally.hintsIn.add(1);
        return room?.log.heard(news, this.#vouched(news), "hint");
      case "ephemeral": {
        if (!room) return;
        const item = ephemeralItem(news, backplane.trusted ?? false);
        return item ? room.send(item) : this.#bad("it is no envelope");
      }
      case "feature":
        return room && this.#deps.features.tell(room, news.json);
      case "mark":
        if (room?.marks.heard(news.epoch, news.userId, news.upTo)) room.broadcastMark(news);
        return;
      case "spent":
        return this.#deps.userRates.heard(news.userId, news.lane, news.count, clock.monotonic());
      case "access":
        return this.#deps.access.heard();
      case "addresses":
        // who counts by address hears it by itself: a hub knows no addresses
        return;
      case "rooms_wanted":
      case "rooms":
        return this.#deps.census.heard(news);
      case "presence":
      case "presence_wanted":
      case "node":
      case "node_gone":
        return this.#deps.nodes.heard(news, room);
      default:
        return unreachable(news);
    }
  }

  /** What was said meanwhile did not come through: rooms are compared at once, nodes tell who is where. */
  missed(): void {
    this.#deps.nodes.again();
    this.#deps.rooms.sweepSoon();
  }

  #bad(reason: string | undefined): void {
    const { tally, logger } = this.#deps;
    tally.backplaneBad.add(1);
    logger.warn("backplane_bad", { reason });
  }

  /** News of a room that nobody here is in is dropped as it comes: most of it, where there are many nodes. */
  #isElsewhere(unknown: unknown): boolean {
    const { kind, roomId } = (unknown ?? {}) as { readonly kind?: unknown; readonly roomId?: unknown };
    if (typeof kind !== "string" || typeof roomId !== "string") return false;
    return aboutMembers.has(kind) && !this.#deps.rooms.has(roomId) && ROOM_ID.test(roomId);
  }

  /** The entries of a hint, if they may be taken for what the store has. */
  #vouched({ roomId, offset, entries }: Hint): readonly Entry[] {
    if (entries === undefined || !this.#deps.backplane.trusted) return [];
    return unpackEntries(entries, roomId, offset);
  }
}
