import { jsonLines } from "../../src/observability/log.ts";

type Line = Record<string, unknown>;

/** A line that does not come fails the test instead of holding it up. */
const WITHIN_MS = 10_000;

/** The lines that were logged, and what waits for one of them. */
export class Lines {
  readonly all: string[] = [];
  readonly logger = jsonLines("debug", (line) => this.#write(line));
  #waiting: { event: string; found: (line: Line) => void }[] = [];

  /** The first line of an event, as soon as there is one. */
  async first(event: string): Promise<Line> {
    const [known] = this.of(event);
    if (known) return known;
    return await new Promise((found, missing) => {
      const timer = setTimeout(() => missing(new Error(`nothing logged "${event}"`)), WITHIN_MS);
      this.#waiting.push({
        event,
        found(line) {
          clearTimeout(timer);
          found(line);
        },
      });
    });
  }

  of(event: string): Line[] {
    return this.all.map((line) => JSON.parse(line) as Line).filter((line) => line.event === event);
  }

  #write(text: string): void {
    this.all.push(text);
    const line = JSON.parse(text) as Line;
    const waiting = this.#waiting;
    this.#waiting = waiting.filter(({ event }) => event !== line.event);
    for (const { event, found } of waiting) if (event === line.event) found(line);
  }
}
