import { RelayError } from "../../protocol/errors.ts";
import { ErrorCode } from "../../protocol/wire.ts";
import type { Table } from "../../hub/ports.ts";
import type { Whole } from "./merge.ts";

/** What is known of a document's snapshot: the log up to `offset` is in it. */
export interface Head {
  /** the log the offset is of */
  readonly epoch: string;
  readonly offset: number;
  /** how long the update is */
  readonly bytes: number;
  /** how many parts it is kept in */
  readonly parts: number;
  /** names its parts, and no others */
  readonly name: string;
}

/** A head with the version of its row; 0 is before the first snapshot. */
export interface Versioned {
  readonly version: number;
  readonly head: Head | undefined;
}

/** Parts by their name. */
type Parts = Pick<Head, "name" | "parts">;

/** What the last writer began. Until its head stands these are nobody's parts, and after that `before` are. */
interface Begun extends Parts {
  readonly before?: Parts | undefined;
}

export interface Snapshot {
  readonly head: Head;
  readonly parts: readonly string[];
}

const HEADS = "document:head";
const PARTS = "document:part";
const BEGUN = "document:begun";
const MERGING = "document:merging";

/** A snapshot that is replaced while it is read is read again, but not for ever. */
const TRIES = 5;

/**
 * The snapshots of documents, as rows: a head, and parts that only it names. Parts are written first, then the head
 * over the version that was seen; so whoever reads a head finds its parts, and of two who made a snapshot of the
 * same one wins and the other's parts are nobody's.
 */
export class Snapshots {
  readonly #table: Table;
  readonly #newName: () => string;

  constructor(table: Table, newName: () => string) {
    this.#table = table;
    this.#newName = newName;
  }

  /** @throws {RelayError} `store_unavailable` */
  async head(documentId: string): Promise<Versioned> {
    const row = await this.#table.get(HEADS, documentId);
    return row ? { version: row.version, head: JSON.parse(row.value) } : { version: 0, head: undefined };
  }

  /**
   * The newest snapshot, if there is one.
   * @throws {RelayError} `store_unavailable`
   */
  async read(documentId: string): Promise<Snapshot | undefined> {
    for (let tries = 0; tries < TRIES; tries++) {
      const { head } = await this.head(documentId);
      if (!head) return undefined;
      const rows = await Promise.all(
        keysOf(documentId, head.name, head.parts).map((key) => this.#table.get(PARTS, key)),
      );
      const parts = rows.flatMap((row) => row ? [row.value] : []);
      if (parts.length === head.parts) return { head, parts };
    }
    throw new RelayError(
      ErrorCode.storeUnavailable,
      `Cannot read document "${documentId}": its snapshot is not whole`,
    );
  }

  /**
   * Puts a snapshot in the place of the one that was seen. False when somebody else did so first.
   * @throws {RelayError} `store_unavailable`: it is there or it is not, and never in part
   */
  async replace(
    documentId: string,
    { version, head: before }: Versioned,
    { epoch, offset }: { readonly epoch: string; readonly offset: number },
    { parts, bytes }: Whole,
  ): Promise<boolean> {
    const table = this.#table;
    const name = this.#newName();
    const head: Head = { epoch, offset, bytes, parts: parts.length, name };
    const left = await table.get(BEGUN, documentId);
    const begun: Begun = { name, parts: parts.length, before };
    await table.put(BEGUN, documentId, JSON.stringify(begun));
    const keys = keysOf(documentId, name, parts.length);
    await Promise.all(parts.map((part, n) => table.put(PARTS, keys[n]!, part)));
    const { ok } = await table.put(HEADS, documentId, JSON.stringify(head), { ifVersion: version });
    // only the winner clears up: whoever lost may have written what its answer failed to say
    if (!ok) return false;
    // what an earlier writer did not finish no head can name any more: it saw a version at most as high
    const unfinished: Begun | undefined = left && JSON.parse(left.value);
    const over = [before, unfinished?.before, unfinished].filter((one) => one !== undefined);
    await Promise.all(over.map((one) => this.#forget(documentId, one)));
    return true;
  }

  /** Lets `work` happen on one node at a time, as far as that is cheap: two at once do no harm. */
  async alone(documentId: string, ttlMs: number, work: () => Promise<void>): Promise<boolean> {
    const { ok } = await this.#table.put(MERGING, documentId, "1", { ifVersion: 0, ttlMs });
    if (!ok) return false;
    try {
      await work();
    } finally {
      await this.#table.delete(MERGING, documentId);
    }
    return true;
  }

  async #forget(documentId: string, { name, parts }: Parts): Promise<void> {
    const [first, ...rest] = keysOf(documentId, name, parts);
    // the first goes last: as long as it is there, so may be others
    if (!first || !await this.#table.get(PARTS, first)) return;
    await Promise.all(rest.map((key) => this.#table.delete(PARTS, key)));
    await this.#table.delete(PARTS, first);
  }
}

function keysOf(documentId: string, name: string, parts: number): string[] {
  return Array.from({ length: parts }, (_, part) => `${documentId} ${name} ${part}`);
}
