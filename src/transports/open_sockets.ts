/** Knows when the last socket is really closed: a close frame that was sent has not arrived yet. */
export class OpenSockets {
  readonly #open = new Set<symbol>();
  #emptied: (() => void) | undefined;

  /** Returns what to call once the socket is closed; it may be called more than once. */
  enter(): () => void {
    const mark = Symbol();
    this.#open.add(mark);
    return () => {
      if (this.#open.delete(mark) && this.#open.size === 0) this.#emptied?.();
    };
  }

  /** Waits until no socket is open, but no longer than `withinMs`: a stuck peer never closes. */
  async emptied(withinMs: number): Promise<void> {
    if (this.#open.size === 0) return;
    let timer: ReturnType<typeof setTimeout> | undefined;
    await new Promise<void>((resolve) => {
      this.#emptied = resolve;
      timer = setTimeout(resolve, withinMs);
    });
    clearTimeout(timer);
  }
}
