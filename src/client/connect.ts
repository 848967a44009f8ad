import { RelayError } from "./errors.ts";
import { createRelay } from "./relay.ts";
import { settingsOf } from "./settings.ts";
import { fallback } from "./transports/fallback.ts";
import { overHttp } from "./transports/http.ts";
import { webSocket } from "./transports/websocket.ts";
import type { Relay, RelayOptions } from "./types.ts";
import { baseUrl } from "./url.ts";

/**
 * Connects to a relay and stays connected: every loss is answered by a new attempt, rooms are joined again where
 * they were left, and what was sent arrives once.
 *
 * `url` is the relay's base, http(s) or ws(s), or relative to the page: the socket is at `<url>/ws`, the other
 * transports below `<url>/api`. Throws a `RelayError` `bad_request` on options that cannot work.
 */
export function connect(url: string, options: RelayOptions = {}): Relay {
  const settings = settingsOf(options);
  const base = baseUrl(url);
  const { transports = ["ws", "sse", "longpoll", "poll"], WebSocket = globalThis.WebSocket } = options;
  const ways = transports.flatMap((name) => {
    if (name !== "ws") return overHttp(name, base, settings);
    // a runtime without one has the others
    return WebSocket ? webSocket(base, WebSocket, settings) : [];
  });
  if (!ways[0]) throw new RelayError("bad_request", "Cannot connect: no transport");
  return createRelay(fallback(ways, settings.clock), options, settings);
}
