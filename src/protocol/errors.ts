import { ErrorCode } from "./wire.ts";

/** An error as it stands on the wire: in acks, `error` frames and HTTP problem bodies. [E4] */
export interface WireError {
  /** what happened, of a closed list */
  code: ErrorCode;
  /** for people: "action: fact" */
  message: string;
  /** the same request may succeed later */
  retryable: boolean;
  /** how long to wait first, in ms */
  retryAfterMs?: number;
}

/** The codes after which the same request may succeed later. [E4] */
const RETRYABLE: ReadonlySet<ErrorCode> = new Set([
  ErrorCode.rateLimited,
  ErrorCode.storeUnavailable,
  ErrorCode.draining,
  ErrorCode.internal,
]);

/**
 * What a client must know about a failure. Everything else that is thrown is `internal` on the wire and one
 * line in the log. Messages read "action: fact": `Cannot join room "x": you are not a member`.
 */
export class RelayError extends Error {
  /** tells it from other errors, also where `instanceof` cannot */
  override readonly name = "RelayError";
  /** what happened, of a closed list */
  readonly code: ErrorCode;
  /** how long a client should wait before it tries again, in ms */
  readonly retryAfterMs: number | undefined;

  /** `cause` stays on this side: only code, message and wait go to the client. */
  constructor(code: ErrorCode, message: string, options: { retryAfterMs?: number; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.retryAfterMs = options.retryAfterMs;
  }

  /** True when the same request may succeed later. */
  get retryable(): boolean {
    return RETRYABLE.has(this.code);
  }

  /** What the client is told. */
  toWire(): WireError {
    const { code, message, retryable, retryAfterMs } = this;
    return retryAfterMs === undefined
      ? { code, message, retryable }
      : { code, message, retryable, retryAfterMs };
  }
}
