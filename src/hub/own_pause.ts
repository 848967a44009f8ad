/**
 * Tells the silence of others from a pause of one's own. Who was stopped, asleep or starved finds, when it goes on,
 * that everybody has been silent for long, while what they said is still waiting to be read.
 */
export class OwnPause {
  readonly #everyMs: number;
  #lastMs: number;
  #excused = false;

  /** `everyMs`: how often one means to look. */
  constructor(everyMs: number, nowMs: number) {
    this.#everyMs = everyMs;
    this.#lastMs = nowMs;
  }

  /** To be asked at each look: whether silence means anything now. Not at the first look after a pause. */
  mayJudge(nowMs: number): boolean {
    const late = nowMs - this.#lastMs >= 2 * this.#everyMs;
    this.#lastMs = nowMs;
    // the first alone: who is late each time reads between its looks, too
    this.#excused = late && !this.#excused;
    return !this.#excused;
  }
}
