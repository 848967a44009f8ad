import { RelayError } from "./errors.ts";
import { RelayClient } from "./relay.ts";
import { type Settings, settingsOf } from "./settings.ts";
import { fallback } from "./transports/fallback.ts";
import { overHttp } from "./transports/http.ts";
import { longPoll, poll } from "./transports/poll.ts";
import { sse } from "./transports/sse.ts";
import type { Transport } from "./transports/transport.ts";
import { webSocket } from "./transports/websocket.ts";
import type { Relay, RelayOptions, TransportName } from "./types.ts";
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
  const ways = transports.flatMap((name) => transportOf(name, base, settings, WebSocket) ?? []);
  if (!ways[0]) throw new RelayError("bad_request", "Cannot connect: no transport");
  return new RelayClient(fallback(ways, settings.clock), options, settings);
}

function transportOf(
  name: TransportName,
  base: string,
  settings: Settings,
  WebSocket: RelayOptions["WebSocket"],
): Transport | undefined {
  switch (name) {
    case "ws":
      // a runtime without one has the others
      return WebSocket && webSocket(base, settings.codec, WebSocket);
    case "sse":
      return overHttp(name, sse, base, settings);
    case "longpoll":
      return overHttp(name, longPoll, base, settings);
    case "poll":
      return overHttp(name, poll, base, settings);
  }
}
