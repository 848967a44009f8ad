import type { Keys } from "./keys.ts";
import { KEPT_PARTS, type Part } from "./mailbox.ts";

/** A mailbox that did not change for this long belongs to nobody any more. */
const SILENT_MS = 30_000;

interface Mailbox {
  /** the part read last */
  read: number;
  written: number;
  versionstamp: string;
  changedMs: number;
  /** the pieces of a text whose end is still to come */
  pieces: Uint8Array[];
}

/** Reads what the other nodes wrote, once and in the order of each. */
export class Reader {
  readonly #keys: Keys;
  readonly #nodeId: string;
  readonly #hear: (news: unknown) => void;
  readonly #mailboxes = new Map<string, Mailbox>();
  #looked = false;

  constructor(keys: Keys, nodeId: string, hear: (news: unknown) => void) {
    this.#keys = keys;
    this.#nodeId = nodeId;
    this.#hear = hear;
  }

  /** How many other nodes are there. */
  get others(): number {
    return this.#mailboxes.size;
  }

  /** Reads what is new in all mailboxes. */
  async look(kv: Deno.Kv): Promise<void> {
    const nowMs = performance.now();
    const there = new Set<string>();
    for await (const { key, value, versionstamp } of kv.list<number>({ prefix: this.#keys.mailboxes })) {
      const nodeId = String(key.at(-1));
      there.add(nodeId);
      if (nodeId !== this.#nodeId) this.#note(nodeId, value, versionstamp, nowMs);
    }
    this.#looked = true;
    const reading = [...this.#mailboxes].map(([nodeId, mailbox]) => {
      const gone = !there.has(nodeId);
      if (gone || nowMs - mailbox.changedMs > SILENT_MS) this.#mailboxes.delete(nodeId);
      // its last words outlive its mailbox
      if (gone) mailbox.written = mailbox.read + KEPT_PARTS;
      return this.#read(kv, nodeId, mailbox);
    });
    await Promise.all(reading);
  }

  #note(nodeId: string, written: number, versionstamp: string, nowMs: number): void {
    const known = this.#mailboxes.get(nodeId);
    if (known) {
      if (known.versionstamp === versionstamp) return;
      Object.assign(known, { written, versionstamp, changedMs: nowMs });
      return;
    }
    // what was said before this node came is not for it; of one that came later it is all
    const read = this.#looked ? 0 : written;
    this.#mailboxes.set(nodeId, { read, written, versionstamp, changedMs: nowMs, pieces: [] });
  }

  async #read(kv: Deno.Kv, nodeId: string, mailbox: Mailbox): Promise<void> {
    const { written } = mailbox;
    const first = Math.max(mailbox.read + 1, written - KEPT_PARTS + 1);
    if (first > written) return;
    mailbox.read = written;
    let next = first;
    const selected = { start: this.#keys.part(nodeId, first), end: this.#keys.part(nodeId, written + 1) };
    for await (const { key, value: [bytes, last] } of kv.list<Part>(selected, { batchSize: 12 })) {
      const n = key.at(-1) as number;
      // what is gone takes the text along that it was a piece of
      if (n !== next) mailbox.pieces = [];
      next = n + 1;
      mailbox.pieces.push(bytes);
      if (last) this.#tell(mailbox.pieces.splice(0));
    }
  }

  #tell(pieces: readonly Uint8Array[]): void {
    let news: unknown;
    try {
      const text = new TextDecoder().decode(joined(pieces));
      news = JSON.parse(text);
    } catch {
      // its beginning was gone
      return;
    }
    if (Array.isArray(news)) { for (const one of news) this.#hear(one); }
  }
}

function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}
