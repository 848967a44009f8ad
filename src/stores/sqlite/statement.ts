import type { DatabaseSync, SQLInputValue } from "node:sqlite";

/** A prepared statement whose rows are known to be of type `R`. */
export interface Statement<R> {
  get(...values: SQLInputValue[]): R | undefined;
  all(...values: SQLInputValue[]): R[];
  run(...values: SQLInputValue[]): number;
}

/** Prepares a statement. The rows' type is the schema's word: columns are STRICT. */
export function prepare<R = never>(db: DatabaseSync, sql: string): Statement<R> {
  const statement = db.prepare(sql);
  return {
    get: (...values) => statement.get(...values) as R | undefined,
    all: (...values) => statement.all(...values) as R[],
    run: (...values) => Number(statement.run(...values).changes),
  };
}
