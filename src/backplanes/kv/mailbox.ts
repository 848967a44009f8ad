import type { News } from "../../hub/news.ts";
import { type Keys, patiently } from "./keys.ts";

/** Bytes in one value: Deno KV takes 64 KiB. */
const PART_BYTES = 60_000;
/** Values in one commit: it takes 800 KiB. */
const PARTS_PER_COMMIT = 12;
/** Values a node keeps for the others to read; older ones are lost to who was so slow. */
export const KEPT_PARTS = 64;
/** Characters that may wait for a commit to end. What is more is lost, as news may be. */
const MAX_WAITING = 2_000_000;
/** How long the database keeps what a node left behind that is gone. */
const EXPIRE_MS = 60_000;

/** A value of a mailbox: a piece of the JSON text of an array of news, and whether it is its last. */
export type Part = readonly [Uint8Array, boolean];

export interface MailboxOptions {
  /** the database, once it is known who else is there */
  readonly kv: Promise<Deno.Kv>;
  readonly keys: Keys;
  readonly nodeId: string;
  /** Whether there is another node to read it. */
  readonly anybodyThere: () => boolean;
}

/**
 * What one node tells the others: the news that gather while a commit is under way go into the next. Then it rings
 * the bell they all listen to.
 */
export class Mailbox {
  readonly #options: MailboxOptions;
  /** what waits, in its order; news that are replaced have a name */
  #texts = new Map<string | number, string>();
  #unnamed = 0;
  #waiting = 0;
  /** says that this node is there */
  #greeting: News | undefined;
  #written = 0;
  #writing: Promise<void> | undefined;

  constructor(options: MailboxOptions) {
    this.#options = options;
  }

  /** Lets the others know that this node is there. Resolves when they can hear it. */
  open(): Promise<void> {
    return this.#writing ??= this.#write();
  }

  /** Takes news along with the next commit. Of what only the newest counts, only the newest goes. */
  add(news: News): void {
    if (news.kind === "node") this.#greeting = news;
    const text = JSON.stringify(news);
    const name = nameOf(news) ?? ++this.#unnamed;
    const waiting = this.#waiting + text.length - (this.#texts.get(name)?.length ?? 0);
    if (waiting > MAX_WAITING) return;
    this.#waiting = waiting;
    // it comes where it was said last
    this.#texts.delete(name);
    this.#texts.set(name, text);
    this.#writing ??= this.#write();
  }

  /** Says again that this node is there, to one that came. */
  greet(): void {
    if (this.#greeting) this.add(this.#greeting);
  }

  /** Resolves when everything is written, or lost. */
  async empty(): Promise<void> {
    await this.#writing;
  }

  async #write(): Promise<void> {
    // the news of this turn go together
    await new Promise((resolve) => setImmediate(resolve));
    try {
      const kv = await this.#options.kv;
      do {
        const texts = this.#take();
        // to nobody this node only says that it is there
        const parts = texts.length > 0 && this.#options.anybodyThere() ? partsOf(texts) : [];
        await this.#commit(kv, parts);
      } while (this.#waiting > 0);
    } catch {
      // news may be lost, and without a database the store says so
      this.#take();
    } finally {
      this.#writing = undefined;
    }
  }

  #take(): string[] {
    const texts = [...this.#texts.values()];
    this.#texts = new Map();
    this.#waiting = 0;
    return texts;
  }

  async #commit(kv: Deno.Kv, parts: readonly Part[]): Promise<void> {
    const { keys, nodeId } = this.#options;
    const expiry = { expireIn: EXPIRE_MS };
    for (let start = 0; start === 0 || start < parts.length; start += PARTS_PER_COMMIT) {
      const commit = kv.atomic();
      for (const part of parts.slice(start, start + PARTS_PER_COMMIT)) {
        const n = ++this.#written;
        commit.set(keys.part(nodeId, n), part, expiry);
        commit.delete(keys.part(nodeId, n - KEPT_PARTS));
      }
      commit.set(keys.mailbox(nodeId), this.#written, expiry).set(keys.bell, [nodeId, this.#written]);
      await patiently(() => commit.commit());
    }
  }
}

/** The name of news that the next of that name replace: a room's hint, and state that is latest-wins. */
function nameOf(news: News): string | undefined {
  if (news.kind === "hint") return news.roomId;
  // no room id has a line break
  if (news.kind === "ephemeral" && news.key !== undefined) return `${news.roomId}\n${news.key}`;
  return undefined;
}

function partsOf(texts: readonly string[]): Part[] {
  const bytes = new TextEncoder().encode(`[${texts.join()}]`);
  const parts: Part[] = [];
  for (let start = 0; start < bytes.length; start += PART_BYTES) {
    const end = start + PART_BYTES;
    parts.push([bytes.slice(start, end), end >= bytes.length]);
  }
  return parts;
}
