/** So many that played before are known of each user. */
const MOST_FORMER = 8;

interface Windows {
  current: string;
  /** those it took over from, the latest last */
  former: readonly string[];
}

/** What a window's word counts as. */
export type Turn = "plays" | "takes over" | "former";

/**
 * Which of a user's windows plays: the one that was heard of last for the first time. Two that both counted would pull
 * one player in two directions. [F4a]
 */
export class Seats {
  readonly #windows = new Map<string, Windows>();

  /** A window says something. */
  turnOf(userId: string, window: string): Turn {
    const known = this.#windows.get(userId);
    if (known?.current === window) return "plays";
    if (known?.former.includes(window)) return "former";
    const former = known ? [...known.former, known.current].slice(-MOST_FORMER) : [];
    this.#windows.set(userId, { current: window, former });
    return known ? "takes over" : "plays";
  }

  /** The user plays no longer. */
  leave(userId: string): void {
    this.#windows.delete(userId);
  }

  clear(): void {
    this.#windows.clear();
  }

  /** The windows that play no longer, by user; nothing when there are none. */
  get former(): Readonly<Record<string, readonly string[]>> | undefined {
    const found = [...this.#windows].filter(([, { former }]) => former.length > 0);
    if (found.length === 0) return undefined;
    return Object.fromEntries(found.map(([userId, { former }]) => [userId, former]));
  }
}
