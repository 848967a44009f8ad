/** A place in one room's log. `epoch` names the log's life, `offset` counts from 1 without gaps. [R1] */
export interface Position {
  /** 1–64 characters; another one means that the log began anew */
  readonly epoch: string;
  /** 0 stands before the first message */
  readonly offset: number;
}

/** `epoch.offset`, as in URLs, headers and SSE ids. [E3b] */
export function formatPosition({ epoch, offset }: Position): string {
  return `${epoch}.${offset}`;
}

/** Reads `epoch.offset`; `undefined` when it is anything else. */
export function parsePosition(text: string): Position | undefined {
  const match = /^([A-Za-z0-9_-]{1,64})\.(0|[1-9]\d{0,15})$/.exec(text);
  if (!match) return undefined;
  const offset = Number(match[2]);
  return Number.isSafeInteger(offset) ? { epoch: match[1]!, offset } : undefined;
}
