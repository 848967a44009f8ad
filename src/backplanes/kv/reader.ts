import type { Keys } from "./keys.ts";
import { KEPT_PARTS, type Part } from "./mailbox.ts";

/** A node whose mailbox did not change for this long is none any more. The database forgets the mailbox later. */
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
  readonly #monotonic: () => number;
  readonly #mailboxes = new Map<string, Mailbox>();
  #others = 0;
  #looked = false;

  constructor(
    keys: Keys,
    nodeId: string,
    hear: (news: unknown) => void,
    monotonic = () => performance.now(),
  ) {
    this.#keys = keys;
    this.#nodeId = nodeId;
    this.#hear = hear;
    this.#monotonic = monotonic;
  }

  /** How many other nodes were there at the last look. */
  get others(): number {
    return this.#others;
  }

  /** Reads what is new in all mailboxes. What it did not come to when it fails, the next look brings. */
  async look(kv: Deno.Kv): Promise<void> {
    const nowMs = this.#monotonic();
    const there = new Set<string>();
    for await (const { key, value, versionstamp } of kv.list<number>({ prefix: this.#keys.mailboxes })) {
      const nodeId = String(key.at(-1));
      there.add(nodeId);
      if (nodeId !== this.#nodeId) this.#note(nodeId, value, versionstamp, nowMs);
    }
    this.#looked = true;
    const mailboxes = [...this.#mailboxes];
    this.#others =
      mailboxes.filter(([nodeId, { changedMs }]) => there.has(nodeId) && nowMs - changedMs <= SILENT_MS)
        .length;
    const reading = mailboxes.map(async ([nodeId, mailbox]) => {
      const gone = !there.has(nodeId);
      // its last words outlive its mailbox
      if (gone) mailbox.written = mailbox.read + KEPT_PARTS;
      await this.#read(kv, nodeId, mailbox);
      // not before: one that is silent but there would be a new one to the next look, with all its old news
      if (gone) this.#mailboxes.delete(nodeId);
    });
    // none of them may still be reading when there is another look
    const failed = (await Promise.allSettled(reading)).find((one) => one.status === "rejected");
    if (failed) throw failed.reason;
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
    const selected = { start: this.#keys.part(nodeId, first), end: this.#keys.part(nodeId, written + 1) };
    for await (const { key, value: [bytes, last] } of kv.list<Part>(selected, { batchSize: 12 })) {
      const n = key.at(-1) as number;
      // what is gone takes the text along that it was a piece of
      if (n !== mailbox.read + 1) mailbox.pieces = [];
      mailbox.read = n;
      mailbox.pieces.push(bytes);
      if (last) this.#tell(mailbox.pieces.splice(0));
    }
    mailbox.read = written;
  }

  #tell(pieces: readonly Uint8Array[]): void {
    const decoder = new TextDecoder();
    const text = pieces.map((piece) => decoder.decode(piece, { stream: true })).join("");
    let news: unknown;
    try {
      news = JSON.parse(text);
    } catch {
      // its beginning was gone
      return;
    }
    if (!Array.isArray(news)) return;
    for (const one of news) this.#hear(one);
  }
}
