/**
 * Names of everything a store keeps. The braces put all of it on one node of a cluster, so that a script can hold
 * the epoch and a log at once; relays that are to share a cluster's work take different prefixes.
 */
export class Keys {
  readonly life: string;
  readonly ready: string;
  /** the rooms there are, as a set */
  readonly rooms: string;
  readonly #prefix: string;

  constructor(prefix: string) {
    this.#prefix = `{${prefix}}`;
    this.life = `${this.#prefix}:life`;
    this.ready = `${this.#prefix}:ready`;
    this.rooms = `${this.#prefix}:rooms`;
  }

  /** Which of a store's connections is the present one. */
  connection(storeId: string): string {
    return `${this.#prefix}:connection:${storeId}`;
  }

  head(roomId: string): string {
    return `${this.#prefix}:head:${roomId}`;
  }

  log(roomId: string): string {
    return `${this.#prefix}:log:${roomId}`;
  }

  sent(roomId: string): string {
    return `${this.#prefix}:sent:${roomId}`;
  }

  /** A table's rows, and when they expire. */
  table(table: string): readonly [rows: string, expiries: string] {
    return [`${this.#prefix}:rows:${table}`, `${this.#prefix}:expiries:${table}`];
  }
}
