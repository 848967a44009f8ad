import { Sealed } from "../protocol/sealed.ts";
import type { Ack, ServerMessages } from "../protocol/messages.ts";
import { isoTime } from "./iso_time.ts";
import type { Entry } from "./ports.ts";

/** Seals a frame of the server's own. [E2] */
export function seal<T extends keyof ServerMessages>(
  type: T,
  payload: ServerMessages[T],
  nowMs: number,
): Sealed {
  return Sealed.of({ type, payload, timestamp: isoTime(nowMs) });
}

/** Seals the one answer to a frame that carried a `messageId`. [E3] [E4] */
export function sealAck(messageId: string, payload: Ack<object>, nowMs: number): Sealed {
  return Sealed.of({ type: "ack", payload, messageId, timestamp: isoTime(nowMs) });
}

/**
 * Seals a stored message. The body is spliced in as the text it was stored as and never parsed again; the server's
 * own fields come after it, so that nothing in it can pass for one of them. [A1] [E2]
 */
export function sealEntry(entry: Entry, epoch: string): Sealed {
  const { type, id, roomId, offset, messageId, userId, userName, body } = entry;
  const time = isoTime(entry.timestampMs);
  const own = body === "{}" ? "" : body.slice(1, -1) + ",";
  return Sealed.fromJson(
    `{"type":"${type}","payload":{${own}"id":"${id}","roomId":"${roomId}","epoch":"${epoch}","offset":${offset},` +
      `"messageId":"${messageId}","userId":"${userId}","userName":${JSON.stringify(userName)},` +
      `"timestamp":"${time}"},"messageId":"${messageId}","timestamp":"${time}"}`,
    type,
    { epoch, offset },
  );
}
