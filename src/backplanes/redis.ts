import type { News } from "../hub/news.ts";
import type { Backplane, Logger } from "../hub/ports.ts";
import { RedisLine } from "../redis/line.ts";

/** What differs from the defaults. */
export interface RedisBackplaneOptions {
  readonly logger: Logger;
  /** relays that share a Redis and must not hear each other take different ones: `denbun` */
  readonly prefix?: string;
  /** Runs what it is given on the next turn of the loop. */
  readonly soon: (task: () => void) => void;
  /** a server that says nothing for this long is taken to be gone: 2,000 ms */
  readonly timeoutMs?: number;
}

/**
 * News between processes and machines, over one channel of a Redis. All news of a turn goes in one post, of the hints
 * for a room only the furthest. While there is no connection news is lost, as news may be; once there is one the
 * listeners are told that they may have missed some.
 */
export function redisBackplane(url: string, options: RedisBackplaneOptions): Backplane {
  return new RedisBackplane(url, options);
}

class RedisBackplane implements Backplane {
  readonly #options: RedisBackplaneOptions;
  readonly #channel: string;
  /** a channel tells its own posts to who made them: these are dropped by this name */
  readonly #from = crypto.randomUUID();
  readonly #listeners = new Map<(news: unknown) => void, () => void>();
  readonly #line: RedisLine;
  #others: News[] = [];
  #hints = new Map<string, News>();
  #scheduled = false;
  #open = true;

  constructor(url: string, options: RedisBackplaneOptions) {
    const { logger, prefix = "denbun", timeoutMs = 2000 } = options;
    this.#options = options;
    this.#channel = `{${prefix}}:news`;
    this.#line = new RedisLine({
      url,
      name: "backplane",
      logger,
      timeoutMs,
      greet: (conversation) => conversation.subscribe(this.#channel, (message) => this.#hear(message)),
      up: () => {
        for (const missed of this.#listeners.values()) missed();
      },
    });
  }

  publish(news: News): void {
    if (!this.#open) return;
    if (news.kind === "hint") this.#hints.set(news.roomId, news);
    else this.#others.push(news);
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.#options.soon(() => this.#post());
  }

  subscribe(listener: (news: unknown) => void, missed: () => void = () => {}): () => void {
    this.#listeners.set(listener, missed);
    return () => void this.#listeners.delete(listener);
  }

  get isUp(): boolean {
    return this.#line.isUp;
  }

  close(): Promise<void> {
    // a last word, as `node_gone`, must still get out
    if (this.#open) this.#post();
    this.#open = false;
    this.#listeners.clear();
    return this.#line.close();
  }

  #post(): void {
    this.#scheduled = false;
    const news = [...this.#others, ...this.#hints.values()];
    this.#others = [];
    this.#hints = new Map();
    if (news.length === 0 || !this.#line.isUp) return;
    // what could not be posted is lost, as news may be: the sweep makes up for it
    this.#line.command("PUBLISH", this.#channel, JSON.stringify({ from: this.#from, news })).catch(() => {});
  }

  #hear(message: string): void {
    const post = parsed(message);
    if (post?.from === this.#from) return;
    const news: readonly unknown[] = Array.isArray(post?.news) ? post.news : [message];
    for (const one of news) for (const listener of this.#listeners.keys()) listener(one);
  }
}

function parsed(message: string): { readonly from?: unknown; readonly news?: unknown } | undefined {
  try {
    return JSON.parse(message) ?? undefined;
  } catch {
    return undefined;
  }
}
