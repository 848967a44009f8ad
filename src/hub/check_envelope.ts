import { deeperThan } from "../protocol/depth.ts";
import { RelayError } from "../protocol/errors.ts";
import { ClientEnvelope } from "../protocol/schemas.ts";
import { Bounds, ClientType, ErrorCode, MESSAGE_ID } from "../protocol/wire.ts";
import { checked } from "./checked.ts";
import type { Handler } from "./handler.ts";
import type { Hub } from "./hub.ts";
import type { RateLane } from "./user_rates.ts";

/** An envelope that can be handled. */
export interface Checked {
  readonly handler: Handler;
  /** as the type's schema reads it */
  readonly payload: unknown;
  /** what it counts against [L] */
  readonly rate: RateLane;
}

/**
 * Checks what a client sent, whichever way it came. [E1]
 * @throws {RelayError} `too_large`, `bad_request`, `unknown_type`
 */
export function checkEnvelope(hub: Pick<Hub, "handlers" | "limits">, value: unknown, bytes: number): Checked {
  const { maxMessageBytes } = hub.limits;
  if (bytes > maxMessageBytes) {
    throw new RelayError(
      ErrorCode.tooLarge,
      `Cannot take message: it has ${bytes} bytes, the limit is ${maxMessageBytes}`,
    );
  }
  if (deeperThan(value, Bounds.depth)) {
    throw new RelayError(ErrorCode.badRequest, `Cannot take message: it nests deeper than ${Bounds.depth}`);
  }
  const { type, payload } = checked(ClientEnvelope, withPingPayload(value), "message");
  const handler = hub.handlers.get(type);
  if (!handler) {
    throw new RelayError(ErrorCode.unknownType, `Cannot take message: unknown type ${JSON.stringify(type)}`);
  }
  const read = checked(handler.schema, payload, type);
  return { handler, payload: read, rate: handler.ephemeral?.(read) ? "ephemeral" : "stored" };
}

/** What an envelope says it is, before anything of it was checked. */
export function typeOf(envelope: unknown): string {
  const type = (envelope as { type?: unknown } | null)?.type;
  return typeof type === "string" ? type : "";
}

/** The id to answer under, even when the rest of the envelope is wrong. [E3] */
export function messageIdOf(envelope: unknown): string | undefined {
  const id = (envelope as { messageId?: unknown } | null)?.messageId;
  return typeof id === "string" && MESSAGE_ID.test(id) ? id : undefined;
}

/** A ping needs no payload: `{"type":"ping"}` is whole. [H2] */
export function withPingPayload(value: unknown): unknown {
  const ping = value as { type?: unknown; payload?: unknown } | null;
  return ping?.type === ClientType.ping && ping.payload === undefined ? { ...ping, payload: {} } : value;
}
