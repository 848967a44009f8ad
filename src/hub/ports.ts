/**
 * What the hub needs from the world. The hub itself knows no clock, socket, disk or library: everything that can
 * fail, block or be random arrives through one of these, so that one thread and a seed can stand in for all of it.
 */
import type { Frame } from "../protocol/codecs/codec.ts";
import type { Position } from "../protocol/position.ts";
import type { Labels, MeterName } from "./meters.ts";
import type { News } from "./news.ts";

/** Ends a timer. Ending it twice, or after it ran, does nothing. */
export type Cancel = () => void;

/** Time and timers. */
export interface Clock {
  /** wall time in ms: for timestamps and token lifetimes only, never for order */
  now(): number;
  /** ms that never go back: for every interval */
  monotonic(): number;
  /** Runs `task` once after `delayMs`. */
  after(delayMs: number, task: () => void): Cancel;
  /** Runs `task` on the next turn of the loop, after the input that is already waiting. */
  soon(task: () => void): void;
}

/** Names and chance. */
export interface Ids {
  /** a new id, unique everywhere, of the characters a message id may have */
  next(): string;
  /** a number in [0, 1): for jitter, never for secrets */
  random(): number;
}

/** Who speaks. Written by the server alone. [E2] */
export interface Identity {
  /** names the user everywhere: 1–100 characters [E5] */
  readonly userId: string;
  /** what others see; not unique */
  readonly userName: string;
  /** wall time in ms after which nothing may be delivered [C5] */
  readonly expiresAtMs?: number;
  /** wall time in ms of the token's issue; without it every revocation of the user came later [S1] */
  readonly issuedAtMs?: number;
  /** the token's own id */
  readonly tokenId?: string;
  /** what the token allows, room by room; without it the policy's own rules decide alone [C6] */
  readonly grants?: readonly Grant[];
  /** what the token is good for; without it for everything [C7] */
  readonly scope?: readonly string[];
}

/** Rights in the rooms that a pattern names. [C6] */
export interface Grant {
  /** a room id, or the beginning of one and a `*` */
  readonly pattern: string;
  /** all that may be done there */
  readonly rights: readonly Right[];
}

// ---------------------------------------------------------------------------------------------- store

/** A message on its way into a room's log. */
export interface Draft {
  /** the room whose log it goes into */
  readonly roomId: string;
  /** becomes the message's `id`, the `savedId` of its ack */
  readonly id: string;
  /** the server type it is delivered as: `new_message`, `event`, … */
  readonly type: string;
  /** who sent it */
  readonly userId: string;
  /** the sender's name at that time */
  readonly userName: string;
  /** with `roomId` and `userId`, the idempotency key [A2] */
  readonly messageId: string;
  /** wall time in ms */
  readonly timestampMs: number;
  /** JSON text of one object: the type's own fields */
  readonly body: string;
}

/** A message in a room's log. */
export interface Entry extends Draft {
  /** where it stands in the log: 1, 2, 3 … without gaps [R1] */
  readonly offset: number;
}

/** What became of a draft, and where its message is. */
export interface Appended {
  /**
   * `duplicate`: the key was stored before with the same type and body; `offset` and `id` are the first ones.
   * `conflict`: the key was stored before with another body; nothing was written. [A2]
   */
  readonly outcome: "stored" | "duplicate" | "conflict";
  /** the id it is stored under */
  readonly id: string;
  /** the life of the log that has it */
  readonly epoch: string;
  /** its place in the log */
  readonly offset: number;
}

/** A room's log as a whole. An unknown room is an empty log: `offset` 0, `oldest` 1. */
export interface Head extends Position {
  /** whose log it is */
  readonly roomId: string;
  /** the lowest offset still kept; `offset + 1` when none is */
  readonly oldest: number;
}

/** A part of a log, with the head it had at that moment. */
export interface Page extends Head {
  /** consecutive offsets, oldest first */
  readonly entries: readonly Entry[];
}

/** Where to read: forward after an offset, or backward below one. */
export type Range = { readonly after: number; readonly limit: number } | {
  readonly before: number;
  readonly limit: number;
};

/**
 * Rooms as append-only logs. Each operation rejects with a `store_unavailable` RelayError when the store cannot
 * answer; a rejected append is *unknown*, not "not stored", and is safe to repeat under the same message id.
 */
export interface Log {
  /** Resolves after the commit is durable. Offset and idempotency key are allotted inside that commit. */
  append(draft: Draft): Promise<Appended>;
  /** One consistent view: head and entries are of the same moment. */
  read(roomId: string, range: Range): Promise<Page>;
  /** The heads of many rooms at once: what the sweep asks. In the order asked for. */
  heads(roomIds: readonly string[]): Promise<Head[]>;
  /**
   * Keeps all of a room's log after `offset`, however old and however much it is, from now on, over restarts: for a
   * log whose older part something else stands for. What retention makes of the rest is as before. The promise only
   * moves forward: an offset below that of an earlier call changes nothing. A room may be told before its first
   * message. [R5]
   */
  retain(roomId: string, offset: number): Promise<void>;
}

/** A value of a table. */
export interface Row {
  /** its name within the table */
  readonly key: string;
  /** JSON text */
  readonly value: string;
  /** 1 for a new row, one more with each put */
  readonly version: number;
}

/** On which condition a row is written, and for how long. */
export interface PutOptions {
  /** Write only if the row still has this version; 0: only if there is none. */
  readonly ifVersion?: number;
  /** the row expires after this long; without it never */
  readonly ttlMs?: number;
}

/** What a put came to. */
export interface PutResult {
  /** whether it wrote the row */
  readonly ok: boolean;
  /** the row's version now; 0 when there is none */
  readonly version: number;
}

/** Small rows by (table, key): read marks, keys, memberships, leases. Expired rows are as good as gone. */
export interface Table {
  /** The row, or `undefined` when there is none. */
  get(table: string, key: string): Promise<Row | undefined>;
  /** All rows of a table. */
  list(table: string): Promise<Row[]>;
  /** Writes a row, if it is as the options want it. */
  put(table: string, key: string, value: string, options?: PutOptions): Promise<PutResult>;
  /** Removes the row; one that is not there is no error. */
  delete(table: string, key: string): Promise<void>;
}

/** Everything that outlives a connection: the logs of the rooms, and small rows. */
export interface Store extends Log, Table {
  /** Rejects with `store_unavailable` when a write would. */
  ready(): Promise<void>;
  /** Resolves when what was begun is written and nothing is held open. */
  close(): Promise<void>;
}

// ---------------------------------------------------------------------------------------------- backplane

/** What one node tells the others: plain data that JSON and structured clone carry unchanged. */
export type BackplaneNews = News;

/** Carries news to the other nodes, never back to its own: it may lose, double, delay and reorder them. */
export interface Backplane {
  /**
   * True when all that comes in was said by a node of this relay, and is as it was said: then the entries in a hint
   * are delivered as they are, if they come next. Without it a hint is only a reason to look into the store.
   */
  readonly trusted?: boolean;
  /** Never throws, never blocks. */
  publish(news: BackplaneNews): void;
  /**
   * What comes in is unknown until the hub has checked it. `missed` is told each time that a connection was made: what
   * was said before it did not come through. Returns the unsubscribe.
   */
  subscribe(listener: (news: unknown) => void, missed?: () => void): Cancel;
  /** Ends all subscriptions; what is published after it goes nowhere. Resolves when the last word is out. */
  close(): void | Promise<void>;
  /** Whether news gets through now; without it, always. */
  readonly isUp?: boolean;
}

// ---------------------------------------------------------------------------------------------- transport

/** One socket or stream. It only writes; reading is the transport's own loop. */
export interface Connection {
  /** unique everywhere; the client hears it in `welcome` */
  readonly id: string;
  /** Never throws, never blocks; after `close` it does nothing. */
  send(frame: Frame): void;
  /** bytes handed to `send` that the network has not taken yet */
  unsentBytes(): number;
  /** Whether it takes more now, so that no more than about this is unsent. Asked for every reader and flush. */
  takes(mostUnsentBytes: number): boolean;
  /** Ends it with a close code and a short reason; closing twice does nothing. */
  close(code: number, reason: string): void;
}

/** What carries a connection. */
export type TransportName = "websocket" | "sse" | "polling";

// ---------------------------------------------------------------------------------------------- metrics

/** Something that only grows. */
export interface Counter {
  /** Counts `amount` more, never less than 0. */
  add(amount: number): void;
}

/** Something that goes up and down. */
export interface Gauge {
  /** Replaces the value. */
  set(value: number): void;
  /** Changes the value by `change`, which may be negative. */
  add(change: number): void;
}

/** Counts values by size. */
export interface Histogram {
  /** Counts one value, in the unit of the meter's name. */
  observe(value: number): void;
}

/**
 * The meters of `meters.ts` by name and labels: the same ones are the same meter. Finding one may be slow, using
 * it is an addition: whoever counts on a hot path finds its meters once and keeps them.
 */
export interface Metrics {
  /** The counter with these labels. */
  counter<N extends MeterName<"counter">>(name: N, ...labels: Labels<N>): Counter;
  /** The gauge with these labels. */
  gauge<N extends MeterName<"gauge">>(name: N, ...labels: Labels<N>): Gauge;
  /** The histogram with these labels. */
  histogram<N extends MeterName<"histogram">>(name: N, ...labels: Labels<N>): Histogram;
  /** Calls `read` each time before the metrics are read: for what is easier to look at than to count. */
  onScrape(read: () => void): Cancel;
}

// ---------------------------------------------------------------------------------------------- the rest

/** What one may do in a room: `read` it, `write` to it, or look after it as `admin`. */
export type Right = "read" | "write" | "admin";

/** Who may do what where. A room one may not enter looks like one that does not exist. */
export interface Policy {
  /** Whether the identity has this right in the room now. */
  allows(identity: Identity, right: Right, roomId: string): boolean | Promise<boolean>;
  /** Drops what it remembers of a room, or of all rooms: who may enter changed. */
  forget?(roomId?: string): void;
}

/** Whose a token is, and whether it still counts. */
export interface Identities {
  /**
   * Whose a token is.
   * @throws {RelayError} `unauthorized`
   */
  recognise(token: string): Promise<Identity>;
  /** Whether the user's tokens were revoked after this one was issued. */
  revoked(identity: Identity): Promise<boolean>;
}

/** What a log line says beside its event. */
export type Fields = Readonly<Record<string, string | number | boolean | undefined>>;

/** Takes lines of a log: `event` is a fixed name in snake_case, what varies goes into `fields`. */
export interface Logger {
  /** What helps to find a fault. */
  debug(event: string, fields?: Fields): void;
  /** What an operator expects to see. */
  info(event: string, fields?: Fields): void;
  /** What needs a look, though the relay goes on. */
  warn(event: string, fields?: Fields): void;
  /** `error` lands in the line as name, message and stack. */
  error(event: string, error: unknown, fields?: Fields): void;
}
