/** Questions asked over a port, matched with their answers by number. */
export class Questions<T> {
  readonly #asked = new Map<number, (answer: T) => void>();
  #lastId = 0;

  /** Asks under a new number; resolves with what `answered` is told for it. */
  ask(send: (id: number) => void): Promise<T> {
    const id = ++this.#lastId;
    return new Promise((resolve) => {
      this.#asked.set(id, resolve);
      send(id);
    });
  }

  /** Takes an answer; one nobody waits for any more is dropped. */
  answered(id: number, answer: T): void {
    this.#asked.get(id)?.(answer);
    this.#asked.delete(id);
  }
}
