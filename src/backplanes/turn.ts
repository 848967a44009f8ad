import type { News } from "../hub/news.ts";

/** Gathers the news of a turn of the loop, for one post. Of the hints for a room only the furthest goes. */
export class Turn {
  readonly #soon: (task: () => void) => void;
  readonly #post: (news: readonly News[]) => void;
  #others: News[] = [];
  #hints = new Map<string, News>();

  /** `soon` runs what it is given on the next turn. */
  constructor(soon: (task: () => void) => void, post: (news: readonly News[]) => void) {
    this.#soon = soon;
    this.#post = post;
  }

  add(news: News): void {
    if (this.#others.length === 0 && this.#hints.size === 0) this.#soon(() => this.end());
    if (news.kind === "hint") this.#hints.set(news.roomId, news);
    else this.#others.push(news);
  }

  /** Posts at once what there is: a last word, as `node_gone`, must still get out. */
  end(): void {
    const news = [...this.#others, ...this.#hints.values()];
    if (news.length === 0) return;
    this.#others = [];
    this.#hints = new Map();
    this.#post(news);
  }
}
