import { ask } from "./api.ts";

/** Who the session cookie says we are. */
export interface SessionUser {
  readonly userId: string;
  readonly userName: string;
}

/**
 * The user of this browser's session cookie, a new guest where there is none. Streams, polls and posts then come from
 * the same user by themselves. [C3]
 * @throws {ApiError} `unauthorized` where only the application's own users may enter
 */
export function ensureSession(): Promise<SessionUser> {
  return ask<SessionUser>("POST", "api/session", {});
}
