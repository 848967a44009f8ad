import { connectStore } from "../../src/stores/remote.ts";
import { sqlite, type SqliteOptions, type SqliteStore } from "../../src/stores/sqlite.ts";
import type { Store } from "../../src/hub/ports.ts";
import { storeContract } from "../contract/store_contract.ts";

storeContract("sqlite", (options) => inFolder(options));
// what is moved to its room at once takes the other way through reading
storeContract("sqlite, settled at once", (options) => inFolder({ ...options, settleAfter: 1 }));
storeContract("sqlite, without a file", (options) => Promise.resolve(sqlite(":memory:", options)));
storeContract("sqlite, through a port", async (options) => {
  const store = await inFolder(options);
  return closingToo(connectStore(store.port()), () => store.close());
});

async function inFolder(options: SqliteOptions = {}): Promise<SqliteStore> {
  const folder = await Deno.makeTempDir({ prefix: "denbun-" });
  const store = sqlite(`${folder}/store.db`, options);
  return closingToo(store, () => Deno.remove(folder, { recursive: true }));
}

/** Lets `close` also do what comes after it. */
function closingToo<S extends Store>(store: S, after: () => Promise<void>): S {
  const close = store.close.bind(store);
  let closing: Promise<void> | undefined;
  store.close = () => closing ??= close().then(after);
  return store;
}
