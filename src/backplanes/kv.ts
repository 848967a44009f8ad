import { setTimeout as pause } from "node:timers/promises";
import type { Backplane, BackplaneNews, Cancel } from "../hub/ports.ts";
import { Bell } from "./kv/bell.ts";
import { type Keys, keysBelow, patiently } from "./kv/keys.ts";
import { Mailbox } from "./kv/mailbox.ts";
import { Reader } from "./kv/reader.ts";

/** What differs from the defaults. */
export interface KvBackplaneOptions {
  /** Opens the database: the one that is assigned on Deno Deploy, by default. */
  readonly open?: () => Promise<Deno.Kv>;
  /** the first part of all keys: "denbun-news" */
  readonly prefix?: string;
}

/** A backplane that knows who else is there. */
export interface KvBackplane extends Backplane {
  /** How many other nodes it hears. */
  readonly others: number;
  /** Says good-bye, and closes the database. */
  close(): Promise<void>;
}

/**
 * News between instances that share nothing but a Deno KV database. Each node has a mailbox there, which the others
 * read when a bell rings: a key that they watch. A node that is alone only says that it is there.
 */
export function kvBackplane(options: KvBackplaneOptions = {}): KvBackplane {
  const { open = () => Deno.openKv(), prefix = "denbun-news" } = options;
  return new Node(open, keysBelow(prefix));
}

/** How long after it failed the beginning is tried again. */
const AGAIN_MS = 1000;

class Node implements KvBackplane {
  readonly #nodeId = crypto.randomUUID();
  readonly #keys: Keys;
  readonly #listeners = new Map<(news: unknown) => void, () => void>();
  readonly #reader: Reader;
  readonly #mailbox: Mailbox;
  /** the database, once it is known who else is there */
  readonly #ready: Promise<Deno.Kv>;
  readonly #listening: Promise<void>;
  #bell: Bell | undefined;
  #looking: Promise<void> | undefined;
  #rang = false;
  readonly #ended = new AbortController();
  #closing: Promise<void> | undefined;

  constructor(open: () => Promise<Deno.Kv>, keys: Keys) {
    this.#keys = keys;
    this.#reader = new Reader(keys, this.#nodeId, (news) => this.#hear(news));
    this.#ready = this.#begin(open);
    this.#mailbox = new Mailbox({
      kv: this.#ready,
      keys,
      nodeId: this.#nodeId,
      anybodyThere: () => this.#reader.others > 0,
    });
    // fails only when it is closed before there is a database
    this.#listening = this.#listen().catch(() => {});
  }

  get isUp(): boolean {
    return this.#bell !== undefined;
  }

  get others(): number {
    return this.#reader.others;
  }

  publish(news: BackplaneNews): void {
    if (!this.#closing) this.#mailbox.add(news);
  }

  subscribe(listener: (news: unknown) => void, missed: () => void = () => {}): Cancel {
    this.#listeners.set(listener, missed);
    return () => void this.#listeners.delete(listener);
  }

  close(): Promise<void> {
    return this.#closing ??= this.#close();
  }

  /** Tries until it works, or this end is closed: that there is no database the store says. */
  async #persistently<T>(begin: () => Promise<T>): Promise<T> {
    const { signal } = this.#ended;
    for (;;) {
      try {
        return await begin();
      } catch (error) {
        if (signal.aborted) throw error;
        await pause(AGAIN_MS, undefined, { signal });
      }
    }
  }

  /** Who was here before is known before anything is said: it is for them. */
  async #begin(open: () => Promise<Deno.Kv>): Promise<Deno.Kv> {
    const kv = await this.#persistently(open);
    try {
      await this.#persistently(() => patiently(() => this.#reader.look(kv)));
      return kv;
    } catch (error) {
      kv.close();
      throw error;
    }
  }

  async #listen(): Promise<void> {
    const kv = await this.#ready;
    await this.#mailbox.open();
    if (this.#closing) return;
    this.#bell = new Bell({
      kv,
      key: this.#keys.bell,
      nodeId: this.#nodeId,
      rang: () => this.#lookSoon(kv),
    });
    // what was said until now was not for this node
    for (const missed of this.#listeners.values()) missed();
  }

  #hear(news: unknown): void {
    if (this.#closing) return;
    for (const listener of this.#listeners.keys()) listener(news);
  }

  #lookSoon(kv: Deno.Kv): void {
    this.#rang = true;
    this.#looking ??= this.#look(kv);
  }

  async #look(kv: Deno.Kv): Promise<void> {
    while (this.#rang) {
      this.#rang = false;
      const others = this.#reader.others;
      // what rings meanwhile is one more look
      await patiently(() => this.#reader.look(kv)).catch(() => {});
      if (others === 0 && this.#reader.others > 0) this.#mailbox.greet();
    }
    this.#looking = undefined;
  }

  async #close(): Promise<void> {
    this.#ended.abort();
    // a last word, as `node_gone`, must still get out
    await this.#mailbox.empty();
    let kv: Deno.Kv;
    try {
      kv = await this.#ready;
    } catch {
      return;
    }
    await this.#listening;
    await this.#bell?.close();
    await this.#looking;
    // a greeting may have followed a look
    await this.#mailbox.empty();
    await patiently(() => kv.delete(this.#keys.mailbox(this.#nodeId))).catch(() => {});
    kv.close();
  }
}
