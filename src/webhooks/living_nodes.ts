import type { Cancel, Clock, Table } from "../hub/ports.ts";

export interface LivingNodesOptions {
  readonly table: Table;
  readonly clock: Clock;
  readonly nodeId: string;
  /** Is told of nodes that are gone for good: again, when it rejects. */
  readonly lost: (nodeIds: ReadonlySet<string>) => Promise<void>;
  /** The others took this node for gone: what it said before may not count any more. */
  readonly forgotten: () => void;
  /** Finds nodes that somebody heard of, of earlier lives too. */
  readonly heardOf: () => Promise<Iterable<string>>;
}

const TABLE = "webhook_nodes";
/** How often a node says that it is there, and looks who else is. */
const LOOK_MS = 5000;
/** How long it counts as there after its last word, and how long one that does not is waited for. */
const ALIVE_MS = 15_000;
const MISSING_MS = 15_000;
/** After a restart users have this long to come back before those of the node's earlier life are gone. */
const SURVEY_AFTER_MS = 30_000;

/** Which nodes are there, by the store alone: what one node began and cannot end any more the others end for it. */
export class LivingNodes {
  readonly #options: LivingNodesOptions;
  readonly #known = new Set<string>();
  readonly #missingSinceMs = new Map<string, number>();
  readonly #beganMs: number;
  #surveyed = false;
  #saidOnce = false;
  #stopped = false;
  #timer: Cancel = () => {};
  #looking: Promise<void>;
  /** what nodes that are gone have left behind is being ended */
  #ending: Promise<void> | undefined;

  constructor(options: LivingNodesOptions) {
    this.#options = options;
    this.#beganMs = options.clock.monotonic();
    this.#looking = this.#turn();
  }

  /** Looks no more. What it said of itself expires: who comes back elsewhere meanwhile was never gone. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#timer();
    await this.#looking;
    await this.#ending;
  }

  async #turn(): Promise<void> {
    try {
      await this.#look();
    } catch {
      // the store says itself that it does not answer, and is asked again
    }
    if (this.#stopped) return;
    this.#timer = this.#options.clock.after(LOOK_MS, () => {
      this.#looking = this.#turn();
    });
  }

  async #look(): Promise<void> {
    const { table, clock, nodeId, forgotten, heardOf } = this.#options;
    const { version } = await table.put(TABLE, nodeId, "1", { ttlMs: ALIVE_MS });
    // a new row: the last one had expired
    if (version === 1 && this.#saidOnce) forgotten();
    this.#saidOnce = true;
    const nowMs = clock.monotonic();
    if (!this.#surveyed && nowMs - this.#beganMs >= SURVEY_AFTER_MS) {
      for (const id of await heardOf()) this.#known.add(id);
      this.#surveyed = true;
    }
    const alive = new Set((await table.list(TABLE)).map(({ key }) => key));
    for (const id of alive) {
      this.#known.add(id);
      this.#missingSinceMs.delete(id);
    }
    const gone = new Set<string>();
    for (const id of this.#known) {
      if (alive.has(id)) continue;
      const sinceMs = this.#missingSinceMs.get(id) ?? nowMs;
      this.#missingSinceMs.set(id, sinceMs);
      if (nowMs - sinceMs >= MISSING_MS) gone.add(id);
    }
    if (gone.size > 0 && !this.#stopped) this.#ending ??= this.#end(gone);
  }

  /** Beside the looks: it may take long, and who does not say in time that it is there would be gone itself. */
  async #end(gone: ReadonlySet<string>): Promise<void> {
    try {
      await this.#options.lost(gone);
      for (const id of gone) {
        this.#known.delete(id);
        this.#missingSinceMs.delete(id);
      }
    } catch {
      // the next look finds them again
    } finally {
      this.#ending = undefined;
    }
  }
}
