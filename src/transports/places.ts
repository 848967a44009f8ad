import type { Hub } from "../hub/hub.ts";
import { RelayError } from "../protocol/errors.ts";
import { ErrorCode } from "../protocol/wire.ts";

/** Gives a place back. Does so once however often it is called, because a socket may report its end twice. */
export type Release = () => void;

/** Who may still connect: counts connections by client address, over all isolates of the process. [M29] */
export interface Places {
  /** Takes a place; `undefined` when the address, an IPv6 one by its /64, has none left. */
  take(address: string): Release | undefined | Promise<Release | undefined>;
}

const RETRY_FULL_MS = 5000;
const RETRY_DRAINING_MS = 1000;

/**
 * Takes a place of an address.
 * @throws {RelayError} `limit_exceeded` when it has none left [L6]
 */
export async function takePlace(places: Places, address: string): Promise<Release> {
  const release = await places.take(address);
  if (release) return release;
  const message = "Cannot connect: there are too many connections from your address";
  throw new RelayError(ErrorCode.limitExceeded, message, { retryAfterMs: RETRY_FULL_MS });
}

/** @throws {RelayError} `draining` when the node takes nobody in any more [X3] */
export function refuseDraining(hub: Hub): void {
  if (!hub.isDraining) return;
  const message = "Cannot connect: this node is shutting down";
  throw new RelayError(ErrorCode.draining, message, { retryAfterMs: RETRY_DRAINING_MS });
}
