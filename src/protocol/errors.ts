import { ErrorCode } from "./wire.ts";

/** An error as it stands on the wire: in acks, `error` frames and HTTP problem bodies. [E4] */
export interface WireError {
  code: ErrorCode;
  message: string;
  retryable: boolean;
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
  override readonly name = "RelayError";
  readonly code: ErrorCode;
  readonly retryAfterMs: number | undefined;

  constructor(code: ErrorCode, message: string, options: { retryAfterMs?: number; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.retryAfterMs = options.retryAfterMs;
  }

  /** True when the same request may succeed later. */
  get retryable(): boolean {
    return RETRYABLE.has(this.code);
  }

  toWire(): WireError {
    const { code, message, retryable, retryAfterMs } = this;
    return retryAfterMs === undefined
      ? { code, message, retryable }
      : { code, message, retryable, retryAfterMs };
  }
}
