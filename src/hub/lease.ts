import type { Cancel, Clock, PutResult, Row, Table } from "./ports.ts";

export interface LeaseOptions {
  readonly table: Table;
  readonly clock: Clock;
  /** what is owned: one owner a name, over all nodes of the store */
  readonly name: string;
  /** names this candidate and no other, not even an earlier life of its node */
  readonly ownerId: string;
  /** What the next owner is to know, as JSON text: written with every renewal. */
  readonly note?: () => string;
}

/** What becomes of a claim to a lease. */
export interface LeaseEvents {
  /** It is ours, under a term above all earlier ones. `note` is the last one that an owner wrote. */
  won(term: number, note: string | undefined): void;
  /** Somebody else has it. Not called after `close`. */
  lost(): void;
  /** The store failed; the next look comes by itself. */
  failed(error: unknown): void;
}

/** An owner may act for this long after it asked for its last renewal. */
const HOLD_MS = 1500;
/** Others take what was not renewed for this long after they saw it: longer, because no two clocks run alike. */
const PATIENCE_MS = 1700;
/** How often an owner renews, and the others look. */
const EVERY_MS = 500;
/** How long the row outlives its last owner. */
const KEEP_MS = 24 * 60 * 60 * 1000;
const TABLE = "lease";

/** What a row says; `owner` is null when the lease was given back. */
interface Claim {
  readonly owner: string | null;
  readonly note?: string;
  /** the highest term that was known when the row was new: versions begin anew in a store that was emptied */
  readonly after?: number;
}

interface Held {
  readonly term: number;
  readonly after: number;
  /** monotonic ms after which nothing may be done any more */
  untilMs: number;
  /** the row's version; `undefined` after a put whose outcome is unknown */
  version: number | undefined;
}

/**
 * One owner a name, by a row that is only ever written over the version one has seen. The version of the put that
 * won makes the owner's term: it only grows, so what an owner does under its term can be told from what a later one
 * does. A row that stays the same for longer than an owner may act is free, by the looker's own clock: clocks need
 * not agree, they only have to run at about the same speed.
 *
 * The owner counts its time from before it asked, the others from after they saw; so it has stopped, by `term`,
 * before anybody else begins, also when it was paused meanwhile. Whatever was on its way by then is told by its
 * lower term.
 */
export class Lease {
  readonly #options: LeaseOptions;
  readonly #events: LeaseEvents;
  #held: Held | undefined;
  /** the highest term this candidate knows of, or more */
  #highest = 0;
  /** the version last seen in another's hands, and since when it is the same */
  #seen: { readonly version: number; readonly sinceMs: number } | undefined;
  #timer: Cancel | undefined;
  #busy = false;
  #closed: PromiseWithResolvers<void> | undefined;

  constructor(options: LeaseOptions, events: LeaseEvents) {
    this.#options = options;
    this.#events = events;
    this.#turn();
  }

  /** The term under which one may act at this moment; ask before each act. */
  get term(): number | undefined {
    const { clock } = this.#options;
    return this.#held && clock.monotonic() < this.#held.untilMs ? this.#held.term : undefined;
  }

  /** Looks at once: there is reason to believe that the lease is free. */
  look(): void {
    if (this.#held || this.#busy || this.#closed) return;
    this.#timer?.();
    this.#turn();
  }

  /**
   * Gives it back, so that the next owner need not wait. Nothing may be done under its term any more. Resolves when
   * it is back, or could not be given back; never rejects.
   */
  close(): Promise<void> {
    if (this.#closed) return this.#closed.promise;
    this.#closed = Promise.withResolvers();
    this.#timer?.();
    // what is on its way to the store comes first
    if (!this.#busy) this.#release();
    return this.#closed.promise;
  }

  #turn(): void {
    this.#busy = true;
    const done = this.#held ? this.#renew(this.#held) : this.#watch();
    done.catch((error) => this.#closed || this.#events.failed(error)).finally(() => {
      this.#busy = false;
      if (this.#closed) this.#release();
      else this.#timer = this.#options.clock.after(EVERY_MS, () => this.#turn());
    });
  }

  async #renew(held: Held): Promise<void> {
    const sentMs = this.#options.clock.monotonic();
    const version = held.version ?? await this.#ownVersion();
    held.version = undefined;
    const put = version === undefined
      ? undefined
      : await this.#put(version, { note: this.#options.note?.(), after: held.after });
    if (!put?.ok) {
      this.#held = undefined;
      if (!this.#closed) this.#events.lost();
      return;
    }
    held.version = put.version;
    this.#highest = held.after + put.version;
    held.untilMs = sentMs + HOLD_MS;
  }

  async #watch(): Promise<void> {
    const row = await this.#get();
    if (this.#closed) return;
    const nowMs = this.#options.clock.monotonic();
    const claim = row && claimIn(row);
    const known = row?.version ?? 0;
    const after = claim ? claim.after ?? 0 : Math.max(0, this.#highest - known);
    this.#highest = Math.max(this.#highest, after + known);
    if (row && !this.#isFree(row, claim, nowMs)) return;
    const { ok, version } = await this.#put(known, { note: claim?.note, after });
    if (!ok) return;
    // closed meanwhile, it was never used: it goes back as it came
    if (this.#closed) return void await this.#put(version, { note: claim?.note, after, owner: null });
    const term = after + version;
    this.#highest = term;
    this.#seen = undefined;
    this.#held = { term, after, untilMs: nowMs + HOLD_MS, version };
    this.#events.won(term, claim?.note);
  }

  #isFree({ version }: Row, claim: Claim | undefined, nowMs: number): boolean {
    // one's own, and yet not held: the answer to the put was lost, and nothing was done under it
    if (!claim?.owner || claim.owner === this.#options.ownerId) return true;
    if (this.#seen?.version !== version) this.#seen = { version, sinceMs: nowMs };
    return nowMs - this.#seen.sinceMs >= PATIENCE_MS;
  }

  /** Where the row stands, if it is still ours. */
  async #ownVersion(): Promise<number | undefined> {
    const row = await this.#get();
    return row && claimIn(row)?.owner === this.#options.ownerId ? row.version : undefined;
  }

  #release(): void {
    const held = this.#held;
    const note = this.#options.note?.();
    this.#held = undefined;
    const done = () => this.#closed?.resolve();
    if (held?.version === undefined) return done();
    // where it fails the lease ends by itself
    this.#put(held.version, { note, after: held.after, owner: null }).then(done, done);
  }

  #get(): Promise<Row | undefined> {
    return this.#options.table.get(TABLE, this.#options.name);
  }

  #put(
    ifVersion: number,
    { note, after, owner = this.#options.ownerId }: {
      readonly note: string | undefined;
      readonly after: number;
      readonly owner?: Claim["owner"];
    },
  ): Promise<PutResult> {
    const claim: Claim = { owner, ...note !== undefined && { note }, ...after > 0 && { after } };
    return this.#options.table.put(TABLE, this.#options.name, JSON.stringify(claim), {
      ifVersion,
      ttlMs: KEEP_MS,
    });
  }
}

/** A row that says nothing is as good as given back: its version still counts. */
function claimIn({ value }: Row): Claim | undefined {
  try {
    const { owner, note, after = 0 } = JSON.parse(value) as Partial<Claim>;
    if (typeof owner !== "string" && owner !== null) return undefined;
    return {
      owner,
      ...typeof note === "string" && { note },
      ...Number.isSafeInteger(after) && after > 0 && { after },
    };
  } catch {
    return undefined;
  }
}
