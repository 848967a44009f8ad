import type { FeatureHost } from "../../hub/feature.ts";
import { Coalescer } from "./coalescer.ts";

const TABLE = "dashboard";
/** The store is told of each source at most so often. */
const STORE_EVERY_MS = 1000;
/** A source that is silent for longer is not shown to who joins. */
const KEEP_MS = 60 * 60 * 1000;

/**
 * The last value of each source, for who joins. The application's are in the store: whoever joins on another node, or
 * after a restart, is told them too. The relay's own are kept here while somebody looks.
 */
export class LastValues {
  /** the relay's own, in this isolate's words */
  own: object | undefined;
  readonly #host: FeatureHost;
  readonly #stored: Coalescer<object>;

  constructor(host: FeatureHost) {
    this.#host = host;
    this.#stored = new Coalescer(host.clock, STORE_EVERY_MS, (source, update) => {
      host.store.put(TABLE, source, JSON.stringify(update), { ttlMs: KEEP_MS })
        .catch((error) => host.logger.warn("series_not_stored", { source, reason: String(error) }));
    });
  }

  keep(source: string, update: object): void {
    this.#stored.put(source, update);
  }

  /** Hands out what there is: the relay's own at once, the others when the store has answered. */
  tell(send: (update: object) => void): void {
    if (this.own) send(this.own);
    this.#host.store.list(TABLE).then(
      (rows) => rows.forEach(({ value }) => send(JSON.parse(value))),
      (error) => this.#host.logger.warn("series_not_read", { reason: String(error) }),
    );
  }

  close(): void {
    this.#stored.close();
  }
}
