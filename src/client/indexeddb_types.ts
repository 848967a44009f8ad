/** As much of IndexedDB and Web Locks as the outbox uses: runtimes without them have no types of them either. */

/** An IDBRequest. */
export interface Request<T> {
  readonly result: T;
  readonly error: unknown;
  readonly transaction: Transaction | null;
  onsuccess: (() => void) | null;
  onerror: (() => void) | null;
}

/** An IDBTransaction. */
export interface Transaction {
  readonly mode: "readonly" | "readwrite" | "versionchange";
  readonly error: unknown;
  oncomplete: (() => void) | null;
  onabort: (() => void) | null;
  objectStore(name: string): ObjectStore;
}

/** An IDBObjectStore whose keys are numbers. */
export interface ObjectStore {
  put(value: unknown, key?: number): Request<number>;
  delete(key: number): Request<undefined>;
  openCursor(): Request<Cursor | null>;
}

/** An IDBCursorWithValue. */
export interface Cursor {
  readonly primaryKey: number;
  readonly value: unknown;
  update(value: unknown): Request<number>;
  continue(): void;
}

/** An IDBDatabase. */
export interface Database {
  createObjectStore(name: string, options: { autoIncrement: boolean }): ObjectStore;
  transaction(name: string, mode: "readwrite"): Transaction;
}

/** A LockManager. */
export interface Locks {
  request<T>(name: string, work: () => T | Promise<T>): Promise<T>;
  query(): Promise<{ held?: { name?: string }[] }>;
}

/** What a browser's page has of it. */
export interface Page {
  readonly indexedDB: {
    open(name: string, version: number): Request<Database> & { onupgradeneeded: (() => void) | null };
  };
  readonly navigator?: { readonly locks?: Locks };
}
