import type { Clock } from "../hub/ports.ts";
import { sign } from "./signature.ts";

/** One event on its way to the application. */
export interface Letter {
  /** the same at each try, so that a receiver knows a second delivery */
  readonly id: string;
  /** JSON text */
  readonly body: string;
}

/** What became of one try. */
export type PostOutcome =
  | { readonly kind: "delivered" }
  /** it may be taken later, not before `retryAfterMs` where the receiver said so */
  | { readonly kind: "refused"; readonly reason: string; readonly retryAfterMs?: number }
  /** the receiver wants no more of it (410) */
  | { readonly kind: "unwanted" };

/** Posts a letter once. Never rejects; `abort` ends it as refused. */
export type Post = (letter: Letter, abort: AbortSignal) => Promise<PostOutcome>;

export interface PostOptions {
  readonly url: string;
  readonly secrets: readonly Uint8Array[];
  readonly clock: Clock;
  /** how long the receiver may take: 10 s */
  readonly timeoutMs?: number;
}

const GONE = 410;

/**
 * Posts to one address over HTTP. A redirect is not followed, because whoever answers must not choose where events
 * go, and what the receiver says beside its status is not read. [S3]
 */
export function httpPost({ url, secrets, clock, timeoutMs = 10_000 }: PostOptions): Post {
  return async ({ id, body }, abort) => {
    const late = new AbortController();
    const cancel = clock.after(timeoutMs, () => late.abort());
    try {
      const response = await fetch(url, {
        method: "POST",
        redirect: "manual",
        headers: {
          "content-type": "application/json",
          "user-agent": "Denbun-Webhooks/1",
          ...sign(secrets, { id, atS: Math.floor(clock.now() / 1000), body }),
        },
        body,
        signal: AbortSignal.any([abort, late.signal]),
      });
      await response.body?.cancel();
      if (response.ok) return { kind: "delivered" };
      if (response.status === GONE) return { kind: "unwanted" };
      return { kind: "refused", reason: `it answered ${response.status}`, ...waitOf(response.headers) };
    } catch (error) {
      if (late.signal.aborted) return { kind: "refused", reason: `it did not answer in ${timeoutMs} ms` };
      // the address may hold a secret, and so may what fetch says of it
      return { kind: "refused", reason: `it could not be reached: ${(error as Error).name}` };
    } finally {
      cancel();
    }
  };
}

function waitOf(headers: Headers): { retryAfterMs?: number } {
  const seconds = Number(headers.get("retry-after") ?? NaN);
  return Number.isFinite(seconds) && seconds > 0 ? { retryAfterMs: seconds * 1000 } : {};
}
