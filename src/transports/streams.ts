import { Hono } from "hono";
import type { Hub } from "../hub/hub.ts";
import { Comments } from "./comments.ts";
import type { Places } from "./places.ts";
import { polling } from "./polling.ts";
import { posted } from "./posted.ts";
import type { Requesters } from "./requester.ts";
import type { SessionNames } from "./session_names.ts";
import { sse, type StreamAdmission } from "./sse.ts";
import { uplink } from "./uplink.ts";

export interface StreamsOptions {
  readonly hub: Hub;
  readonly names: SessionNames;
  /** Who opens a stream, a guest perhaps. @throws {RelayError} `unauthorized`, `rate_limited` */
  readonly admit: (request: Request, address: string) => Promise<StreamAdmission>;
  /** Who sends a request that needs somebody who is known. */
  readonly requester: Requesters;
  readonly addressOf: (request: Request, info: unknown) => string;
  /** counts connections by address */
  readonly places: Places;
  /** counts waiting requests by user: 4 */
  readonly waitingPlaces: Places;
}

/** The other transports: event streams, polls, and the way up for both. [T] */
export function streams(options: StreamsOptions): Hono {
  const { hub, names, admit, requester, addressOf, places, waitingPlaces } = options;
  const app = new Hono();
  const comments = new Comments(hub.clock);
  app.route("/", sse({ hub, names, admit, addressOf, places, comments }));
  app.route("/", posted({ hub, requester, addressOf, places, comments }));
  app.route("/", polling({ hub, requester: requester("poll"), addressOf, places, waitingPlaces }));
  app.route("/", uplink({ hub, requester: requester("send") }));
  return app;
}
