import { CloseCode } from "../protocol/wire.ts";

/** How a session ended, as it was at that moment. */
export interface Ending {
  readonly code: number;
  readonly reason: string;
  readonly ageMs: number;
  /** how many rooms it was in, and in how many of them it was behind */
  readonly rooms: number;
  readonly roomsBehind: number;
  /** bytes the network had not taken */
  readonly unsentBytes: number;
  /** replies that were queued and not handed to the connection */
  readonly unsentReplies: number;
}

/** What ends a connection without anybody meaning it to. */
export const LossReasons = [
  "cut",
  "protocol_error",
  "internal_error",
  "no_heartbeat",
  "not_reading",
  "rate_limited",
] as const;
export type LossReason = typeof LossReasons[number];

/** A connection that ended without a closing handshake. No peer can send it. */
export const CUT = 1006;
const PROTOCOL_ERROR = 1002;
/** the peer closed and gave no code, as `close()` in a browser does */
const NO_CODE = 1005;
const INVALID_TEXT = 1007;

/** The codes that are counted by themselves. A peer may close with any of thousands; those count as `other`. */
export const countedCodes: ReadonlySet<number> = new Set([
  ...Object.values(CloseCode),
  CUT,
  PROTOCOL_ERROR,
  NO_CODE,
  INVALID_TEXT,
]);

/** Why a connection was lost; nothing for an end that somebody meant. [X] */
export function lossOf(code: number): LossReason | undefined {
  switch (code) {
    case 0:
    case CUT:
      return "cut";
    case PROTOCOL_ERROR:
      return "protocol_error";
    case CloseCode.internal:
      return "internal_error";
    case CloseCode.heartbeat:
      return "no_heartbeat";
    case CloseCode.notReading:
      return "not_reading";
    case CloseCode.rateLimited:
      return "rate_limited";
    default:
      return undefined;
  }
}
