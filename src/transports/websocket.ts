import { negotiate, type Negotiated } from "../protocol/codecs/mod.ts";
import type { Frame } from "../protocol/codecs/codec.ts";
import { RelayError } from "../protocol/errors.ts";
import { CloseCode, ErrorCode, Subprotocol } from "../protocol/wire.ts";
import { CUT } from "../hub/closing.ts";
import type { Hub } from "../hub/hub.ts";
import type { Attached } from "../hub/hub_options.ts";
import type { Connection, Identity, Ids, Logger } from "../hub/ports.ts";
import type { OpenSockets } from "./open_sockets.ts";
import type { Places, Release } from "./places.ts";
import { problem } from "./problem.ts";

/** Who a handshake was found to be; `session` is the token of a guest who came without one. [C3] */
export interface Admission {
  readonly identity: Identity;
  readonly session?: string;
}

export interface WebSocketOptions {
  readonly hub: Hub;
  readonly ids: Ids;
  readonly logger: Logger;
  /** Finds out who it is. @throws {RelayError} `unauthorized`, `rate_limited` */
  readonly authenticate: (request: Request, address: string) => Promise<Admission>;
  readonly originAllowed: (headers: Headers) => boolean;
  /** the names the client offered */
  readonly offered: (headers: Headers) => string[];
  readonly places: Places;
  readonly sockets?: OpenSockets;
  /** seconds without any sign of life after which the runtime closes [H1] */
  readonly idleTimeoutS?: number;
  /** how long a handshake may take once it was accepted */
  readonly openWithinMs?: number;
  /** Is told of each upgrade, so that nothing but its 101 is ever returned. */
  readonly upgraded: (request: Request, response: Response) => void;
}

const RETRY_DRAINING_MS = 1000;
const SHED = "the server needs memory";
const OPEN_WITHIN_MS = 5000;

/**
 * `GET /ws`: everything that can be refused is refused before the upgrade, because after it any answer but the
 * 101 closes the whole listener (denoland/deno#22333). [C1] [C2]
 */
export function webSocketHandler(
  options: WebSocketOptions,
): (request: Request, address: string) => Promise<Response> {
  return async (request, address) => {
    let admission: Admission;
    let negotiated: Negotiated;
    try {
      negotiated = checkHandshake(request, options);
      admission = await options.authenticate(request, address);
    } catch (error) {
      return refuse(options.hub.toRelayError(error, "handshake"));
    }
    const release = await options.places.take(address);
    // nothing waits from here on: a place that was taken is a socket that was opened
    if (!release) {
      const message = "Cannot connect: there are too many connections from your address";
      return problem(new RelayError(ErrorCode.limitExceeded, message, { retryAfterMs: 5000 }));
    }
    try {
      checkStillThere(request);
      return open(request, negotiated, admission, release, options);
    } catch (error) {
      release();
      return problem(options.hub.toRelayError(error, "upgrade"));
    }
  };
}

/** A refusal with the status that RFC 6455 and the protocol's section C2 give it. */
class Refusal extends RelayError {
  readonly status: number;
  readonly headers: HeadersInit;

  constructor(status: number, message: string, headers: HeadersInit = {}) {
    super(status === 403 ? ErrorCode.forbidden : ErrorCode.badRequest, message);
    this.status = status;
    this.headers = headers;
  }
}

function refuse(error: RelayError): Response {
  return problem(error, error instanceof Refusal ? error : {});
}

function checkHandshake(
  { method, headers }: Request,
  { hub, originAllowed, offered }: WebSocketOptions,
): Negotiated {
  if (method !== "GET" || headers.get("upgrade")?.toLowerCase() !== "websocket") {
    throw new Refusal(426, "Cannot connect: this address speaks WebSocket", {
      upgrade: "websocket",
      connection: "upgrade",
    });
  }
  if (headers.get("sec-websocket-version") !== "13") {
    throw new Refusal(426, "Cannot connect: WebSocket version 13 is needed", {
      "sec-websocket-version": "13",
    });
  }
  if (!/^[A-Za-z0-9+/]{22}==$/.test(headers.get("sec-websocket-key") ?? "")) {
    throw new Refusal(400, "Cannot connect: Sec-WebSocket-Key is not 16 bytes in base64");
  }
  if (!originAllowed(headers)) throw new Refusal(403, "Cannot connect: pages of this origin may not");
  if (hub.isDraining) {
    const message = "Cannot connect: this node is shutting down";
    throw new RelayError(ErrorCode.draining, message, { retryAfterMs: RETRY_DRAINING_MS });
  }
  const negotiated = negotiate(offered(headers));
  if (!negotiated) {
    const known = Object.values(Subprotocol).join(", ");
    throw new Refusal(400, `Cannot connect: no known subprotocol was offered; known are ${known}`);
  }
  return negotiated;
}

/** A socket whose caller has gone would never open and never close, and hold up a shutdown for ever. */
function checkStillThere({ signal }: Request): void {
  if (signal.aborted) throw new RelayError(ErrorCode.badRequest, "Cannot connect: the caller has gone");
}

function open(
  request: Request,
  { codec, echo }: Negotiated,
  admission: Admission,
  release: Release,
  options: WebSocketOptions,
): Response {
  const { socket, response } = Deno.upgradeWebSocket(request, { idleTimeout: options.idleTimeoutS ?? 30 });
  options.upgraded(request, response);
  // the runtime's own `protocol` option knows only one way to write the list
  if (echo !== undefined) response.headers.set("sec-websocket-protocol", echo);
  socket.binaryType = "arraybuffer";
  const { clock } = options.hub;
  const connection = new SocketConnection(options.ids.next(), socket, clock.monotonic());
  let attached: Attached | undefined;
  let failure = "";
  const left = options.sockets?.enter({
    get heardMs() {
      return connection.heardMs;
    },
    shed: () => {
      connection.close(CloseCode.heartbeat, SHED);
      // its place stays taken until it is really gone
      attached?.gone(CloseCode.heartbeat, SHED);
    },
  });
  let late = false;
  // of a peer that goes away in the middle of the handshake no event is ever heard
  const opening = setTimeout(() => {
    late = true;
    gone(CUT, "the handshake did not end");
  }, options.openWithinMs ?? OPEN_WITHIN_MS);
  const gone = (code: number, reason: string) => {
    clearTimeout(opening);
    release();
    left?.();
    attached?.gone(code, reason);
  };
  // an exception in a listener would end the process
  const guarded = <E>(listener: (event: E) => void) => (event: E) => {
    try {
      listener(event);
    } catch (error) {
      options.logger.error("socket_listener_failed", error, { connectionId: connection.id });
      connection.close(CloseCode.internal, "internal error");
      gone(CloseCode.internal, "internal error");
    }
  };
  socket.addEventListener(
    "open",
    guarded(() => {
      // its place was given away
      if (late) return connection.close(CloseCode.tryLater, "the handshake took too long");
      clearTimeout(opening);
      const { identity, session } = admission;
      attached = options.hub.attach(
        connection,
        {
          identity,
          codec,
          transport: "websocket",
          ...session === undefined ? {} : { session },
        },
      );
    }),
  );
  socket.addEventListener(
    "message",
    guarded(({ data }: MessageEvent) => {
      connection.heardMs = clock.monotonic();
      attached?.receive(frameOf(data));
    }),
  );
  // may come twice, or once more after an error [platform]
  socket.addEventListener(
    "close",
    guarded((event: CloseEvent) => gone(codeOf(event), event.reason || failure)),
  );
  // says why the close that follows it was no clean one
  socket.addEventListener("error", guarded((event: Event) => failure = errorOf(event)));
  return response;
}

/** What ended a connection, as the protocol names it. [X] */
function codeOf({ code, wasClean }: CloseEvent): number {
  if (wasClean) return code;
  // the runtime says 0 of a connection that was cut, and 1001 of one that answers no ping
  if (code === 0) return CUT;
  return code === CloseCode.goingAway ? CloseCode.heartbeat : code;
}

function errorOf(event: Event): string {
  return event instanceof ErrorEvent ? event.message : "";
}

function frameOf(data: unknown): Frame {
  return typeof data === "string" ? data : new Uint8Array(data as ArrayBuffer);
}

/** A socket as the hub sees it. Safe in every state: the hub never learns that a socket is closing. */
class SocketConnection implements Connection {
  readonly id: string;
  /** when its last whole message came */
  heardMs: number;
  readonly #socket: WebSocket;
  #unsentBytes = 0;

  constructor(id: string, socket: WebSocket, nowMs: number) {
    this.id = id;
    this.heardMs = nowMs;
    this.#socket = socket;
  }

  send(frame: Frame): void {
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(frame);
  }

  unsentBytes(): number {
    // a socket that is closing says 0: what is left unsent is what it last said while open
    if (this.#socket.readyState === WebSocket.OPEN) this.#unsentBytes = this.#socket.bufferedAmount;
    return this.#unsentBytes;
  }

  close(code: number, reason: string): void {
    if (this.#socket.readyState <= WebSocket.OPEN) this.#socket.close(code, reason.slice(0, 100));
  }
}
