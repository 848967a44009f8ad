/** Inputs of one player that may wait: beyond it the oldest are dropped. */
const MOST_WAITING = 8;
/** More than this many are worked off by leaving one out each step: a client's clock may be the faster one. */
const COMFORT = 4;
/** After a pause so many have to be there, or so many steps to pass: a little in reserve keeps the rest steady. */
const RESERVE = 2;
/** Without news a player goes on as before for this many steps, then lets go of everything. */
const GOES_ON = 15;
/** A number may be ahead of the last one by ten seconds: what is further away is nobody's next input. */
const FURTHEST = 600;

/** One player's inputs on their way into the world: one a step, each once and in order, however they come. */
export class Inputs<Input> {
  /** the number of the last one that took effect */
  lastSeq: number;
  /** steps since anything new came */
  idleSteps = 0;
  #waiting: { readonly seq: number; readonly input: Input }[] = [];
  #current: Input | undefined;
  #starvedSteps = GOES_ON;
  #gatheringSteps = 0;

  constructor(lastSeq = 0) {
    this.lastSeq = lastSeq;
  }

  /** Takes the input with this number, and those before it, newest first: the ones that are new. */
  add(seq: number, inputs: readonly Input[]): void {
    const top = this.#waiting.at(-1)?.seq ?? this.lastSeq;
    if (seq <= top || top > 0 && seq > top + FURTHEST) return;
    this.idleSteps = 0;
    for (let back = Math.min(inputs.length, seq - top) - 1; back >= 0; back--) {
      this.#waiting.push({ seq: seq - back, input: inputs[back]! });
    }
    if (this.#waiting.length > MOST_WAITING) this.#waiting = this.#waiting.slice(-MOST_WAITING);
  }

  /** Somebody else goes on in its place, counting anew from about here. */
  begin(seq: number): void {
    this.#waiting = [];
    this.#current = undefined;
    this.lastSeq = Math.max(this.lastSeq, seq - 1);
  }

  /** The input of the next step: one a step, so that sending more makes nobody faster. */
  take(): Input | undefined {
    this.idleSteps++;
    if (this.#waiting.length > COMFORT) this.#waiting.shift();
    const { length } = this.#waiting;
    const gathers = this.#starvedSteps > 0 && length < RESERVE && this.#gatheringSteps < RESERVE;
    if (length === 0 || gathers) {
      if (length > 0) this.#gatheringSteps++;
      return ++this.#starvedSteps > GOES_ON ? undefined : this.#current;
    }
    this.#starvedSteps = this.#gatheringSteps = 0;
    const next = this.#waiting.shift()!;
    this.lastSeq = next.seq;
    return this.#current = next.input;
  }
}
