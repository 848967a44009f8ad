/** SQLite's primary result codes that mean something here. */
const Code = {
  busy: 5,
  locked: 6,
  ioError: 10,
  corrupt: 11,
  full: 13,
  tooBig: 18,
  constraint: 19,
  notADatabase: 26,
} as const;

/** The file is not one to go on with: no retry heals it. */
export class DamagedFile extends Error {
  override readonly name = "DamagedFile";

  constructor(path: string, fact: string, options?: ErrorOptions) {
    super(`Cannot open "${path}": ${fact}`, options);
  }
}

function primaryCode(error: unknown): number | undefined {
  if (!(error instanceof Error) || !("errcode" in error)) return undefined;
  return typeof error.errcode === "number" ? error.errcode & 0xff : undefined;
}

/** Somebody else holds the file for the moment; nothing was written. */
export function isBusy(error: unknown): boolean {
  const code = primaryCode(error);
  return code === Code.busy || code === Code.locked;
}

/** The error; a `DamagedFile` if it says that the content is no database, or no longer one. */
export function damageOr(error: unknown, path: string): unknown {
  const code = primaryCode(error);
  if (code !== Code.corrupt && code !== Code.notADatabase) return error;
  return new DamagedFile(path, `it is damaged or not a database (${reasonOf(error)})`, { cause: error });
}

/** The file may be usable again later, as it is. */
export function mayPass(error: unknown): boolean {
  const code = primaryCode(error);
  return isBusy(error) || code === Code.full || code === Code.ioError;
}

/** One statement was refused for its values; the transaction around it is sound. */
export function isRefused(error: unknown): boolean {
  const code = primaryCode(error);
  return code === undefined || code === Code.constraint || code === Code.tooBig;
}

export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
