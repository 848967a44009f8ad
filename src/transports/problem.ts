import { RelayError, type WireError } from "../protocol/errors.ts";
import { ErrorCode } from "../protocol/wire.ts";

const STATUS: Readonly<Record<ErrorCode, number>> = {
  bad_request: 400,
  unknown_type: 400,
  unauthorized: 401,
  forbidden: 403,
  not_joined: 409,
  not_found: 404,
  conflict: 409,
  too_large: 413,
  rate_limited: 429,
  limit_exceeded: 429,
  store_unavailable: 503,
  draining: 503,
  internal: 500,
};

export function statusOf(code: ErrorCode): number {
  return STATUS[code];
}

/** In whole seconds, as HTTP has it. */
export function retryAfter({ retryAfterMs }: Partial<WireError> = {}): Record<string, string> {
  return retryAfterMs === undefined ? {} : { "retry-after": String(Math.ceil(retryAfterMs / 1000)) };
}

/** An error over HTTP: `application/problem+json` (RFC 9457) with a code of the closed list. [E4] */
export function problem(
  error: RelayError | WireError,
  options: { status?: number; headers?: HeadersInit } = {},
): Response {
  const wire = error instanceof RelayError ? error.toWire() : error;
  const { code, message, retryable, retryAfterMs } = wire;
  const status = options.status ?? statusOf(code);
  const headers = new Headers({ ...retryAfter(wire), ...Object.fromEntries(new Headers(options.headers)) });
  headers.set("content-type", "application/problem+json");
  headers.set("cache-control", "no-store");
  if (status === 401) headers.set("www-authenticate", "Bearer");
  return new Response(
    JSON.stringify({ type: "about:blank", title: message, status, code, retryable, retryAfterMs }),
    {
      status,
      headers,
    },
  );
}
