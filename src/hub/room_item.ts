import { Sealed } from "../protocol/sealed.ts";
import type { Item } from "./batch.ts";
import type { BroadcastOptions } from "./feature.ts";
import { isoTime } from "./iso_time.ts";

/** Something of a feature's own that is not stored, ready for the members of a room. */
export function roomItem(
  roomId: string,
  type: string,
  payload: object,
  { key, except }: BroadcastOptions,
  nowMs: number,
): Item {
  const sealed = Sealed.of({ type, payload, timestamp: isoTime(nowMs) });
  const lane = { kind: "keyed", key: key === undefined ? undefined : `${roomId} ${key}` } as const;
  return except === undefined ? { sealed, lane } : { sealed, lane, except };
}
