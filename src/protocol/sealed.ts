import { byteLength } from "./byte_length.ts";
import type { Envelope } from "./messages.ts";
import type { Position } from "./position.ts";

/**
 * An envelope on its way out, serialised at most once per encoding however many readers it has. Fan-out joins
 * these parts; it never encodes a message again. [performance: encode once]
 */
export class Sealed {
  readonly type: string;
  readonly json: string;
  /** where it stands in its room's log; nothing for what is not stored */
  readonly position: Position | undefined;
  #value: Envelope | undefined;
  #bytes = -1;

  private constructor(type: string, json: string, position?: Position) {
    this.type = type;
    this.json = json;
    this.position = position;
  }

  /** Seals an envelope. */
  static of(envelope: Envelope): Sealed {
    return new Sealed(envelope.type, JSON.stringify(envelope));
  }

  /** Seals text that is known to be one JSON envelope whose first key is its type. */
  static fromJson(json: string, type: string = typeIn(json), position?: Position): Sealed {
    return new Sealed(type, json, position);
  }

  /** The envelope as a value, for encodings other than JSON. */
  get value(): Envelope {
    return this.#value ??= JSON.parse(this.json) as Envelope;
  }

  /** A cheap measure of its size on the wire: exact for ASCII, at most threefold off otherwise. */
  get length(): number {
    return this.json.length;
  }

  /** Its size as JSON in UTF-8, counted once. */
  get bytes(): number {
    if (this.#bytes < 0) this.#bytes = byteLength(this.json);
    return this.#bytes;
  }
}

function typeIn(json: string): string {
  return /^\{"type":"([^"\\]*)"/.exec(json)?.[1] ?? "";
}
