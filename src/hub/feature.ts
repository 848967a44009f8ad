import type { Saved, User } from "../protocol/messages.ts";
import type { Position } from "../protocol/position.ts";
import type { FeatureRoute } from "./feature_route.ts";
import type { Glance } from "./glance.ts";
import type { LeaseEvents } from "./lease.ts";
import type { PayloadSchema } from "./payload_schema.ts";
import type { Cancel, Clock, Identity, Ids, Log, Logger, Right, Table } from "./ports.ts";

/** A room as a feature sees it. */
export interface FeatureRoom {
  /** the room id, as clients join it */
  readonly id: string;
  /** for timers that end with the room: stop them in `closed` */
  readonly clock: Clock;
  /** False when it has so many members that what one of them does for a moment is not told. [J3] */
  readonly small: boolean;
  /** where its log ends, as far as it was handed out here */
  readonly position: Position;
  /** for what goes wrong in the feature's own timers: what it throws there nobody else catches */
  readonly logger: Logger;
  /** Sends something that is not stored to the members, the latest of a key only. */
  broadcast(type: string, payload: object, options?: BroadcastOptions): void;
  /** Tells the feature on the other nodes that have the room open: plain data, which may get lost. */
  tell(note: object): void;
  /** Wants to be the one node that does something for the room. Close it with the room. */
  lease(options: RoomLeaseOptions): RoomLease;
}

/**
 * What stands for the older part of a room's log. A reader that cannot go on from where it was, or was nowhere, is
 * sent the messages, which are not of the log, and then the log after the position.
 */
export interface Opening extends Position {
  /** each is sealed once, however many readers it has */
  readonly messages: readonly { readonly type: string; readonly payload: object }[];
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
  /** Gives it back. Resolves when that is done, or failed; never rejects. */
  close(): Promise<void>;
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
  /** only to the members on this node: the other nodes say it to theirs themselves */
  readonly here?: boolean;
}

/** A message that a feature stores by itself, in the application's name unless it says whose. */
export interface FeatureMessage {
  /** where it is stored */
  readonly roomId: string;
  /** the server type it is delivered as */
  readonly type: string;
  /** the fields of the payload that are the message's own */
  readonly body: object;
  /** whose message it is: the application's, unless given */
  readonly identity?: Identity;
  /** what makes it the same message when it is published again, on whichever node [A2] */
  readonly messageId?: string;
}

/** What the relay does for a feature, on this node. */
export interface FeatureHost {
  /** names this node and this life of it */
  readonly nodeId: string;
  /** time and timers; what is begun ends with the feature */
  readonly clock: Clock;
  /** names and chance */
  readonly ids: Ids;
  /** where a line is worth it; for what others can cause at will */
  readonly logger: Logger;
  /** rooms as logs, to be read, and small rows; a feature's tables begin with its name */
  readonly store: Pick<Log, "read" | "heads" | "retain"> & Table;
  /** The room, while it has members here. */
  room(roomId: string): FeatureRoom | undefined;
  /**
   * Stores a message and delivers it to the members, wherever they are.
   * @throws {RelayError} `conflict`, `store_unavailable`, `draining`
   */
  publish(message: FeatureMessage): Promise<Saved>;
  /** Sends something that is not stored to a room's members, wherever they are. */
  broadcast(roomId: string, type: string, payload: object, options?: BroadcastOptions): void;
  /**
   * A page of a room and how far a user has read, without being in it.
   * @throws {RelayError} `store_unavailable`
   */
  glance(
    roomId: string,
    userId: string,
    page: { before?: number | undefined; limit: number },
  ): Promise<Glance>;
  /** What the process says of itself at this moment, all its isolates together, by name; nothing, by default. */
  vitals(): Promise<Readonly<Record<string, number>>>;
}

/** One message for a feature, checked and allowed. */
export interface FeatureCall<P> {
  /** what the schema made of the client's payload */
  readonly payload: P;
  /** the room it is meant for */
  readonly roomId: string;
  /** who sent it, as the server knows them */
  readonly identity: Identity;
  /** the room, when it has members here; always given to handlers that ask for `joined` or `opens` */
  readonly room: FeatureRoom | undefined;
  /** Stores a message in the room and answers with where it is. */
  publish(type: string, body: object): void;
}

/** How one message type is checked and answered. */
export interface FeatureHandler<P = unknown> {
  /** a Zod schema: what does not fit it is answered `bad_request` */
  readonly schema: PayloadSchema<P>;
  /** what the sender must be allowed to do in the room */
  readonly right: Right;
  /** the sender must be in the room */
  readonly joined?: boolean;
  /** the room is lent also to senders that are not in it, and stays a while */
  readonly opens?: boolean;
  /** nothing is stored: it counts against the ephemeral rate, beside the others */
  readonly ephemeral?: boolean;
  /** Returns the answer's fields, or nothing when `publish` answers. */
  handle(call: FeatureCall<P>): object | void | Promise<object | void>;
}

/**
 * What an application does on the relay: message types for the rooms it owns. The hub knows no feature by name; a
 * feature knows no socket, no store and no other feature; what it keeps is in its rooms' logs and in small rows.
 */
export interface Feature {
  /** tells it apart in errors and logs */
  readonly name: string;
  /** Whether this feature is the one for a room. The first that says yes is. [E5] */
  owns(roomId: string): boolean;
  /** handlers by message type, the `type` of a client's envelope */
  readonly handlers: Readonly<Record<string, FeatureHandler>>;
  /** a Zod schema of the payload of each type the server sends for it: for documents, never checked on the way out */
  readonly sends?: Readonly<Record<string, PayloadSchema<unknown>>>;
  /** what it answers over HTTP, below `/api/` */
  readonly routes?: readonly FeatureRoute[];
  /** who joins its rooms without saying from where begins at its read mark, not at the end of the log */
  readonly fromReadMark?: boolean;
  /** its rooms are written by the application alone: clients read and mark */
  readonly readOnly?: boolean;
  /** The relay is there. What it returns ends what was begun. */
  start?(host: FeatureHost): Cancel | void;
  /** A session came into the room on this node. */
  joined?(room: FeatureRoom, member: FeatureMember): void;
  /** The feature on another node says something of the room. It may come twice, late or from nobody: check it. */
  told?(room: FeatureRoom, note: unknown): void;
  /** A message of this user was stored and is on its way to the members; `length` is its size in characters. */
  stored?(room: FeatureRoom, userId: string, length: number): void;
  /**
   * What readers begin with who have no place in the log, instead of the log's end.
   * @throws {RelayError} `store_unavailable`
   */
  opening?(room: FeatureRoom): Promise<Opening>;
  /** A user is gone from the room. */
  left?(room: FeatureRoom, user: User): void;
  /** The room has no members here any more: its timers end. */
  closed?(room: FeatureRoom): void;
}

/** Types a feature handler's payload by its schema. */
export function featureHandler<P extends { roomId: string }>(definition: FeatureHandler<P>): FeatureHandler {
  return definition as FeatureHandler;
}

export { featureRoute } from "./feature_route.ts";
export type { FeatureAnswer, FeatureCaller, FeatureRequest, FeatureRoute } from "./feature_route.ts";
export type { Cancel, Glance, LeaseEvents };
