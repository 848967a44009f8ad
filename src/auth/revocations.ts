import type { Clock, Identity, Table } from "../hub/ports.ts";

const TABLE = "revoked";
/** Longer than any token should live; after it a token from before the revocation would count again. */
const REMEMBERED_MS = 400 * 24 * 3600_000;

/** Since when a user's tokens count: those issued until then do not, wherever they are shown. [S1] */
export class Revocations {
  readonly #table: Table;
  readonly #clock: Pick<Clock, "now">;

  constructor(table: Table, clock: Pick<Clock, "now">) {
    this.#table = table;
    this.#clock = clock;
  }

  /**
   * Refuses all tokens of a user that were issued until now; `iat` counts in seconds, so new ones count from the
   * next second on.
   * @returns the wall time in ms until which tokens are refused
   * @throws {RelayError} `store_unavailable`
   */
  async revoke(userId: string): Promise<number> {
    const untilMs = this.#clock.now();
    await this.#table.put(TABLE, userId, JSON.stringify(untilMs), { ttlMs: REMEMBERED_MS });
    return untilMs;
  }

  /** @throws {RelayError} `store_unavailable` */
  async covers({ userId, issuedAtMs = 0 }: Identity): Promise<boolean> {
    const row = await this.#table.get(TABLE, userId);
    return row !== undefined && issuedAtMs <= JSON.parse(row.value);
  }
}
