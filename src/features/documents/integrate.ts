import * as Y from "yjs";

/** What comes of a document and changes to it. */
export interface Integrated {
  /** one update that says all of it, what waits for a change that has not come yet included */
  readonly update: Uint8Array;
  /** how many of the changes, the first ones, it was made of: all of them, unless too many are bad */
  readonly taken: number;
  /** how many of these are not in it */
  readonly dropped: number;
}

/** After so many bad ones the rest is left for another time: each costs a copy of the document. */
const MOST_DROPPED = 100;

/**
 * Makes one of a document and its changes. Changes that Yjs can read and not integrate are left out, and no others:
 * one that waited for another, and proves bad when that comes, takes nothing else with it.
 */
export function integrate(document: Uint8Array | undefined, changes: readonly Uint8Array[]): Integrated {
  const updates = document ? [document, ...changes] : changes;
  const doc = new Y.Doc();
  const { length } = changes;
  try {
    doc.transact(() => updates.forEach((update) => Y.applyUpdate(doc, update)));
    return { update: Y.encodeStateAsUpdate(doc), taken: length, dropped: 0 };
  } catch {
    return new Sieve(document).sift(changes);
  } finally {
    doc.destroy();
  }
}

/** A change of which some part waits: by client, for what follows this clock. */
interface Waiting {
  readonly update: Uint8Array;
  readonly version: 1 | 2;
  readonly missing: ReadonlyMap<number, number>;
}
type Change = Omit<Waiting, "missing">;

/** Integrates one change after the other. A document is half changed by one that fails, so each is tried first. */
class Sieve {
  readonly #good = new Y.Doc();
  #trial = new Y.Doc();
  readonly #waiting: Waiting[] = [];
  #dropped = 0;

  /** @throws {Error} when the document itself cannot be integrated */
  constructor(document: Uint8Array | undefined) {
    if (!document) return;
    Y.applyUpdate(this.#good, document);
    // what waits in a snapshot waits as one, and stands or falls as one
    const waits = takePending(this.#good);
    if (waits) this.#waiting.push({ ...waits, version: 2 });
    this.#tryAnew();
  }

  sift(changes: readonly Uint8Array[]): Integrated {
    let taken = 0;
    for (const update of changes) {
      if (this.#dropped >= MOST_DROPPED) break;
      taken++;
      this.#take({ update, version: 1 });
      for (let ready = this.#ready(); ready; ready = this.#ready()) this.#take(ready);
    }
    for (const { update, version } of this.#waiting) apply(this.#good, { update, version });
    const update = Y.encodeStateAsUpdate(this.#good);
    for (const doc of [this.#good, this.#trial]) doc.destroy();
    return { update, taken, dropped: this.#dropped };
  }

  #take(change: Change): void {
    try {
      apply(this.#trial, change);
    } catch {
      this.#dropped++;
      return this.#tryAnew();
    }
    apply(this.#good, change);
    // taken out of Yjs's hands, which would try it again, and fail, in another one's turn
    takePending(this.#trial);
    const waits = takePending(this.#good);
    if (waits) this.#waiting.push({ ...change, missing: waits.missing });
  }

  #ready(): Change | undefined {
    const { store } = this.#good;
    const at = this.#waiting.findIndex(({ missing }) =>
      [...missing].some(([client, clock]) => clock < Y.getState(store, client))
    );
    return at < 0 ? undefined : this.#waiting.splice(at, 1)[0];
  }

  #tryAnew(): void {
    this.#trial.destroy();
    this.#trial = new Y.Doc();
    Y.applyUpdate(this.#trial, Y.encodeStateAsUpdate(this.#good));
  }
}

function apply(doc: Y.Doc, { update, version }: Change): void {
  if (version === 1) Y.applyUpdate(doc, update);
  else Y.applyUpdateV2(doc, update);
}

function takePending({ store }: Y.Doc): Omit<Waiting, "version"> | undefined {
  const { pendingStructs } = store;
  store.pendingStructs = null;
  return pendingStructs ?? undefined;
}
