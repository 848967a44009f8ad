import { RelayError } from "../errors.ts";
import type { JoinedRoom } from "../messages.ts";
import { formatPosition, type Position } from "../position.ts";
import type { Sealed } from "../sealed.ts";
import { ErrorCode, ServerType } from "../wire.ts";
import type { Codec } from "./codec.ts";

const encoder = new TextEncoder();

/**
 * `text/event-stream` for a stream of one room: each event that has a place in the log carries it as `id`, so the
 * bytes are the same for all of the room's readers. An event without a place has no `id`: the reader's last one
 * goes on counting. [T1]
 */
export const eventStream: Codec = {
  name: "event-stream",
  batches: true,
  deflates: false,
  decode: refuse,
  sizeOf: refuse,
  encode: (sealed) => [encoder.encode(sealed.map((one) => id(one) + event(one) + "\n").join(""))],
};

/**
 * The same for a stream of several rooms, whose cursor is each reader's own. The last event is left open, so that
 * the connection can put the `id` into it; the next frame's first line ends it otherwise. [T1]
 */
export const openEventStream: Codec = {
  name: "event-stream.open",
  batches: true,
  deflates: false,
  decode: refuse,
  sizeOf: refuse,
  encode: (sealed) => [encoder.encode("\n" + sealed.map(event).join("\n"))],
};

function event(sealed: Sealed): string {
  return `${advice(sealed)}data: ${oneLine(sealed.json)}\n`;
}

function id(sealed: Sealed): string {
  const place = placeOf(sealed);
  return place ? `id: ${formatPosition(place)}\n` : "";
}

/** Where in its room's log a reader stands who has read this. */
function placeOf(sealed: Sealed): Position | undefined {
  switch (sealed.type) {
    case ServerType.joinedRoom: {
      const { epoch, from } = sealed.value.payload as JoinedRoom;
      return { epoch, offset: from };
    }
    case ServerType.reset:
      return sealed.value.payload as Position;
    default:
      return sealed.position;
  }
}

/** A `drain` says when to come back in the browser's own words too. */
function advice(sealed: Sealed): string {
  if (sealed.type !== ServerType.drain) return "";
  return `retry: ${(sealed.value.payload as { retryAfterMs: number }).retryAfterMs}\n`;
}

/** A line break inside JSON can only be white space between its parts, and would end the event. */
function oneLine(json: string): string {
  return /[\r\n]/.test(json) ? json.replace(/[\r\n]+/g, " ") : json;
}

function refuse(): never {
  throw new RelayError(ErrorCode.badRequest, "Cannot read frame: an event stream goes one way");
}
