import type { Metrics, Store } from "../hub/ports.ts";

const OPERATIONS = ["append", "read", "heads", "get", "list", "put", "delete", "retain"] as const;
type Operation = typeof OPERATIONS[number];

/** A store whose failures are counted. Everything else is as it was. */
export function meteredStore(store: Store, metrics: Metrics): Store {
  const failures = Object.fromEntries(
    OPERATIONS.map((operation) => {
      const counter = metrics.counter("store_errors_total", { operation });
      return [operation, (error: unknown): never => {
        counter.add(1);
        throw error;
      }];
    }),
  ) as Record<Operation, (error: unknown) => never>;

  return {
    append: (draft) => store.append(draft).catch(failures.append),
    read: (roomId, range) => store.read(roomId, range).catch(failures.read),
    heads: (roomIds) => store.heads(roomIds).catch(failures.heads),
    retain: (roomId, offset) => store.retain(roomId, offset).catch(failures.retain),
    get: (table, key) => store.get(table, key).catch(failures.get),
    list: (table) => store.list(table).catch(failures.list),
    put: (table, key, value, options) => store.put(table, key, value, options).catch(failures.put),
    delete: (table, key) => store.delete(table, key).catch(failures.delete),
    ready: () => store.ready(),
    close: () => store.close(),
  };
}
