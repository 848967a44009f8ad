import type { RelayError } from "../../src/client/mod.ts";
import { CloseCode } from "../../src/protocol/wire.ts";
import { sayShared } from "./words.ts";

/** What a failure means to a reader. The exact message is for developers and stays in `title`s and the console. */
export function errorText({ code }: RelayError): string {
  const { errors } = sayShared();
  switch (code) {
    case "forbidden":
    case "unauthorized":
    case "not_joined":
    case "not_found":
    case "identity_changed":
      return errors.forbidden;
    case "too_large":
      return errors.too_large;
    case "rate_limited":
      return errors.rate_limited;
    case "limit_exceeded":
      return errors.limit_exceeded;
    case "store_unavailable":
    case "draining":
      return errors.unavailable;
    case "timeout":
      return errors.timeout;
    case "outbox_full":
      return errors.outbox_full;
    case "conflict":
      return errors.conflict;
    case "closed":
    case "gave_up":
    case "left":
      return errors.disconnected;
    default:
      return errors.other;
  }
}

/** Why a connection was closed for good. [X] */
export function closeText(code: number): string {
  const { closed } = sayShared();
  switch (code) {
    case CloseCode.unauthorized:
      return closed.unauthorized;
    case CloseCode.forbidden:
      return closed.forbidden;
    case CloseCode.kicked:
      return closed.kicked;
    case CloseCode.limit:
      return closed.limit;
    case CloseCode.protocol:
    case CloseCode.badData:
    case CloseCode.policy:
      return closed.protocol;
    default:
      return closed.ended;
  }
}
