import { RelayError } from "../protocol/errors.ts";
import { CloseCode, ErrorCode } from "../protocol/wire.ts";
import type { Place, Watched } from "./access.ts";
import type { Cancel, Clock, Identity } from "./ports.ts";
import type { Room } from "./room.ts";

/**
 * A request that waits until a room grows. Like a session it has an identity and a place, so that what ends one, be
 * it time, a revocation or another member list, ends the other. [T3]
 */
export class Parked implements Watched {
  readonly identity: Identity;
  readonly rooms: ReadonlyMap<string, Place>;
  /** Why the caller may wait no longer, `unauthorized` or `forbidden`; nothing when it is to look at the room. */
  readonly woken: Promise<RelayError | undefined>;
  readonly #settle: (refusal: RelayError | undefined) => void;
  readonly #stops: Cancel[];

  constructor(identity: Identity, room: Room, clock: Clock, timeoutMs: number) {
    this.identity = identity;
    this.rooms = new Map([[room.id, { session: this, room: { id: room.id, has: () => true } }]]);
    const { promise, resolve } = Promise.withResolvers<RelayError | undefined>();
    this.woken = promise;
    this.#settle = resolve;
    this.#stops = [room.onNews(() => this.wake()), clock.after(timeoutMs, () => this.wake())];
  }

  /** Ends the wait. Safe to call more than once: the first call counts. */
  wake(refusal?: RelayError): void {
    for (const stop of this.#stops) stop();
    this.#settle(refusal);
  }

  close(code: CloseCode, reason: string): void {
    switch (code) {
      case CloseCode.tokenExpired:
      case CloseCode.unauthorized:
      case CloseCode.kicked:
        return this.wake(new RelayError(ErrorCode.unauthorized, `Cannot wait: ${reason}`));
      default:
        return this.wake();
    }
  }

  forbid(roomId: string): void {
    this.wake(new RelayError(ErrorCode.forbidden, `Cannot read room "${roomId}": you may not`));
  }
}
