import { RelayError } from "../../protocol/errors.ts";
import type { DocumentSnapshot } from "../../protocol/messages.ts";
import { DOCUMENT_PREFIX, ErrorCode } from "../../protocol/wire.ts";
import type { Cancel, FeatureHost, FeatureRoom, Opening } from "../../hub/feature.ts";
import type { Entry, Fields, Page } from "../../hub/ports.ts";
import { EMPTY } from "./merge.ts";
import type { Merger } from "./merger.ts";
import { Snapshots, type Versioned } from "./snapshots.ts";

/** The type of a change in the log. */
export const CHANGE = "remote_change";

export interface DocumentOptions {
  readonly host: Pick<FeatureHost, "store" | "ids" | "logger">;
  readonly merger: Merger;
  /** bytes a document may have */
  readonly maxBytes: number;
  /** changes after which there is a new snapshot… */
  readonly snapshotEvery: number;
  /** …or bytes of them, whichever comes first */
  readonly snapshotBytes: number;
}

/** How many entries one read of the log brings. */
const PAGE = 128;
/** How long a node has for a snapshot before another one tries. */
const MERGE_MS = 30_000;
/** The wait after a snapshot failed, or while another node makes one. */
const RETRY_MS = 3_000;
/** How long a snapshot is kept in memory for those who join next. */
const KEEP_MS = 10_000;
/** So many times `snapshotEvery` unmerged changes are too many: writers wait for the snapshot then. */
const MOST_UNMERGED = 10;
/** When a writer may try again. */
const UNMERGED_MS = 500;

/** A snapshot in memory, by the name of its parts. */
interface Kept {
  readonly name: string | undefined;
  readonly opening: Promise<Opening>;
}

/** What the log holds that no snapshot has. */
interface Tail {
  count: number;
  /** of the updates, as they were sent */
  bytes: number;
}

/**
 * A document of this node: its snapshot and the log after it are all of it. Everything in the log after the snapshot
 * is retained, so that neither age nor number can drop a change that nothing else holds. [F3]
 */
export class Document {
  readonly id: string;
  readonly #room: FeatureRoom;
  readonly #snapshots: Snapshots;
  readonly #options: DocumentOptions;
  #known: Versioned = { version: 0, head: undefined };
  #tail: Tail = { count: 0, bytes: 0 };
  #loading: { readonly epoch: string; readonly done: Promise<void> } | undefined;
  #merging: Promise<void> | undefined;
  #kept: Kept | undefined;
  #forget: Cancel | undefined;
  #retry: Cancel | undefined;
  #closed = false;

  constructor(room: FeatureRoom, options: DocumentOptions) {
    this.id = room.id.slice(DOCUMENT_PREFIX.length);
    this.#room = room;
    this.#options = options;
    const { store, ids } = options.host;
    this.#snapshots = new Snapshots(store, () => ids.next());
  }

  /**
   * Knows what there is, and that the log keeps it.
   * @throws {RelayError} `store_unavailable`
   */
  ready(): Promise<void> {
    const { epoch } = this.#room.position;
    // a log with a new life has been promised nothing
    if (this.#loading?.epoch !== epoch) {
      const loading = this.#loading = { epoch, done: this.#load() };
      // whoever comes next tries again; this one's callers are told by the promise
      loading.done.catch(() => this.#loading === loading && (this.#loading = undefined));
    }
    return this.#loading.done;
  }

  /**
   * Makes sure that there is room for a change of this size. One that only deletes may go beyond the limit, or a
   * full document could never become smaller.
   * @throws {RelayError} `limit_exceeded`, `rate_limited`, `store_unavailable`
   */
  async admit(bytes: number, { inserts }: { readonly inserts: boolean }): Promise<void> {
    const { maxBytes, snapshotEvery } = this.#options;
    if (this.#tail.count >= MOST_UNMERGED * snapshotEvery) {
      this.#mergeSoon();
      const because = `Cannot change document "${this.id}": too many changes wait to be merged`;
      throw new RelayError(ErrorCode.rateLimited, because, { retryAfterMs: UNMERGED_MS });
    }
    const most = inserts ? maxBytes : 2 * maxBytes;
    // merged it may be smaller
    if (this.#bytes + bytes > most && this.#tail.bytes > 0) await this.#merge().catch(() => {});
    if (this.#bytes + bytes <= most) return;
    throw new RelayError(
      ErrorCode.limitExceeded,
      `Cannot change document "${this.id}": it has ${this.#bytes} bytes, the limit is ${maxBytes}`,
    );
  }

  /** A change came into the log. */
  grew(length: number): void {
    this.#tail.count++;
    this.#tail.bytes += Math.max(0, length - ENVELOPE) * BYTES_PER_CHARACTER;
    if (this.#isLong) this.#mergeSoon();
  }

  /**
   * What a reader begins with.
   * @throws {RelayError} `store_unavailable`
   */
  async opening(): Promise<Opening> {
    await this.ready();
    // a document that was changed while nobody was here is merged for those who come after
    if (this.#isLong) this.#mergeSoon();
    const { head } = await this.#snapshots.head(this.id);
    if (!head || head.name !== this.#kept?.name) this.#keep({ name: head?.name, opening: this.#open() });
    return await this.#kept!.opening;
  }

  close(): void {
    this.#closed = true;
    this.#forget?.();
    this.#retry?.();
  }

  get #bytes(): number {
    return (this.#known.head?.bytes ?? 0) + this.#tail.bytes;
  }

  get #isLong(): boolean {
    const { snapshotEvery, snapshotBytes } = this.#options;
    // a large document is written anew less often
    const bytes = Math.max(snapshotBytes, (this.#known.head?.bytes ?? 0) / 2);
    return this.#tail.count >= snapshotEvery || this.#tail.bytes >= bytes;
  }

  async #load(): Promise<void> {
    const known = await this.#snapshots.head(this.id);
    await this.#retain(known);
    await this.#learn(known);
  }

  /** Goes by this snapshot from now on, and counts what the log holds after it. */
  async #learn(known: Versioned): Promise<void> {
    const { offset } = this.#room.position;
    const later = await this.#changes(await this.#start(known), offset);
    // what came while this was read is not in it
    const missed = this.#room.position.offset - offset;
    const bytes = later.reduce((sum, { body }) => sum + body.length * BYTES_PER_CHARACTER, 0);
    this.#known = known;
    this.#tail = { count: later.length + missed, bytes };
  }

  /** Before the first snapshot nothing of the log may go. */
  async #retain({ head }: Versioned): Promise<void> {
    await this.#options.host.store.retain(
      this.#room.id,
      head?.epoch === this.#room.position.epoch ? head.offset : 0,
    );
  }

  /** Where the log after the snapshot begins: of a log with a new life, all there is. */
  async #start({ head }: Versioned): Promise<number> {
    const { epoch, oldest } = await this.#read(0, 1);
    return head?.epoch === epoch ? head.offset : oldest - 1;
  }

  #keep(kept: Kept): void {
    this.#kept = kept;
    const forget = () => {
      if (this.#kept === kept) this.#kept = undefined;
    };
    kept.opening.catch(forget);
    this.#forget?.();
    if (!this.#closed) this.#forget = this.#room.clock.after(KEEP_MS, forget);
  }

  async #open(): Promise<Opening> {
    const snapshot = await this.#snapshots.read(this.id);
    const { parts } = snapshot ?? EMPTY;
    const { epoch } = this.#room.position;
    const offset = await this.#start({ version: 0, head: snapshot?.head });
    return {
      epoch,
      offset,
      messages: parts.map((data, part) => {
        const { id: documentId } = this;
        const payload: DocumentSnapshot = {
          roomId: this.#room.id,
          documentId,
          offset,
          part,
          parts: parts.length,
          snapshotId: snapshot?.head.name ?? "",
          data,
        };
        return { type: "document_snapshot", payload };
      }),
    };
  }

  #mergeSoon(): void {
    if (this.#closed || this.#merging || this.#retry) return;
    const { version } = this.#known;
    this.#merge().catch((error) => {
      if (this.#closed) return;
      this.#warn("document_not_merged", { reason: String(error) });
    }).finally(() => {
      if (this.#closed || !this.#isLong) return;
      // more came meanwhile
      if (this.#known.version !== version) return this.#mergeSoon();
      // it failed, or somebody else is at it
      this.#retry = this.#room.clock.after(RETRY_MS, () => {
        this.#retry = undefined;
        if (this.#isLong) this.#mergeSoon();
      });
    });
  }

  #warn(event: string, fields: Fields): void {
    this.#options.host.logger.warn(event, { roomId: this.#room.id, ...fields });
  }

  /** Makes a snapshot, once however many ask. */
  #merge(): Promise<void> {
    return this.#merging ??= this.#snapshots
      .alone(this.id, MERGE_MS, () => this.#mergeAlone())
      .then((done) => done ? undefined : this.#catchUp())
      .finally(() => this.#merging = undefined);
  }

  async #mergeAlone(): Promise<void> {
    const { merger } = this.#options;
    const known = await this.#snapshots.head(this.id);
    if (known.version !== this.#known.version) return await this.#catchUp(known);
    const { epoch, offset } = this.#room.position;
    const start = await this.#start(known);
    if (offset <= start) return;
    const before = known.head && await this.#snapshots.read(this.id);
    // somebody's snapshot came in between
    if (before?.head.name !== known.head?.name) return await this.#catchUp();
    const changes = await this.#changes(start, offset);
    if (this.#closed || this.#room.position.epoch !== epoch) return;
    const whole = await merger.merge(before?.parts ?? [], changes.map(changeIn));
    if (whole.dropped > 0) this.#warn("document_changes_dropped", { count: whole.dropped });
    const upTo = whole.taken < changes.length ? changes[whole.taken - 1]!.offset : offset;
    if (!await this.#snapshots.replace(this.id, known, { epoch, offset: upTo }, whole)) {
      return await this.#catchUp();
    }
    await this.#catchUp();
    // only now: until the snapshot stands the log is all there is
    await this.#retain(this.#known);
  }

  /** Learns of a snapshot that another node may have made. */
  async #catchUp(known?: Versioned): Promise<void> {
    const newest = known ?? await this.#snapshots.head(this.id);
    if (newest.version !== this.#known.version) await this.#learn(newest);
  }

  #read(after: number, limit: number): Promise<Page> {
    return this.#options.host.store.read(this.#room.id, { after, limit });
  }

  /** The changes in `(from, to]` of the log. */
  async #changes(from: number, to: number): Promise<Entry[]> {
    const found: Entry[] = [];
    for (let at = from; at < to;) {
      const { entries } = await this.#read(at, Math.min(PAGE, to - at));
      const last = entries.at(-1);
      if (!last) break;
      found.push(...entries.filter(({ type }) => type === CHANGE));
      at = last.offset;
    }
    return found;
  }
}

/** Characters of a stored change beside its body, about. */
const ENVELOPE = 300;
/** Of the JSON around an update as much as base64 makes more of it: near enough for a limit. */
const BYTES_PER_CHARACTER = 0.75;

function changeIn({ body }: Entry): string {
  return (JSON.parse(body) as { changes: string }).changes;
}
