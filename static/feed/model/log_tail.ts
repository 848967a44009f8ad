/** A line of the log, as it is shown. */
export interface Line {
  readonly offset: number;
  readonly level: "info" | "warn" | "error";
  readonly service: string;
  readonly text: string;
  readonly timestamp: string;
}

/** Lines that stay on the page. */
const MAX_LINES = 200;

/** The end of the log, and the proof that nothing of it was left out. */
export class LogTail {
  #lines: Line[] = [];
  #epoch = "";
  #offset = 0;
  #received = 0;
  #missed = 0;

  /** lines that came since the page was opened */
  get received(): number {
    return this.#received;
  }

  /** offsets that were left out */
  get missed(): number {
    return this.#missed;
  }

  /** Takes note of a line. One that was here before, as after a cut, is passed over. */
  add(epoch: string, line: Line): void {
    if (epoch === this.#epoch && line.offset <= this.#offset) return;
    if (epoch === this.#epoch) this.#missed += line.offset - this.#offset - 1;
    this.#epoch = epoch;
    this.#offset = line.offset;
    this.#received++;
    this.#lines.push(line);
    if (this.#lines.length > 2 * MAX_LINES) this.#lines = this.#lines.slice(-MAX_LINES);
  }

  /** The newest lines, oldest first. */
  newest(): readonly Line[] {
    return this.#lines.slice(-MAX_LINES);
  }
}
