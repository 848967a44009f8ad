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
  readonly code: ErrorCode | LocalCode;
  /** true when the same request may succeed later */
  readonly retryable: boolean;
  /** how long the server asks to wait, in ms */
  readonly retryAfterMs: number | undefined;

  /** An error of this side, or one that the server described. [E4] */
  constructor(code: ErrorCode | LocalCode, message: string, options: RelayErrorOptions = {}) {
    super(message, { cause: options.cause });
    this.code = code;
    this.retryable = options.retryable ?? false;
    this.retryAfterMs = options.retryAfterMs;
  }
}
