import * as z from "zod";
import type { Clock, Table } from "../hub/ports.ts";
import { RelayError } from "../protocol/errors.ts";
import { ErrorCode } from "../protocol/wire.ts";

/** What a client calls its session: 22 characters of base64url, or 32 of hex, hold 128 random bits. [T0] */
export const SessionName = z.string().regex(
  /^[A-Za-z0-9_-]{22,64}$/,
  "a session's name is 22–64 of A-Za-z0-9_-: 128 random bits or more",
);

const TABLE = "sessions";
/** How long a name stays its user's after it was last used, and how long until that is written down anew. */
const KEPT_MS = 24 * 3600_000;
const WRITTEN_FOR_MS = KEPT_MS / 2;
const MAX_REMEMBERED = 10_000;

interface Binding {
  readonly userId: string;
  /** monotonic */
  readonly untilMs: number;
}

/** Whose the names of sessions are: the first user's of each, on every isolate. [T0] */
export class SessionNames {
  readonly #table: Table;
  readonly #clock: Clock;
  readonly #known = new Map<string, Binding>();

  constructor(table: Table, clock: Clock) {
    this.#table = table;
    this.#clock = clock;
  }

  /** Whether it is remembered whose a name is: then binding it writes nothing. */
  knows(name: string): boolean {
    const known = this.#known.get(name);
    return known !== undefined && known.untilMs > this.#clock.monotonic();
  }

  /**
   * Binds a name to a user, or finds that it is bound to it.
   * @throws {RelayError} `forbidden` when it is somebody else's, `store_unavailable`
   */
  async bind(name: string, userId: string): Promise<void> {
    if (!this.knows(name)) {
      const untilMs = this.#clock.monotonic() + WRITTEN_FOR_MS;
      this.#remember(name, { userId: await this.#ownerOf(name, userId), untilMs });
    }
    if (this.#known.get(name)?.userId === userId) return;
    throw new RelayError(ErrorCode.forbidden, "Cannot use this session: it is somebody else's");
  }

  async #ownerOf(name: string, userId: string): Promise<string> {
    const value = JSON.stringify(userId);
    const { ok } = await this.#table.put(TABLE, name, value, { ifVersion: 0, ttlMs: KEPT_MS });
    if (ok) return userId;
    const row = await this.#table.get(TABLE, name);
    const owner: string = row ? JSON.parse(row.value) : userId;
    if (owner === userId) await this.#table.put(TABLE, name, value, { ttlMs: KEPT_MS });
    return owner;
  }

  #remember(name: string, binding: Binding): void {
    this.#known.delete(name);
    this.#known.set(name, binding);
    if (this.#known.size <= MAX_REMEMBERED) return;
    // the one that was written down longest ago: at worst it is looked up once more
    for (const oldest of this.#known.keys()) return void this.#known.delete(oldest);
  }
}
