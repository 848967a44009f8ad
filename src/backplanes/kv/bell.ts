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
  readonly #watch: Promise<void>;
  #heard: string | null = null;
  #pollMs = POLL_MS;
  #poll: ReturnType<typeof setTimeout> | undefined;
  #polling: Promise<void> | undefined;
  #reader: ReadableStreamDefaultReader<[Deno.KvEntryMaybe<Ring>]> | undefined;
  #wake: (() => void) | undefined;
  #open = true;

  constructor(options: BellOptions) {
    this.#options = options;
    this.#watch = this.#watchOn();
    this.#pollLater();
  }

  async close(): Promise<void> {
    this.#open = false;
    clearTimeout(this.#poll);
    this.#wake?.();
    await this.#reader?.cancel().catch(() => {});
    await Promise.all([this.#watch, this.#polling]);
  }

  async #watchOn(): Promise<void> {
    const { kv, key } = this.#options;
    while (this.#open) {
      try {
        this.#reader = kv.watch<[Ring]>([key]).getReader();
        await this.#read(this.#reader);
      } catch {
        // until it works again the key is read
        this.#pollMs = POLL_MS;
      }
      if (this.#open) await this.#pause();
    }
  }

  async #read(reader: ReadableStreamDefaultReader<[Deno.KvEntryMaybe<Ring>]>): Promise<void> {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      if (this.#note(value[0])) this.#pollMs = QUIET_POLL_MS;
    }
  }

  #pollLater(): void {
    this.#poll = setTimeout(() => {
      this.#polling = this.#look().finally(() => {
        if (this.#open) this.#pollLater();
      });
    }, this.#pollMs);
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

  #pause(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, WATCH_AGAIN_MS);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
