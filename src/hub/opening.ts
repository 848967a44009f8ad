import { RelayError } from "../protocol/errors.ts";
import { Sealed } from "../protocol/sealed.ts";
import { ErrorCode } from "../protocol/wire.ts";
import type { Feature, Opening } from "./feature.ts";
import { isoTime } from "./iso_time.ts";
import type { Room } from "./room.ts";

/** A log that is trimmed while its opening is read is looked at again, but not for ever. */
const TRIES = 3;

/**
 * What a reader of the room begins with, and a log that has everything after it; nothing when the room's feature
 * has no such thing.
 * @throws {RelayError} `store_unavailable`
 */
export async function openingOf(feature: Feature | undefined, room: Room): Promise<Opening | undefined> {
  if (!feature?.opening) return undefined;
  for (let tries = 0; tries < TRIES; tries++) {
    const opening = await feature.opening(room);
    // another node may have made it from messages this one has not heard of
    if (opening.offset > room.log.cursor) await room.log.refresh();
    if (opening.epoch === room.log.epoch && await room.log.holds(opening.offset)) return opening;
  }
  throw changing(room);
}

/** The answer when a room's log does not go on from its opening, for the moment. */
export function changing({ id }: Room): RelayError {
  return new RelayError(ErrorCode.storeUnavailable, `Cannot join room "${id}": its log is changing`);
}

const sealed = new WeakMap<Opening, readonly Sealed[]>();

/** The opening's messages, sealed once. */
export function sealOpening(opening: Opening, nowMs: number): readonly Sealed[] {
  let messages = sealed.get(opening);
  if (!messages) {
    const timestamp = isoTime(nowMs);
    messages = opening.messages.map(({ type, payload }) => Sealed.of({ type, payload, timestamp }));
    sealed.set(opening, messages);
  }
  return messages;
}
