/** A room, and what can be said in it. */
import type { History, Saved, User } from "../../protocol/messages.ts";
import type { Position } from "../../protocol/position.ts";
import type { RelayError } from "../errors.ts";
import type { Observable } from "./observable.ts";
import type { FeatureType, RoomEventItem, RoomEvents } from "./room_events.ts";

/** How to join a room. */
export interface RoomOptions {
  /** go on after this position of an earlier visit */
  since?: Position;
  /** without `since`: begin with the last n messages, 0–100 */
  history?: number;
  /** false keeps one's own messages away */
  echo?: boolean;
}

/** Whether we are in a room. */
export type RoomState =
  /** not (or not yet again) in the room on this connection */
  | { readonly status: "joining" }
  | { readonly status: "joined" }
  /** the server does not let us in, or no longer; `relay.room(id)` tries again */
  | { readonly status: "refused"; readonly error: RelayError }
  /** by `leave`, or because the relay is closed */
  | { readonly status: "left" };

/** How to publish. */
export interface PublishOptions {
  /** 1–64 of A-Za-z0-9_.:-, a fresh UUID unless given */
  messageId?: string;
  /** stops waiting and trying; it may have been stored */
  signal?: AbortSignal;
}

/** How to send. */
export interface SendOptions extends PublishOptions {
  /** the `id` of the message this answers */
  replyTo?: string | null;
}

/** A message on its way out. */
export interface Outgoing {
  /** the id it is sent under, however often */
  readonly messageId: string;
  /** what it says */
  readonly content: string;
  /** the `id` of the message it answers */
  readonly replyTo: string | null;
  /** `pending`: not acknowledged; `sent`: stored, not yet seen in the room; `failed`: see `error` */
  readonly state: "pending" | "sent" | "failed";
  /** why it failed */
  readonly error?: RelayError | undefined;
}

/** Who is in a room. */
export interface Presence {
  /** all, or a sample in a large room [J3] */
  readonly users: readonly User[];
  /** exact, even where `users` is a sample */
  readonly count: number;
}

/** One room of a relay. */
export interface Room {
  /** its id */
  readonly id: string;
  /** whether we are in */
  readonly state: Observable<RoomState>;
  /** who is in the room */
  readonly presence: Observable<Presence>;
  /** who is typing, oneself excluded */
  readonly typists: Observable<readonly User[]>;
  /** how far each user has read: userId → offset */
  readonly marks: Observable<ReadonlyMap<string, number>>;
  /** the last message seen */
  readonly position: Observable<Position | undefined>;
  /** own messages, from `send` until they are seen in the room or discarded */
  readonly outgoing: Observable<readonly Outgoing[]>;

  /**
   * Sends a message exactly once and in order. Resolves when it is stored; rejects with a `RelayError` when it
   * finally failed (it is then `failed` in `outgoing`), was discarded, or when the outbox is full.
   */
  send(content: string, options?: SendOptions): Promise<Saved>;
  /** Tries a failed message again, under its messageId and after those that wait. */
  retry(messageId: string): Promise<Saved>;
  /** Forgets an outgoing message. One that was on its way may have been stored. */
  discard(messageId: string): void;
  /** Publishes an application's own event, as `send` does. Its failure shows in the promise alone. */
  publish(event: string, data?: unknown, options?: PublishOptions & { ephemeral?: false }): Promise<Saved>;
  /** Publishes an event that is not stored: dropped when not in the room now, latest wins per `key`. */
  publish(event: string, data: unknown, options: { ephemeral: true; key?: string }): Promise<void>;

  /** Stores a feature's own message exactly once and in order, as `publish` does. `roomId` is filled in. */
  post(type: string, payload: Record<string, unknown>, options?: PublishOptions): Promise<Saved>;
  /** Asks something that changes nothing: again after a cut, until there is an answer. `roomId` is filled in. */
  ask<T = Record<string, unknown>>(
    type: string,
    payload?: Record<string, unknown>,
    options?: { signal?: AbortSignal },
  ): Promise<T>;
  /** Says something that wants no answer. False, and not said, when not in the room now. `roomId` is filled in. */
  tell(type: string, payload?: Record<string, unknown>): boolean;

  /** Calls `fn` on each event of a type; the answer stops it. */
  on<K extends keyof RoomEvents>(type: K, fn: (payload: RoomEvents[K]) => void): () => void;
  /** The same for what a feature says beyond these: what its payload is, the caller knows. */
  on<T extends string, P = unknown>(type: T & FeatureType<T>, fn: (payload: P) => void): () => void;
  /**
   * Iterates over events of some types, from the loop's beginning until `signal`, `leave` or the relay's end.
   * A reader that is more than 1,000 behind gets the error `overflow`.
   */
  events<K extends keyof RoomEvents>(
    types: readonly K[],
    options?: { signal?: AbortSignal },
  ): AsyncIterable<RoomEventItem<K>>;

  /** Call on each keystroke: tells the others at most every 3 s. `false` says one stopped; so does sending. */
  typing(active?: boolean): void;
  /** Marks everything up to an offset as read. */
  read(offset: number): void;
  /** A page of the log, oldest first: up to `limit` (1–100, 50) messages before offset `before`. */
  history(options?: { before?: number; limit?: number; signal?: AbortSignal }): Promise<History>;
  /** Leaves. Sends that are not settled reject with `left`: await them first. Never rejects itself. */
  leave(): Promise<void>;
}
