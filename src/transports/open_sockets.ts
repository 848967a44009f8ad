/** A socket as far as its memory is concerned. */
export interface OpenSocket {
  /** When its last whole message came, or when it opened: the clock's monotonic ms. */
  readonly heardMs: number;
  /** Ends it, because the process needs the memory. */
  shed(): void;
}

/** The sockets that are open: a close frame that was sent has not arrived yet. */
export class OpenSockets {
  /** in the order they opened */
  readonly #open = new Set<OpenSocket>();
  /** those that were told to go, by when, until they are gone */
  readonly #shed = new Map<OpenSocket, number>();
  #emptied: (() => void) | undefined;

  enter(socket: OpenSocket): void {
    this.#open.add(socket);
  }

  /** It is closed. Safe to call more than once. */
  left(socket: OpenSocket): void {
    this.#shed.delete(socket);
    if (this.#open.delete(socket) && this.#open.size === 0) this.#emptied?.();
  }

  /** Ends up to `count` of those that completed no message since, the newest first. Returns how many there were. */
  shed(count: number, silentSinceMs: number, nowMs: number): number {
    const silent = [...this.#open].filter((one) => one.heardMs <= silentSinceMs && !this.#shed.has(one));
    const shed = silent.slice(-count).reverse();
    for (const socket of shed) {
      this.#shed.set(socket, nowMs);
      socket.shed();
    }
    return shed.length;
  }

  /** Since when the first of those waits that were shed and have not closed. */
  get closingSinceMs(): number | undefined {
    return this.#shed.values().next().value;
  }

  /** Resolves when no socket is open any more: with a stuck peer never. */
  async emptied(): Promise<void> {
    if (this.#open.size > 0) await new Promise<void>((resolve) => this.#emptied = resolve);
  }
}
