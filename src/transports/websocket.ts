import type { Identity, Ids, Logger } from "../hub/ports.ts";
import type { Negotiated } from "../protocol/codecs/mod.ts";
import { RelayError } from "../protocol/errors.ts";
import { ErrorCode } from "../protocol/wire.ts";
import { checkHandshake, type HandshakeOptions, refusal } from "./handshake.ts";
import { Openings } from "./openings.ts";
import type { OpenSockets } from "./open_sockets.ts";
import type { Places, Release } from "./places.ts";
import { problem } from "./problem.ts";
import { SocketConnection, type SocketHost } from "./socket_connection.ts";

/** Who a handshake was found to be; `session` is the token of a guest who came without one. [C3] */
export interface Admission {
  readonly identity: Identity;
  readonly session?: string;
}

export interface WebSocketOptions extends HandshakeOptions {
  readonly ids: Ids;
  readonly logger: Logger;
  /**
   * Finds out who it is. One that waits for somebody else refuses callers that have gone meanwhile: their sockets
   * would never open and never close.
   * @throws {RelayError} `unauthorized`, `rate_limited`, `bad_request`
   */
  readonly authenticate: (request: Request, address: string) => Promise<Admission>;
  readonly places: Places;
  readonly sockets?: OpenSockets;
  /** seconds without any sign of life after which the runtime closes [H1] */
  readonly idleTimeoutS?: number;
  /** how long a handshake may take once it was accepted */
  readonly openWithinMs?: number;
  /** Is told of each upgrade, so that nothing but its 101 is ever returned. */
  readonly upgraded: (request: Request, response: Response) => void;
}

const OPEN_WITHIN_MS = 5000;

/**
 * `GET /ws`: everything that can be refused is refused before the upgrade, because after it any answer but the
 * 101 closes the whole listener (denoland/deno#22333). [C1] [C2]
 */
export function webSocketHandler(
  options: WebSocketOptions,
): (request: Request, address: string) => Promise<Response> {
  const { hub, logger, sockets, openWithinMs = OPEN_WITHIN_MS } = options;
  const host = { clock: hub.clock, logger, sockets, openings: new Openings(hub.clock, openWithinMs) };
  return async (request, address) => {
    let admission: Admission;
    let negotiated: Negotiated;
    try {
      negotiated = checkHandshake(request, options);
      admission = await options.authenticate(request, address);
    } catch (error) {
      return refusal(hub.toRelayError(error, "handshake"));
    }
    const release = await options.places.take(address);
    // nothing waits from here on: a place that was taken is a socket that was opened
    if (!release) {
      const message = "Cannot connect: there are too many connections from your address";
      return problem(new RelayError(ErrorCode.limitExceeded, message, { retryAfterMs: 5000 }));
    }
    try {
      return open(request, negotiated, admission, release, host, options);
    } catch (error) {
      release();
      return problem(hub.toRelayError(error, "upgrade"));
    }
  };
}

/** Whether a request is one for `/ws`, when nothing is mounted above it. */
export function opensSocket({ method, url }: Request): boolean {
  if (method !== "GET") return false;
  const path = url.indexOf("/", url.indexOf("://") + 3);
  return url.startsWith("/ws", path) && (url.length === path + 3 || url[path + 3] === "?");
}

function open(
  request: Request,
  { codec, echo }: Negotiated,
  { identity, session }: Admission,
  release: Release,
  host: SocketHost,
  { hub, ids, upgraded, idleTimeoutS = 30 }: WebSocketOptions,
): Response {
  const { socket, response } = Deno.upgradeWebSocket(request, { idleTimeout: idleTimeoutS });
  upgraded(request, response);
  try {
    // the runtime's own `protocol` option knows only one way to write the list
    if (echo !== undefined) response.headers.set("sec-websocket-protocol", echo);
    const options = { identity, codec, ...session === undefined ? {} : { session } };
    new SocketConnection(ids.next(), socket, host, release, (connection) => hub.attach(connection, options));
  } catch (error) {
    // whatever became of it, no other answer is possible any more
    host.logger.error("socket_failed", error);
    release();
  }
  return response;
}
