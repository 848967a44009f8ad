import { RelayError } from "../../src/protocol/errors.ts";
import type { Appended, Draft, Head, Page, PutOptions, Range, Row, Store } from "../../src/hub/ports.ts";

export type StoreOperation = "append" | "read" | "heads" | "get" | "list" | "put" | "delete" | "retain";

/**
 * A store a test has in its hand: it can be slow, fail before or after it did what it was asked, or be exchanged
 * for another one, as after a restored backup.
 */
export class ControlledStore implements Store {
  inner: Store;
  /** `before`: nothing was written; `after`: it was written and the answer is lost. */
  failing: "before" | "after" | undefined;
  readonly calls: StoreOperation[] = [];
  readonly #held = new Map<string, Promise<void>>();

  constructor(inner: Store) {
    this.inner = inner;
  }

  /** Lets an operation wait, before or after its work is done, until the returned function is called. */
  hold(operation: StoreOperation, when: "before" | "after" = "after"): () => void {
    const { promise, resolve } = Promise.withResolvers<void>();
    const key = `${when} ${operation}`;
    this.#held.set(key, promise);
    return () => {
      if (this.#held.get(key) === promise) this.#held.delete(key);
      resolve();
    };
  }

  append(draft: Draft): Promise<Appended> {
    return this.#run("append", () => this.inner.append(draft));
  }

  read(roomId: string, range: Range): Promise<Page> {
    return this.#run("read", () => this.inner.read(roomId, range));
  }

  heads(roomIds: readonly string[]): Promise<Head[]> {
    return this.#run("heads", () => this.inner.heads(roomIds));
  }

  retain(roomId: string, offset: number): Promise<void> {
    return this.#run("retain", () => this.inner.retain(roomId, offset));
  }

  get(table: string, key: string): Promise<Row | undefined> {
    return this.#run("get", () => this.inner.get(table, key));
  }

  list(table: string): Promise<Row[]> {
    return this.#run("list", () => this.inner.list(table));
  }

  put(table: string, key: string, value: string, options?: PutOptions): ReturnType<Store["put"]> {
    return this.#run("put", () => this.inner.put(table, key, value, options));
  }

  delete(table: string, key: string): Promise<void> {
    return this.#run("delete", () => this.inner.delete(table, key));
  }

  ready(): Promise<void> {
    return this.failing ? Promise.reject(unavailable()) : this.inner.ready();
  }

  close(): Promise<void> {
    return this.inner.close();
  }

  async #run<T>(operation: StoreOperation, work: () => Promise<T>): Promise<T> {
    this.calls.push(operation);
    await this.#held.get(`before ${operation}`);
    if (this.failing === "before") throw unavailable();
    const result = await work();
    await this.#held.get(`after ${operation}`);
    if (this.failing === "after") throw unavailable();
    return result;
  }
}

function unavailable(): RelayError {
  return new RelayError("store_unavailable", "Cannot reach the store: it was told to fail");
}
