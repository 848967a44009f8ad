import { RelayError } from "../../protocol/errors.ts";
import { ErrorCode } from "../../protocol/wire.ts";
import type { Caller } from "../caller.ts";
import { Session } from "../session.ts";

/**
 * The session that calls.
 * @throws {RelayError} `bad_request` when the request stands alone and nothing could be sent down to it
 */
export function connected(caller: Caller, action: string): Session {
  if (caller instanceof Session) return caller;
  throw new RelayError(ErrorCode.badRequest, `Cannot ${action}: this needs a connection of your own`);
}
