import type { Cancel, Clock, Logger, Table } from "../hub/ports.ts";

export interface NeighboursOptions {
  readonly table: Table;
  readonly nodeId: string;
  /** The other nodes that are heard over the backplane now. */
  readonly heard: () => ReadonlySet<string>;
  readonly clock: Pick<Clock, "after" | "monotonic">;
  readonly logger: Logger;
}

/** What one node knows of the others that serve the same rooms. */
export interface Neighbourhood {
  /** how many others serve the same rooms, by the store */
  readonly others: number;
  /** which of them are not heard: what happens there arrives here with the next look into the store only */
  readonly unheard: readonly string[];
}

const TABLE = "nodes";
/** How often a node says that it is there, and looks who else is. */
const LOOK_MS = 5000;
/** How long it counts as there after its last word: less than until the hub takes it for gone. */
const ALIVE_MS = 15_000;
/** How long a new neighbour may take to be heard. */
const HEARD_WITHIN_MS = 8000;

/**
 * Compares who serves the same rooms, which the store knows, with who is heard over the backplane. A backplane that
 * reaches nobody looks like one with nobody to reach; only this tells them apart.
 */
export class Neighbours {
  readonly #options: NeighboursOptions;
  /** since when which neighbour is known and not heard */
  readonly #silentSinceMs = new Map<string, number>();
  #neighbourhood: Neighbourhood = { others: 0, unheard: [] };
  #timer: Cancel;
  #looking: Promise<void> = Promise.resolve();
  #stopped = false;

  constructor(options: NeighboursOptions) {
    this.#options = options;
    this.#timer = options.clock.after(0, this.#turn);
  }

  /** As it was at the last look, some seconds ago. */
  get neighbourhood(): Neighbourhood {
    return this.#neighbourhood;
  }

  /** Says to the others that this node is gone. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#timer();
    await this.#looking;
    await this.#options.table.delete(TABLE, this.#options.nodeId).catch(() => {});
  }

  readonly #turn = (): void => {
    this.#looking = this.#look().catch(() => {
      // the store says itself that it does not answer
    }).finally(() => {
      if (!this.#stopped) this.#timer = this.#options.clock.after(LOOK_MS, this.#turn);
    });
  };

  async #look(): Promise<void> {
    const { table, nodeId, clock, logger } = this.#options;
    await table.put(TABLE, nodeId, "1", { ttlMs: ALIVE_MS });
    const others = (await table.list(TABLE)).map(({ key }) => key).filter((key) => key !== nodeId);
    const heard = this.#options.heard();
    const nowMs = clock.monotonic();
    const silent = others.filter((other) => !heard.has(other));
    for (const other of this.#silentSinceMs.keys()) {
      if (!silent.includes(other)) this.#silentSinceMs.delete(other);
    }
    for (const other of silent) {
      if (!this.#silentSinceMs.has(other)) this.#silentSinceMs.set(other, nowMs);
    }
    const before = this.#neighbourhood.unheard;
    const unheard = silent.filter((other) => nowMs - this.#silentSinceMs.get(other)! >= HEARD_WITHIN_MS);
    for (const other of unheard) {
      if (!before.includes(other)) logger.warn("neighbour_unheard", { nodeId: other, reason: REASON });
    }
    this.#neighbourhood = { others: others.length, unheard };
  }
}

const REASON =
  "it serves the same rooms, and nothing it says arrives: members there and here hear each other " +
  "seconds late, and see neither who is there nor who types. The backplane does not reach it";
