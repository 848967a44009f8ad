/** Where everything lies in the database. Names and numbers are parts of a key, so none can run into another. */
export interface Keys {
  /** the name of the database's life */
  readonly epoch: Deno.KvKey;
  /** written to learn whether writing works */
  readonly probe: Deno.KvKey;
  /** all heads */
  readonly heads: Deno.KvKey;
  /** a room's top, its oldest message, and after which all is retained */
  head(roomId: string): Deno.KvKey;
  /** a message */
  entry(roomId: string, offset: number): Deno.KvKey;
  /** a piece of a message's body that is too long for one value */
  piece(roomId: string, offset: number, n: number): Deno.KvKey;
  /** the offset of the message that was stored under an idempotency key [A2] */
  twin(roomId: string, userId: string, messageId: string): Deno.KvKey;
  /** all rows of a table */
  rows(table: string): Deno.KvKey;
  /** a row */
  row(table: string, key: string): Deno.KvKey;
  /** a piece of a row's value, of one of its writes */
  rowPiece(table: string, key: string, write: string, n: number): Deno.KvKey;
}

/** The keys of a store below `prefix`. */
export function keysBelow(prefix: string): Keys {
  return {
    epoch: [prefix, "epoch"],
    probe: [prefix, "probe"],
    heads: [prefix, "head"],
    head: (roomId) => [prefix, "head", roomId],
    entry: (roomId, offset) => [prefix, "log", roomId, offset],
    piece: (roomId, offset, n) => [prefix, "piece", roomId, offset, n],
    twin: (roomId, userId, messageId) => [prefix, "twin", roomId, userId, messageId],
    rows: (table) => [prefix, "row", table],
    row: (table, key) => [prefix, "row", table, key],
    rowPiece: (table, key, write, n) => [prefix, "row_piece", table, key, write, n],
  };
}
