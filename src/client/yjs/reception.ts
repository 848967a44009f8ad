import { fromBase64 } from "../../protocol/base64.ts";
import type { DocumentSnapshot } from "../../protocol/messages.ts";
import type { ClientClock } from "../types.ts";
import type { YDoc, YjsModule } from "./provider.ts";

export interface ReceptionOptions {
  readonly yjs: YjsModule;
  readonly doc: YDoc;
  readonly clock: ClientClock;
}

export interface ReceptionEvents {
  /** Something the server has. */
  take(update: Uint8Array): void;
  /** The snapshot is here. */
  whole(): void;
  /** It does not come, or cannot be put together. */
  broken(): void;
}

/** A snapshot whose next part does not come for so long is asked for anew. */
const PART_MS = 15_000;

/**
 * A document on its way here: the parts of its snapshot, and a mirror of what the server has, when there is something
 * here to compare it with. [F3a]
 */
export class Reception {
  readonly #options: ReceptionOptions;
  readonly #events: ReceptionEvents;
  readonly #mirror: YDoc | undefined;
  #parts: Uint8Array[] = [];
  #state: "receiving" | "whole" | "closed" = "receiving";
  #patience = () => {};

  constructor(options: ReceptionOptions, events: ReceptionEvents) {
    const { yjs, doc } = options;
    this.#options = options;
    this.#events = events;
    const isEmpty = yjs.encodeStateVector(doc).length === 1;
    if (!isEmpty) this.#mirror = new yjs.Doc();
    this.#wait();
  }

  get isWhole(): boolean {
    return this.#state === "whole";
  }

  /** A part was sent, in its turn. */
  part({ part, parts, data }: DocumentSnapshot): void {
    if (this.#state !== "receiving" || part !== this.#parts.length) return;
    this.#parts.push(bytesOf(data));
    if (part < parts - 1) return this.#wait();
    this.#events.take(joined(this.#parts));
    this.#done();
  }

  /** The server has this. */
  saw(update: Uint8Array): void {
    if (this.#mirror) this.#options.yjs.applyUpdate(this.#mirror, update);
  }

  /** What is here and not there; nothing to say when there was nothing to compare. Ends the reception. */
  missing(): Uint8Array[] | undefined {
    const { yjs, doc } = this.#options;
    const mirror = this.#mirror;
    if (!mirror) return undefined;
    const missing: Uint8Array[] = [];
    mirror.on("update", (update: Uint8Array) => missing.push(update));
    yjs.applyUpdate(mirror, yjs.encodeStateAsUpdate(doc, yjs.encodeStateVector(mirror)));
    this.close();
    return missing;
  }

  close(): void {
    this.#state = "closed";
    this.#patience();
    this.#mirror?.destroy();
  }

  #done(): void {
    this.#patience();
    this.#parts = [];
    this.#state = "whole";
    this.#events.whole();
  }

  #wait(): void {
    this.#patience();
    this.#patience = this.#options.clock.after(PART_MS, () => this.#events.broken());
  }
}

/** Bytes as either codec has them. */
export function bytesOf(data: string | Uint8Array): Uint8Array {
  return typeof data === "string" ? fromBase64(data) : data;
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
