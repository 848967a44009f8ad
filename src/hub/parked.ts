import { RelayError } from "../protocol/errors.ts";
import { CloseCode, ErrorCode } from "../protocol/wire.ts";
import type { Place, Watched } from "./access.ts";
import type { Cancel, Clock, Identity } from "./ports.ts";
import type { Room } from "./room.ts";

/** What ended a wait. */
export type Woken = "news" | "timeout" | "left" | "going_away";

/**
 * A request that waits until a room grows. Like a session it has an identity and a place, so that what ends one, be
 * it time, a revocation or another member list, ends the other. [T3]
 */
export class Parked implements Watched {
  readonly identity: Identity;
  readonly rooms: ReadonlyMap<string, Place>;
  /** Rejects with `unauthorized` or `forbidden` when the caller may wait no longer. */
  readonly woken: Promise<Woken>;
  readonly #settle: (woken: Woken | Promise<never>) => void;
  readonly #stops: Cancel[];

  constructor(identity: Identity, room: Room, clock: Clock, timeoutMs: number) {
    this.identity = identity;
    this.rooms = new Map([[room.id, { session: this, room: { id: room.id, has: () => true } }]]);
    const { promise, resolve } = Promise.withResolvers<Woken>();
    this.woken = promise;
    this.#settle = resolve;
    this.#stops = [
      room.onNews(() => this.wake("news")),
      clock.after(timeoutMs, () => this.wake("timeout")),
    ];
  }

  /** Ends the wait. Safe to call more than once: the first call counts. */
  wake(woken: Woken): void {
    for (const stop of this.#stops) stop();
    this.#settle(woken);
  }

  close(code: CloseCode, reason: string): void {
    switch (code) {
      case CloseCode.tokenExpired:
      case CloseCode.unauthorized:
      case CloseCode.kicked:
        return this.#fail(new RelayError(ErrorCode.unauthorized, `Cannot wait: ${reason}`));
      default:
        return this.wake("going_away");
    }
  }

  forbid(roomId: string): void {
    this.#fail(new RelayError(ErrorCode.forbidden, `Cannot read room "${roomId}": you may not`));
  }

  #fail(error: RelayError): void {
    this.#settle(Promise.reject(error));
    this.wake("left");
  }
}
