/** A relay, and what it tells. */
import type { User } from "../../protocol/messages.ts";
import type { ResetReason } from "../../protocol/wire.ts";
import type { RelayError } from "../errors.ts";
import type { TransportName } from "./options.ts";
import type { Room, RoomOptions } from "./room.ts";

/** Where the relay stands. `gave_up` ends with `reconnectNow()`, `closed` never. */
export type RelayState =
  /** a first attempt is under way: at the start, or by `reconnectNow()` after giving up */
  | { readonly status: "connecting" }
  /** a change of the transport alone is a `state` event too: nothing is lost by it */
  | { readonly status: "online"; readonly transport: TransportName }
  /** attempt n begins in `retryInMs` (counted from the `state` event), or is under way when that is 0 */
  | { readonly status: "reconnecting"; readonly attempt: number; readonly retryInMs: number }
  /** as reconnecting, but the device says it has no network: attempts go on and do not end the relay */
  | { readonly status: "offline" }
  | { readonly status: "gave_up"; readonly attempts: number }
  /** `code` is a WebSocket close code [X] */
  | { readonly status: "closed"; readonly code: number; readonly reason: string };

/** Something went wrong that no promise reports. */
export interface Problem {
  /** what it was; `application` when it was thrown by an option, a store or a listener */
  error: RelayError;
  /** the room it was about */
  roomId?: string;
}

/**
 * A room's continuity is broken: the missed messages will not come by themselves. When `from` and `to` can be
 * told, `room.history({ before: to + 1 })` has them as far as they are kept.
 */
export interface Gap {
  /** the room */
  roomId: string;
  /** `offset`: the server skipped; the others as in `reset` [R6] */
  reason: ResetReason | "offset";
  /** the first missing offset */
  from?: number;
  /** the last missing offset */
  to?: number;
}

/** What a relay tells its listeners: events by type. */
export interface RelayEvents {
  /** the state changed */
  state: CustomEvent<RelayState>;
  /** something went wrong */
  problem: CustomEvent<Problem>;
  /** messages are missing */
  gap: CustomEvent<Gap>;
}

/** One client's conversation with a relay, over as many connections as it takes. */
export interface Relay extends EventTarget {
  /** where it stands now; each change is a `state` event */
  readonly state: RelayState;
  /** resolves when online for the first time; rejects when the relay closes or gives up before */
  readonly ready: Promise<void>;
  /** who the server says we are; `undefined` until the first welcome */
  readonly self: User | undefined;
  /** a guest's session, if the server gave one */
  readonly session: string | undefined;
  /** the largest envelope that the server takes, in bytes; `Infinity` until it said so */
  readonly maxMessageBytes: number;
  /** Joins a room and stays in it over reconnects. One that is joined is returned as it is; one that was refused tries again. */
  room(roomId: string, options?: RoomOptions): Room;
  /** Ends a wait, or begins again after giving up. Does nothing when connecting, online or closed. */
  reconnectNow(): void;
  /** Ends everything: what waits rejects with `closed`. What an outbox store keeps is sent by the next visit. */
  close(): void;
  /** Listens to the relay's own events. */
  addEventListener<K extends keyof RelayEvents>(
    type: K,
    listener: (event: RelayEvents[K]) => void,
    options?: boolean | AddEventListenerOptions,
  ): void;
  /** As every EventTarget. */
  addEventListener(
    type: string,
    listener: EventListenerOrEventListenerObject | null,
    options?: boolean | AddEventListenerOptions,
  ): void;
  /** Stops listening to the relay's own events. */
  removeEventListener<K extends keyof RelayEvents>(
    type: K,
    listener: (event: RelayEvents[K]) => void,
    options?: boolean | EventListenerOptions,
  ): void;
  /** As every EventTarget. */
  removeEventListener(
    type: string,
    listener: EventListenerOrEventListenerObject | null,
    options?: boolean | EventListenerOptions,
  ): void;
}
