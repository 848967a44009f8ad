import type { Store } from "../../src/hub/ports.ts";

/** The store, once its first connection is there: until then it refuses. */
export async function up(store: Store): Promise<Store> {
  for (;;) {
    try {
      await store.ready();
      return store;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }
}
