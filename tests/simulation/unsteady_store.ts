import type { Draft, Entry, Store } from "../../src/hub/ports.ts";
import type { RunEvent } from "./events.ts";
import type { Parts } from "./parts.ts";
import type { Random } from "./random.ts";
import type { Scheduler } from "./scheduler.ts";

/** What goes wrong with a store, as probabilities of each operation. */
export interface StoreFaults {
  /** it fails and nothing was done */
  readonly before: number;
  /** it fails and was done: the outcome is unknown to who asked */
  readonly after: number;
  /** it takes `slowMs` on average */
  readonly slow: number;
  readonly slowMs: number;
}

export interface StoreOptions {
  readonly parts: Parts;
  readonly scheduler: Scheduler;
  readonly random: Random;
  readonly record: (event: RunEvent) => void;
  readonly now: () => number;
  readonly retentionMessages: number;
  readonly rooms: readonly string[];
}

const STEADY: StoreFaults = { before: 0, after: 0, slow: 0, slowMs: 0 };
/** How long an operation travels to the store, and its answer back, when nothing is wrong. */
const TRAVEL_MS = 0.4;
const ALL = Number.MAX_SAFE_INTEGER;

/**
 * The one store of a run, in front of it a bad road: operations take their time and arrive in another order than
 * they left, fail before or after they were done, or find the store away. Appends of one node to one room alone
 * keep their order, as the port promises.
 */
export class UnsteadyStore {
  faults: StoreFaults = STEADY;
  readonly #options: StoreOptions;
  #inner: Store;
  #epochs = 0;
  #away = false;
  /** counts restarts: answers that were on the road during one are lost */
  #life = 0;

  constructor(options: StoreOptions) {
    this.#options = options;
    this.#inner = this.#empty();
  }

  /** The store itself, without the road. */
  get truth(): Store {
    return this.#inner;
  }

  /** The store as one node reaches it, for as long as that node lives. */
  port(alive: () => boolean): Store {
    const lastAppend = new Map<string, number>();
    const run = <T>(work: (inner: Store) => Promise<T>, arrivesMs?: number) =>
      this.#run(work, alive, arrivesMs);
    return {
      append: (draft) => {
        const { scheduler } = this.#options;
        const arrivesMs = Math.max(
          scheduler.nowMs + this.#travelMs(),
          lastAppend.get(draft.roomId) ?? 0,
        );
        lastAppend.set(draft.roomId, arrivesMs);
        return run((inner) => this.#append(inner, draft), arrivesMs);
      },
      read: (roomId, range) => run((inner) => inner.read(roomId, range)),
      heads: (roomIds) => run((inner) => inner.heads(roomIds)),
      retain: (roomId, offset) => run((inner) => inner.retain(roomId, offset)),
      get: (table, key) => run((inner) => inner.get(table, key)),
      list: (table) => run((inner) => inner.list(table)),
      put: (table, key, value, options) => run((inner) => inner.put(table, key, value, options)),
      delete: (table, key) => run((inner) => inner.delete(table, key)),
      ready: () => run((inner) => inner.ready()),
      close: () => Promise.resolve(),
    };
  }

  /** The store is away for a while and comes back with everything it had. */
  restart(awayMs: number): void {
    const { scheduler, record } = this.#options;
    record({ ev: "note", t: scheduler.nowMs, text: `store restarts for ${Math.round(awayMs)} ms` });
    this.#away = true;
    this.#life++;
    scheduler.after(awayMs, () => this.#away = false);
  }

  /** The store is lost, and back under a new epoch with this share of each log: 0 is an empty one. */
  async lose(share: number): Promise<void> {
    const lost = this.#inner;
    this.#life++;
    const restored = this.#empty(`store lost, ${Math.round(share * 100)} % restored`);
    for (const room of this.#options.rooms) {
      const { entries } = await lost.read(room, { after: 0, limit: ALL });
      const kept = entries.slice(0, Math.floor(entries.length * share));
      for (const entry of kept) await this.#append(restored, withoutOffset(entry));
    }
    this.#inner = restored;
  }

  #empty(text?: string): Store {
    const { parts, scheduler, record, now, retentionMessages } = this.#options;
    const epoch = `e${++this.#epochs}`;
    if (text) record({ ev: "note", t: scheduler.nowMs, text });
    record({ ev: "epoch", t: scheduler.nowMs, epoch });
    return parts.memory({ retentionMessages, retentionHours: 0, now, newEpoch: () => epoch });
  }

  #run<T>(
    work: (inner: Store) => Promise<T>,
    alive: () => boolean,
    arrivesMs: number = this.#options.scheduler.nowMs + this.#travelMs(),
  ): Promise<T> {
    const { scheduler, random } = this.#options;
    const life = this.#life;
    const failsBefore = random.chance(this.faults.before);
    const failsAfter = random.chance(this.faults.after);
    return new Promise((resolve, reject) => {
      const answer = (settle: () => void) => scheduler.after(this.#travelMs(), () => alive() && settle());
      const fail = () => answer(() => reject(this.#unavailable()));
      scheduler.at(arrivesMs, () => {
        if (this.#away || failsBefore || (!alive() && random.chance(0.5))) return void fail();
        work(this.#inner).then((result) => {
          if (failsAfter) fail();
          else answer(() => life === this.#life ? resolve(result) : reject(this.#unavailable()));
        }, reject);
      });
    });
  }

  async #append(inner: Store, draft: Draft): ReturnType<Store["append"]> {
    const appended = await inner.append(draft);
    if (appended.outcome !== "stored") return appended;
    const { scheduler, record } = this.#options;
    const { roomId: room, id, userId: user, messageId } = draft;
    const { epoch, offset } = appended;
    const t = scheduler.nowMs;
    const [head] = await inner.heads([room]);
    const { oldest } = head!;
    const body = bodyText(draft.type, JSON.parse(draft.body));
    record({ ev: "log", t, room, epoch, offset, id, user, messageId, body, oldest });
    if (oldest > 1) record({ ev: "trim", t, room, epoch, oldest });
    return appended;
  }

  #travelMs(): number {
    const { random } = this.#options;
    const { slow, slowMs } = this.faults;
    return random.wait(random.chance(slow) ? slowMs : TRAVEL_MS);
  }

  #unavailable(): Error {
    return new this.#options.parts.RelayError(
      "store_unavailable",
      "Cannot reach the store: it is to fail now",
    );
  }
}

/** A message's own part as one text: what the checker compares. */
export function bodyText(
  type: string,
  payload: { content?: unknown; event?: unknown; data?: unknown },
): string {
  return type === "new_message"
    ? String(payload.content)
    : `${payload.event} ${JSON.stringify(payload.data)}`;
}

function withoutOffset({ offset: _, ...draft }: Entry): Draft {
  return draft;
}
