import type { WireError } from "../protocol/errors.ts";
import type { ErrorCode } from "../protocol/wire.ts";

/** What can fail on this side of the wire. */
export type LocalCode =
  /** the server did not answer, however often it was asked */
  | "timeout"
  /** more messages are waiting than `outbox.max` */
  | "outbox_full"
  /** the relay was closed, by either side */
  | "closed"
  /** the relay gave up reconnecting */
  | "gave_up"
  /** the room was left */
  | "left"
  /** the message was discarded */
  | "discarded"
  /** it may have been stored, but for another user than the one connected now */
  | "identity_changed"
  /** a reader of `events()` is too slow */
  | "overflow"
  /** the `token` option, an outbox store or a listener threw */
  | "application";

/** What a `RelayError` may know besides its code. */
export interface RelayErrorOptions {
  /** whether the same request may succeed later: false unless given */
  retryable?: boolean;
  /** how long the server asks to wait, in ms */
  retryAfterMs?: number;
  /** what was thrown */
  cause?: unknown;
}

/** Everything the SDK rejects with: the server's error codes and a few of its own. */
export class RelayError extends Error {
  /** as every error has one */
  override readonly name = "RelayError";
  /** what happened, of a closed list */
  declare readonly code: ErrorCode | LocalCode;
  /** true when the same request may succeed later */
  declare readonly retryable: boolean;
  /** how long the server asks to wait, in ms */
  declare readonly retryAfterMs: number | undefined;

  /** An error of this side, or one that the server described. [E4] */
  constructor(
    code: ErrorCode | LocalCode,
    message: string,
    { retryable = false, retryAfterMs, cause }: RelayErrorOptions = {},
  ) {
    super(message, { cause });
    this.code = code;
    this.retryable = retryable;
    this.retryAfterMs = retryAfterMs;
  }
}

/** What the server described. [E4] */
export function described(error: WireError): RelayError {
  return new RelayError(error.code, error.message, error);
}
