import { byteLength } from "../protocol/byte_length.ts";
import type { Entry } from "./ports.ts";

/** What the message log says of a message: never its body. */
export type MessageSaved = {
  readonly messageId: string;
  readonly id: string;
  readonly roomId: string;
  readonly userId: string;
  readonly offset: number;
  /** of the body as JSON */
  readonly bytes: number;
  /** from its arrival to its queued ack */
  readonly latencyMs: number;
};

export function messageSaved(entry: Entry, latencyMs: number): MessageSaved {
  const { messageId, id, roomId, userId, offset, body } = entry;
  return {
    messageId,
    id,
    roomId,
    userId,
    offset,
    bytes: byteLength(body),
    latencyMs: Math.round(latencyMs * 100) / 100,
  };
}
