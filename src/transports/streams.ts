import { type Context, Hono } from "hono";
import type { Hub } from "../hub/hub.ts";
import type { Identity } from "../hub/ports.ts";
import type { Places } from "./places.ts";
import { polling } from "./polling.ts";
import { type Requester, sessionOf } from "./requester.ts";
import { SessionNames } from "./session_names.ts";
import { sse, type StreamAdmission } from "./sse.ts";
import { uplink } from "./uplink.ts";

export interface StreamsOptions {
  readonly hub: Hub;
  /** Who opens a stream, a guest perhaps. @throws {RelayError} `unauthorized`, `rate_limited` */
  readonly admit: (request: Request, address: string) => Promise<StreamAdmission>;
  /** Who sends a request that needs somebody who is known. @throws {RelayError} `unauthorized` */
  readonly identify: (request: Request, door: "poll" | "send") => Promise<Identity>;
  readonly addressOf: (request: Request, info: unknown) => string;
  /** counts connections by address */
  readonly places: Places;
  /** counts waiting requests by user: 4 */
  readonly waitingPlaces: Places;
}

/** The other transports: event streams, polls, and the way up for both. [T] */
export function streams(options: StreamsOptions): Hono {
  const { hub, admit, identify, addressOf, places, waitingPlaces } = options;
  const names = new SessionNames(hub.store, hub.clock);
  const by = (door: "poll" | "send") => async (c: Context): Promise<Requester> => {
    const identity = await identify(c.req.raw, door);
    const sid = await sessionOf(c, identity, names);
    return { identity, sid, rates: hub.requestRates.of(identity.userId, hub.clock.monotonic()) };
  };
  const app = new Hono();
  app.route("/", sse({ hub, names, admit, addressOf, places }));
  app.route("/", polling({ hub, requester: by("poll"), addressOf, places, waitingPlaces }));
  app.route("/", uplink({ hub, requester: by("send") }));
  return app;
}
