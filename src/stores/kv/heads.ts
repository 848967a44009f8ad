import type { Database, Life } from "./database.ts";
import { type HeadValue, NO_HEAD } from "./head_value.ts";

/** A room's head, as it was when its versionstamp was current. */
export interface KnownHead {
  readonly top: number;
  readonly oldest: number;
  /** everything after it stays */
  readonly retained: number;
  /** null: the room has no head yet */
  readonly versionstamp: string | null;
  /** wall time in ms before which its oldest message is too young to go */
  readonly trimAfterMs: number;
}

/** Heads remembered at once. */
const MAX_HEADS = 5000;

/**
 * Heads a lane remembers from its own commits. They may be out of date: a commit that checks one of those fails,
 * and everything is read again.
 */
export class Heads {
  #life: Life | undefined;
  readonly #heads = new Map<string, KnownHead>();

  /** Reads what is not known of these rooms. */
  async load(kv: Deno.Kv, database: Database, roomIds: readonly string[]): Promise<Life> {
    if (this.#heads.size > MAX_HEADS) this.#heads.clear();
    const { keys } = database;
    const wanted = [...new Set(roomIds)].filter((roomId) => !this.#heads.has(roomId));
    if (this.#life && wanted.length === 0) return this.#life;
    const [life, ...heads] = await database.getMany<string | HeadValue>(kv, [
      keys.epoch,
      ...wanted.map((roomId) => keys.head(roomId)),
    ]);
    for (const [n, { value, versionstamp }] of heads.entries()) {
      const [top, oldest, retained] = value as HeadValue | null ?? NO_HEAD;
      this.#heads.set(wanted[n]!, { top, oldest, retained, versionstamp, trimAfterMs: 0 });
    }
    return this.#life = await database.life(kv, life as Deno.KvEntryMaybe<string>);
  }

  /** A room's head; the room was loaded. */
  get(roomId: string): KnownHead {
    const head = this.#heads.get(roomId);
    if (!head) throw new TypeError(`The head of ${JSON.stringify(roomId)} is not loaded`);
    return head;
  }

  /** A room's head, if it is remembered. */
  known(roomId: string): KnownHead | undefined {
    return this.#heads.get(roomId);
  }

  set(roomId: string, head: KnownHead): void {
    this.#heads.set(roomId, head);
  }

  /** Forgets a room, or everything: it changed, or may have. */
  forget(roomId?: string): void {
    if (roomId !== undefined) {
      this.#heads.delete(roomId);
      return;
    }
    this.#heads.clear();
    this.#life = undefined;
  }
}
