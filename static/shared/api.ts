import { apiUrl } from "./api_url.ts";

/** An answer that was no success. `code` is one of the relay's, or `network`. */
export class ApiError extends Error {
  readonly code: string;
  readonly retryAfterMs: number;

  constructor(code: string, message: string, retryAfterMs = 0) {
    super(message);
    this.code = code;
    this.retryAfterMs = retryAfterMs;
  }
}

/**
 * Asks a route that speaks JSON, as whoever the session cookie says.
 * @throws {ApiError}
 */
export async function ask<T>(method: "GET" | "POST", path: string, body?: object): Promise<T> {
  let response: Response;
  try {
    response = await fetch(apiUrl(path), {
      method,
      ...body && { headers: { "content-type": "application/json" }, body: JSON.stringify(body) },
    });
  } catch (error) {
    throw new ApiError("network", String(error));
  }
  const answer = await response.json().catch(() => ({}));
  if (response.ok) return answer;
  throw new ApiError(answer.code ?? "internal", answer.title ?? response.statusText, answer.retryAfterMs);
}
