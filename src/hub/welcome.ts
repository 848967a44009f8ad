import type { Welcome } from "../protocol/messages.ts";
import type { Limits } from "./limits.ts";
import type { Identity } from "./ports.ts";

/** The first frame down: who one is here, and what holds. [C4] */
export function welcomeOf(
  connectionId: string,
  { userId, userName, expiresAtMs }: Identity,
  { limits, nodeId, session }: { limits: Limits; nodeId: string; session: string | undefined },
): Welcome {
  return {
    connectionId,
    userId,
    userName,
    nodeId,
    heartbeatMs: limits.heartbeatMs,
    maxMessageBytes: limits.maxMessageBytes,
    ...session === undefined ? {} : { session },
    ...expiresAtMs === undefined ? {} : { expiresAt: new Date(expiresAtMs).toISOString() },
  };
}
