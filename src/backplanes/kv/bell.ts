import { setTimeout as pause } from "node:timers/promises";

/** How often the bell is looked at while the database does not say by itself that it rang. */
const POLL_MS = 500;
/** How often all the same while it does. */
const QUIET_POLL_MS = 10_000;
/** How long after watching ended, or failed, it begins again. */
const WATCH_AGAIN_MS = 1000;

/** Who rang, and how many parts that node has written. */
export type Ring = readonly [nodeId: string, written: number];

export interface BellOptions {
  readonly kv: Deno.Kv;
  readonly key: Deno.KvKey;
  readonly nodeId: string;
  /** Is told that somebody has news. */
  readonly rang: () => void;
}

/**
 * Hears that a key changed. The database tells who watches it; between processes on one file it does not, so the
 * key is also read: often, until watching proves that it works. Changes that follow each other may be one.
 */
export class Bell {
  readonly #options: BellOptions;
  readonly #ended = new AbortController();
  readonly #listening: Promise<unknown>;
  #heard: string | null = null;
  #pollMs = POLL_MS;
  #reader: ReadableStreamDefaultReader<[Deno.KvEntryMaybe<Ring>]> | undefined;

  constructor(options: BellOptions) {
    this.#options = options;
    const { signal } = this.#ended;
    // both end with a pause that is broken off
    this.#listening = Promise.allSettled([this.#watchOn(signal), this.#pollOn(signal)]);
  }

  async close(): Promise<void> {
    this.#ended.abort();
    await this.#reader?.cancel().catch(() => {});
    await this.#listening;
  }

  async #watchOn(signal: AbortSignal): Promise<void> {
    const { kv, key } = this.#options;
    while (!signal.aborted) {
      try {
        this.#reader = kv.watch<[Ring]>([key]).getReader();
        await this.#read(this.#reader);
      } catch {
        // until it works again the key is read
        this.#pollMs = POLL_MS;
      }
      await pause(WATCH_AGAIN_MS, undefined, { signal });
    }
  }

  async #read(reader: ReadableStreamDefaultReader<[Deno.KvEntryMaybe<Ring>]>): Promise<void> {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      if (this.#note(value[0])) this.#pollMs = QUIET_POLL_MS;
    }
  }

  async #pollOn(signal: AbortSignal): Promise<never> {
    for (;;) {
      await pause(this.#pollMs, undefined, { signal });
      await this.#look();
    }
  }

  async #look(): Promise<void> {
    try {
      // watching would have told it
      if (this.#note(await this.#options.kv.get<Ring>(this.#options.key))) this.#pollMs = POLL_MS;
    } catch {
      // the next look comes
    }
  }

  /** True when another node rang that was not heard before. */
  #note({ value, versionstamp }: Deno.KvEntryMaybe<Ring>): boolean {
    if (versionstamp === this.#heard) return false;
    this.#heard = versionstamp;
    // one's own ring may stand over another that nobody heard
    this.#options.rang();
    return value !== null && value[0] !== this.#options.nodeId;
  }
}
