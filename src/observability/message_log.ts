import type { Observer } from "../hub/observer.ts";
import type { Logger } from "../hub/ports.ts";
import { byteLength } from "../protocol/byte_length.ts";

/** Writes `message_saved` of each message that is stored: ids, place, size and latency, never its body. */
export function messageLog(logger: Logger): Observer {
  return {
    messageSaved({ entry: { messageId, id, roomId, userId, offset, body }, latencyMs }) {
      logger.info("message_saved", {
        messageId,
        id,
        roomId,
        userId,
        offset,
        bytes: byteLength(body),
        latencyMs: Math.round(latencyMs * 100) / 100,
      });
    },
  };
}
