import * as z from "zod";
import { RoomId, UserId } from "../protocol/schemas.ts";
import type { Backplane, Cancel, Clock, Ids, Logger, Table } from "./ports.ts";

/** What ended a user's connections. */
const Expelled = z.discriminatedUnion("kind", [
  /** tokens issued until this wall time in ms count no more */
  z.object({ kind: z.literal("revoked"), userId: UserId, untilMs: z.number() }),
  /** its connections end; it may come back */
  z.object({ kind: z.literal("disconnected"), userId: UserId }),
]);

/** A change of who may be where. */
export const AccessChange = z.discriminatedUnion("kind", [
  ...Expelled.options,
  /** who may enter a room changed */
  z.object({ kind: z.literal("room"), roomId: RoomId }),
]);
export type AccessChange = z.infer<typeof AccessChange>;

const Note = z.object({ id: z.string(), atMs: z.number(), change: AccessChange });

const TABLE = "access";
/** How long a change stays written where every node looks. */
const WRITTEN_MS = 60_000;
/** How often a node looks, for what the backplane did not tell. */
const LOOK_MS = 1000;
/** A node that could not look for longer than this may have missed one. */
const MISSED_MS = 45_000;

export interface AccessChangesDeps {
  readonly clock: Clock;
  readonly ids: Ids;
  readonly table: Table;
  readonly backplane: Backplane;
  readonly logger: Logger;
  /** applies a change to what is here; each is applied once */
  readonly apply: (change: AccessChange) => void;
  /** changes may have been missed: everything has to be asked again */
  readonly missed: () => void;
}

/**
 * Tells every node that somebody's access changed. Changes are written in the store for a minute, and the news of
 * one only says: look there. So news that is lost costs a second at most, and news that is forged costs a look. [S1]
 */
export class AccessChanges {
  readonly #deps: AccessChangesDeps;
  readonly #startedMs: number;
  /** what was applied, and when it can be forgotten */
  readonly #applied = new Map<string, number>();
  #lookedMs: number;
  #looking: Promise<void> | undefined;
  #again = false;
  #next: Cancel;

  constructor(deps: AccessChangesDeps) {
    this.#deps = deps;
    this.#startedMs = deps.clock.now();
    this.#lookedMs = deps.clock.monotonic();
    this.#next = deps.clock.after(LOOK_MS, this.#round);
  }

  /**
   * Applies a change here and lets all nodes know.
   * @throws {RelayError} `store_unavailable`: not all nodes will know, repeat it
   */
  async announce(change: AccessChange): Promise<void> {
    const { clock, ids, table, backplane, apply } = this.#deps;
    const note = { id: ids.next(), atMs: clock.now(), change };
    this.#note(note.id);
    // the row first: who hears the news must find it
    await table.put(TABLE, keyOf(change), JSON.stringify(note), { ttlMs: WRITTEN_MS })
      .finally(() => apply(change));
    backplane.publish({ kind: "access" });
  }

  /** Looks now. Calls while a look is under way share one more. */
  heard(): void {
    if (this.#looking) {
      this.#again = true;
      return;
    }
    this.#looking = this.#look().catch((error) =>
      this.#deps.logger.warn("access_look_failed", { reason: String(error) })
    ).finally(() => {
      this.#looking = undefined;
      if (!this.#again) return;
      this.#again = false;
      this.heard();
    });
  }

  close(): void {
    this.#next();
    this.#again = false;
  }

  readonly #round = (): void => {
    this.#next = this.#deps.clock.after(LOOK_MS, this.#round);
    const nowMs = this.#deps.clock.monotonic();
    for (const [id, untilMs] of this.#applied) {
      if (untilMs > nowMs) break;
      this.#applied.delete(id);
    }
    this.heard();
  };

  async #look(): Promise<void> {
    const { clock, table, apply, missed } = this.#deps;
    const startedMs = clock.monotonic();
    for (const { value } of await table.list(TABLE)) {
      const note = Note.safeParse(JSON.parse(value));
      if (!note.success) continue;
      const { id, atMs, change } = note.data;
      if (this.#applied.has(id)) continue;
      this.#note(id);
      // a node that has just started has nobody yet who was meant by it
      if (change.kind === "disconnected" && atMs < this.#startedMs) continue;
      apply(change);
    }
    const gapMs = startedMs - this.#lookedMs;
    this.#lookedMs = startedMs;
    if (gapMs > MISSED_MS) missed();
  }

  #note(id: string): void {
    this.#applied.set(id, this.#deps.clock.monotonic() + 2 * WRITTEN_MS);
  }
}

/** Of changes that say the same only the last one is kept. */
function keyOf(change: AccessChange): string {
  return change.kind === "room" ? `room ${change.roomId}` : `${change.kind} ${change.userId}`;
}
