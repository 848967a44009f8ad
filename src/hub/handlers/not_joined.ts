import { RelayError } from "../../protocol/errors.ts";
import { ErrorCode } from "../../protocol/wire.ts";

/** The error of whoever acts in a room without being in it. */
export function notJoined(action: string, roomId: string): RelayError {
  return new RelayError(ErrorCode.notJoined, `Cannot ${action} room "${roomId}": you have not joined it`);
}
