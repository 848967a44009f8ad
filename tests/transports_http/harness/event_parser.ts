/** An event as a browser's EventSource dispatches it. */
export interface ParsedEvent {
  readonly type: string;
  readonly data: string;
  readonly lastEventId: string;
}

/**
 * Reads `text/event-stream` as the HTML standard has it (9.2.6), byte by byte if need be: lines end with CR, LF or
 * both, a blank line dispatches, an unfinished event at the end is dropped.
 */
export class EventParser {
  lastEventId = "";
  retryMs: number | undefined;
  comments = 0;
  // Deno's decoder takes a BOM away from the beginning of every chunk; the standard means that of the stream
  readonly #decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  #begun = false;
  #rest = "";
  #afterCr = false;
  #type = "";
  #data: string[] = [];
  #id = "";

  constructor(lastEventId = "") {
    this.lastEventId = lastEventId;
    this.#id = lastEventId;
  }

  push(bytes: Uint8Array): ParsedEvent[] {
    this.#rest += this.#decoder.decode(bytes, { stream: true });
    if (!this.#begun && this.#rest !== "") {
      this.#begun = true;
      this.#rest = this.#rest.replace(/^\ufeff/, "");
    }
    const events: ParsedEvent[] = [];
    for (let line = this.#line(); line !== undefined; line = this.#line()) {
      const event = this.#take(line);
      if (event) events.push(event);
    }
    return events;
  }

  #line(): string | undefined {
    if (this.#afterCr && this.#rest !== "") {
      if (this.#rest[0] === "\n") this.#rest = this.#rest.slice(1);
      this.#afterCr = false;
    }
    const end = this.#rest.search(/[\r\n]/);
    if (end === -1) return undefined;
    const line = this.#rest.slice(0, end);
    this.#afterCr = this.#rest[end] === "\r";
    this.#rest = this.#rest.slice(end + 1);
    return line;
  }

  #take(line: string): ParsedEvent | undefined {
    if (line === "") return this.#dispatch();
    const colon = line.indexOf(":");
    if (colon === 0) {
      this.comments++;
      return undefined;
    }
    const field = colon === -1 ? line : line.slice(0, colon);
    const value = colon === -1 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (field === "event") this.#type = value;
    else if (field === "data") this.#data.push(value);
    else if (field === "id" && !value.includes("\0")) this.#id = value;
    else if (field === "retry" && /^\d+$/.test(value)) this.retryMs = Number(value);
    return undefined;
  }

  #dispatch(): ParsedEvent | undefined {
    this.lastEventId = this.#id;
    const data = this.#data;
    const type = this.#type === "" ? "message" : this.#type;
    this.#data = [];
    this.#type = "";
    if (data.length === 0) return undefined;
    return { type, data: data.join("\n"), lastEventId: this.lastEventId };
  }
}
