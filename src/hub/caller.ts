import type { Sealed } from "../protocol/sealed.ts";
import type { Membership } from "./membership.ts";
import type { Identity } from "./ports.ts";

/** Who calls, and where the answer goes: a session, or a request that stands alone. [T4] */
export interface Caller {
  readonly id: string;
  readonly identity: Identity;
  readonly isOpen: boolean;
  /** the rooms it is in; a request that stands alone is in none */
  readonly rooms: ReadonlyMap<string, Membership>;
  /** Queues an answer. */
  reply(sealed: Sealed): void;
  /** Leaves a room. False when it was not there. */
  leave(roomId: string): boolean;
}
