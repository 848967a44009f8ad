import type { Hub } from "../hub/hub.ts";
import type { Attached } from "../hub/hub_options.ts";
import type { Identity } from "../hub/ports.ts";
import type { Session } from "../hub/session.ts";
import { eventStream, openEventStream } from "../protocol/codecs/event_stream.ts";
import { CloseCode } from "../protocol/wire.ts";
import type { Comments } from "./comments.ts";
import type { Release } from "./places.ts";
import { StreamConnection } from "./stream_connection.ts";
import { cursorOf } from "./stream_cursor.ts";

export const EVENT_STREAM_HEADERS: Readonly<Record<string, string>> = {
  "content-type": "text/event-stream; charset=utf-8",
  // no-transform: a compressor would hold events back
  "cache-control": "no-store, no-transform",
  "x-accel-buffering": "no",
};

/** How long a browser waits before it comes back: spread, so that many do not come at once. */
export const RETRY_MS = 1000;

export interface StreamOpening {
  readonly hub: Hub;
  readonly comments: Comments;
  readonly identity: Identity;
  /** its bytes are those of every reader of the room: its cursor is not its own */
  readonly shared: boolean;
  readonly release: Release;
}

/** Opens an event stream that is in no room yet. */
export function openStream({ hub, comments, identity, shared, release }: StreamOpening): {
  readonly connection: StreamConnection;
  readonly session: Session;
} {
  const connection: StreamConnection = new StreamConnection({
    id: hub.ids.next(),
    clock: hub.clock,
    retryMs: RETRY_MS * (1 + hub.ids.random()),
    ...shared ? {} : { cursor: () => cursorOf(attached.session) },
    // a stream knows no other good-bye
    cancelled: () => attached.gone(CloseCode.goingAway, "the reader left"),
    finished: () => {
      release();
      uncomment();
    },
  });
  const uncomment = comments.add(connection);
  const attached: Attached = hub.attach(connection, {
    identity,
    codec: shared ? eventStream : openEventStream,
    transport: "sse",
    welcome: false,
  });
  return { connection, session: attached.session };
}
