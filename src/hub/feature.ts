import type * as z from "zod";
import type { User } from "../protocol/messages.ts";
import type { LeaseEvents } from "./lease.ts";
import type { Cancel, Clock, Identity, Logger, Right } from "./ports.ts";

/** A room as a feature sees it. */
export interface FeatureRoom {
  /** the room id, as clients join it */
  readonly id: string;
  /** for timers that end with the room: stop them in `closed` */
  readonly clock: Clock;
  /** False when it has so many members that what one of them does for a moment is not told. [J3] */
  readonly small: boolean;
  /** for what goes wrong in the feature's own timers: what it throws there nobody else catches */
  readonly logger: Logger;
  /** Sends something that is not stored to the members, the latest of a key only. */
  broadcast(type: string, payload: object, options?: BroadcastOptions): void;
  /** Tells the feature on the other nodes that have the room open: plain data, which may get lost. */
  tell(note: object): void;
  /** Wants to be the one node that does something for the room. Close it with the room. */
  lease(options: RoomLeaseOptions): RoomLease;
}

/** What a room's lease is for, and who is told what becomes of it. */
export interface RoomLeaseOptions extends LeaseEvents {
  /** one owner for each: by default there is one for the room */
  readonly purpose?: string;
  /** What the next owner is to know, as JSON text: written twice a second. */
  readonly note?: () => string;
}

/** A claim to be a room's one owner of something. */
export interface RoomLease {
  /** the term under which one may act at this moment; ask before each act */
  readonly term: number | undefined;
  /** Looks at once: there is reason to believe that the lease is free. */
  look(): void;
  /** Gives it back. */
  close(): void;
}

/** One session that came into a room, as a feature greets it. */
export interface FeatureMember {
  /** who it is, as the server knows them */
  readonly identity: Identity;
  /** Sends to this session alone, after the answer to its join and before what the room sends. Never dropped. */
  send(type: string, payload: object): void;
}

/** How something that is not stored reaches the members. */
export interface BroadcastOptions {
  /** of several with one key a reader may see only the latest; without a key a slow reader may miss it */
  readonly key?: string;
  /** nothing of it goes to this user */
  readonly except?: string;
}

/** One message for a feature, checked and allowed. */
export interface FeatureCall<P> {
  /** what the schema made of the client's payload */
  readonly payload: P;
  /** the room it is meant for */
  readonly roomId: string;
  /** who sent it, as the server knows them */
  readonly identity: Identity;
  /** the room, when it has members here; always given to handlers that ask for `joined` */
  readonly room: FeatureRoom | undefined;
  /** Stores a message in the room and answers with where it is. */
  publish(type: string, body: object): void;
}

/**
 * A Zod schema that makes a `P` of what a client sent.
 * @internal
 */
export type PayloadSchema<P> = z.ZodType<P>;

/** How one message type is checked and answered. */
export interface FeatureHandler<P = unknown> {
  /** a Zod schema: what does not fit it is answered `bad_request` */
  readonly schema: PayloadSchema<P>;
  /** what the sender must be allowed to do in the room */
  readonly right: Right;
  /** the sender must be in the room */
  readonly joined?: boolean;
  /** nothing is stored: it counts against the ephemeral rate, beside the others */
  readonly ephemeral?: boolean;
  /** Returns the answer's fields, or nothing when `publish` answers. */
  handle(call: FeatureCall<P>): object | void | Promise<object | void>;
}

/**
 * What an application does on the relay: message types for the rooms it owns. The hub knows no feature by name; a
 * feature knows no socket, no store and no other feature.
 */
export interface Feature {
  /** tells it apart in errors and logs */
  readonly name: string;
  /** Whether this feature is the one for a room. The first that says yes is. [E5] */
  owns(roomId: string): boolean;
  /** handlers by message type, the `type` of a client's envelope */
  readonly handlers: Readonly<Record<string, FeatureHandler>>;
  /** A session came into the room on this node. */
  joined?(room: FeatureRoom, member: FeatureMember): void;
  /** The feature on another node says something of the room. It may come twice, late or from nobody: check it. */
  told?(room: FeatureRoom, note: unknown): void;
  /** A message of this user was stored and is on its way to the members. */
  stored?(room: FeatureRoom, userId: string): void;
  /** A user is gone from the room. */
  left?(room: FeatureRoom, user: User): void;
  /** The room has no members here any more: its timers end. */
  closed?(room: FeatureRoom): void;
}

/** Types a feature handler's payload by its schema. */
export function featureHandler<P extends { roomId: string }>(definition: FeatureHandler<P>): FeatureHandler {
  return definition as FeatureHandler;
}

export type { Cancel, LeaseEvents };
