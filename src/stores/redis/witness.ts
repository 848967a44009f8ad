/** Rooms whose top is remembered; the ones that were first heard of are forgotten first. */
const ROOMS = 10_000;

/**
 * How far this node knows the logs to reach. A log that is shorter afterwards lost something that was acknowledged,
 * however that came about: restored from a backup, for one.
 */
export class Witness {
  readonly #tops = new Map<string, number>();

  /** Notes a room's top as the server just told it. Returns false when it was further before. */
  saw(roomId: string, top: number): boolean {
    const known = this.#tops.get(roomId);
    if (known === top) return true;
    if (known !== undefined && known > top) return false;
    this.#tops.set(roomId, top);
    if (this.#tops.size > ROOMS) this.#tops.delete(this.#tops.keys().next().value!);
    return true;
  }

  /** The rooms it knows. */
  roomIds(): string[] {
    return [...this.#tops.keys()];
  }

  /** Whether one of these tops is lower than it was. */
  contradicts(roomIds: readonly string[], tops: readonly number[]): boolean {
    return roomIds.some((roomId, n) => (this.#tops.get(roomId) ?? 0) > tops[n]!);
  }

  /** Another epoch: what was known counts no more. */
  forget(): void {
    this.#tops.clear();
  }
}
