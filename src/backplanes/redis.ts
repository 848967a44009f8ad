import type { News } from "../hub/news.ts";
import type { Backplane, Logger } from "../hub/ports.ts";
import { RedisLine } from "../redis/line.ts";
import { channelOf, newsOf, postOf } from "../redis/posts.ts";
import { Turn } from "./turn.ts";

/** What differs from the defaults. */
export interface RedisBackplaneOptions {
  /** is told of a server that is away */
  readonly logger: Logger;
  /** relays that share a Redis and must not hear each other take different ones: `denbun` */
  readonly prefix?: string;
  /** tells this node's posts from those of others */
  readonly name?: string;
  /** the store tells of each commit by itself, under this node's name: hints need not be posted */
  readonly announced?: boolean;
  /** Runs what it is given on the next turn of the loop. */
  readonly soon: (task: () => void) => void;
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
  readonly #name: string;
  readonly #listeners = new Map<(news: unknown) => void, () => void>();
  readonly #line: RedisLine;
  readonly #turn: Turn;
  #open = true;

  constructor(url: string, options: RedisBackplaneOptions) {
    const { logger, prefix = "denbun", soon } = options;
    this.#options = options;
    this.#turn = new Turn(soon, (news) => this.#post(news));
    this.#channel = channelOf(prefix);
    this.#name = options.name ?? crypto.randomUUID();
    this.#line = new RedisLine({
      url,
      name: "backplane",
      logger,
      greet: (conversation) => conversation.subscribe(this.#channel, (message) => this.#hear(message)),
      up: () => {
        for (const missed of this.#listeners.values()) missed();
      },
    });
  }

  publish(news: News): void {
    if (!this.#open || (news.kind === "hint" && this.#options.announced)) return;
    this.#turn.add(news);
  }

  subscribe(listener: (news: unknown) => void, missed: () => void = () => {}): () => void {
    this.#listeners.set(listener, missed);
    return () => void this.#listeners.delete(listener);
  }

  get isUp(): boolean {
    return this.#line.isUp;
  }

  close(): Promise<void> {
    this.#turn.end();
    this.#open = false;
    this.#listeners.clear();
    return this.#line.close();
  }

  #post(news: readonly News[]): void {
    if (!this.#line.isUp) return;
    // what could not be posted is lost, as news may be: the sweep makes up for it
    this.#line.command("PUBLISH", this.#channel, postOf(this.#name, news)).catch(() => {});
  }

  #hear(message: string): void {
    for (const one of newsOf(message, this.#name)) {
      for (const listener of this.#listeners.keys()) listener(one);
    }
  }
}
