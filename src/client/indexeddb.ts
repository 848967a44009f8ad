/**
 * Keeps unsent messages in IndexedDB: neither a reload nor a crashed tab loses one.
 *
 *     import { connect } from "@denbun/client";
 *     import { indexedDbStore } from "@denbun/client/indexeddb";
 *     const relay = connect("https://example.test", { outbox: { store: indexedDbStore() } });
 *
 * @module
 */
import { uuid } from "./ids.ts";
import type { Cursor, Database, ObjectStore, Page, Request } from "./indexeddb_types.ts";
import type { OutboxItem, OutboxStore } from "./types.ts";

/** A message and the tab that sends it. */
interface Kept {
  owner: string;
  item: OutboxItem;
}

const STORE = "items";

/**
 * A store that all tabs of an origin share: each sends its own messages, and takes over those of tabs that are gone.
 * Give users that must not send for each other databases of different names.
 */
export function indexedDbStore(name = "denbun-outbox"): OutboxStore {
  const owner = `${name}:${uuid()}`;
  /** where an item stands: keys count up, so that order is kept */
  const keys = new Map<string, number>();
  const held = hold(owner);
  const opened = open(name);
  // the outbox reports what its first question finds
  for (const started of [held, opened]) started.catch(() => {});

  async function items(): Promise<ObjectStore> {
    return (await opened).transaction(STORE, "readwrite").objectStore(STORE);
  }

  /** Takes over what belongs to nobody who is still there. */
  async function adopt(): Promise<OutboxItem[]> {
    const alive = await owners();
    const found: OutboxItem[] = [];
    const store = await items();
    await each(store.openCursor(), (cursor) => {
      const { item, owner: former } = cursor.value as Kept;
      if (former !== owner && alive.has(former)) return;
      keys.set(item.messageId, cursor.primaryKey);
      cursor.update({ owner, item } satisfies Kept);
      found.push(item);
    });
    return found;
  }

  return {
    async load() {
      await held;
      // one tab after the other: two that open at once must not both adopt the same
      return await alone(name, adopt);
    },
    async put(item) {
      const store = await items();
      keys.set(
        item.messageId,
        await done(store.put({ owner, item } satisfies Kept, keys.get(item.messageId))),
      );
    },
    async delete(messageId) {
      const key = keys.get(messageId);
      keys.delete(messageId);
      if (key !== undefined) await done((await items()).delete(key));
    },
  };
}

/** Pages that are not served over TLS have no locks: then every tab sends what it finds, which is stored once. */
const { locks } = (globalThis as unknown as Page).navigator ?? {};

/** Holds a lock for as long as the page is there: that is how others know. */
function hold(lock: string): Promise<void> {
  return new Promise((resolve, reject) => {
    if (!locks) return resolve();
    const held = locks.request(lock, () => {
      resolve();
      return new Promise(() => {});
    });
    held.catch(reject);
  });
}

async function alone<T>(lock: string, work: () => Promise<T>): Promise<T> {
  return locks ? await locks.request(lock, work) : await work();
}

async function owners(): Promise<Set<string | undefined>> {
  const { held = [] } = await locks?.query() ?? {};
  return new Set(held.map(({ name }) => name));
}

async function open(name: string): Promise<Database> {
  const request = (globalThis as unknown as Page).indexedDB.open(name, 1);
  request.onupgradeneeded = () => request.result.createObjectStore(STORE, { autoIncrement: true });
  return await done(request);
}

function done<T>(request: Request<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const { transaction } = request;
    request.onerror = () => reject(request.error);
    // a write counts when its transaction does
    if (transaction && transaction.mode !== "versionchange") {
      transaction.oncomplete = () => resolve(request.result);
      transaction.onabort = () => reject(transaction.error);
    } else request.onsuccess = () => resolve(request.result);
  });
}

function each(request: Request<Cursor | null>, visit: (cursor: Cursor) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    request.onerror = () => reject(request.error);
    request.onsuccess = () => {
      if (!request.result) return;
      visit(request.result);
      request.result.continue();
    };
    request.transaction!.oncomplete = () => resolve();
    request.transaction!.onabort = () => reject(request.transaction!.error);
  });
}
