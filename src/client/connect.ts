import { RelayError } from "./errors.ts";
import { RelayClient } from "./relay.ts";
import { settingsOf } from "./settings.ts";
import { webSocket } from "./transports/websocket.ts";
import type { Relay, RelayOptions, WebSocketConstructor } from "./types.ts";
import { socketUrl } from "./url.ts";

/**
 * Connects to a relay and stays connected: every loss is answered by a new attempt, rooms are joined again where
 * they were left, and what was sent arrives once.
 *
 * `url` is the relay's base, http(s) or ws(s), or relative to the page: the socket is at `<url>/ws`.
 * Throws a `RelayError` `bad_request` on options that cannot work.
 */
export function connect(url: string, options: RelayOptions = {}): Relay {
  const settings = settingsOf(options);
  const WebSocket = options.WebSocket ?? globalThis.WebSocket as WebSocketConstructor | undefined;
  if (!WebSocket) {
    throw new RelayError("bad_request", "Cannot connect: no WebSocket here");
  }
  const transport = webSocket(socketUrl(url), settings.codec, WebSocket);
  return new RelayClient(transport, options, settings);
}
