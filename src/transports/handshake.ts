import type { Hub } from "../hub/hub.ts";
import { negotiate, type Negotiated } from "../protocol/codecs/mod.ts";
import { RelayError } from "../protocol/errors.ts";
import { ErrorCode, Subprotocol } from "../protocol/wire.ts";
import { problem } from "./problem.ts";

export interface HandshakeOptions {
  readonly hub: Hub;
  readonly originAllowed: (headers: Headers) => boolean;
  /** the names the client offered */
  readonly offered: (headers: Headers) => string[];
}

const RETRY_DRAINING_MS = 1000;
/** 16 bytes in base64. */
const KEY = /^[A-Za-z0-9+/]{22}==$/;

/**
 * Checks all of a handshake but who it is. [C1] [C2]
 * @throws {RelayError} what `refusal` makes an answer of
 */
export function checkHandshake(
  { method, headers }: Request,
  { hub, originAllowed, offered }: HandshakeOptions,
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
  if (!KEY.test(headers.get("sec-websocket-key") ?? "")) {
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

/** The answer to a handshake that fails. */
export function refusal(error: RelayError): Response {
  return problem(error, error instanceof Refusal ? error : {});
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
