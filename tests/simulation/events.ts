/**
 * What happened in a run, one line each: what the clients saw and, at the end, what is true. Real clients write the
 * same lines as JSONL, and the same checker reads them.
 *
 * `t` is ms on one clock. Where several processes write, each has its own, and truth lines carry none.
 */
interface Seen {
  readonly t: number;
  readonly client: string;
  readonly conn: string;
}

interface Said extends Seen {
  readonly room: string;
}

/** A message as it stands in the log. */
export interface Logged {
  readonly room: string;
  readonly epoch: string;
  readonly offset: number;
  readonly id: string;
  readonly user: string;
  readonly messageId: string;
  readonly body: string;
}

/** Something a client did or saw. */
export type ClientEvent =
  | Seen & { readonly ev: "open"; readonly user: string }
  | Seen & { readonly ev: "close"; readonly code: number }
  /** a frame with a messageId that is none of those below went out */
  | Said & { readonly ev: "ask"; readonly messageId: string; readonly type: string }
  | Said & { readonly ev: "answer"; readonly messageId: string }
  /** any of them failed */
  | Seen & { readonly ev: "nack"; readonly messageId: string; readonly code: string }
  | Said & { readonly ev: "send"; readonly user: string; readonly messageId: string; readonly body: string }
  | Said & {
    readonly ev: "ack";
    readonly messageId: string;
    readonly epoch: string;
    readonly offset: number;
    readonly id: string;
    readonly duplicate: boolean;
  }
  | Said & {
    readonly ev: "join";
    readonly messageId: string;
    readonly since?: { readonly epoch: string; readonly offset: number };
    readonly history: number;
    readonly echo: boolean;
  }
  | Said & {
    readonly ev: "joined";
    readonly messageId: string;
    readonly epoch: string;
    readonly from: number;
    readonly offset: number;
    readonly recovered?: boolean;
    readonly users: readonly string[];
    readonly read: readonly { readonly userId: string; readonly upTo: number }[];
  }
  | Said & { readonly ev: "leave"; readonly messageId: string }
  | Said & { readonly ev: "left"; readonly messageId: string }
  | Seen & Logged & { readonly ev: "recv" }
  /** a page of history, oldest first */
  | Said & { readonly ev: "page"; readonly messageId: string; readonly entries: readonly Logged[] }
  | Said & { readonly ev: "behind"; readonly epoch: string; readonly offset: number }
  | Said & { readonly ev: "reset"; readonly epoch: string; readonly offset: number; readonly reason: string }
  | Said & { readonly ev: "users"; readonly users: readonly string[] }
  | Said & { readonly ev: "came"; readonly user: string }
  | Said & { readonly ev: "went"; readonly user: string }
  | Said & { readonly ev: "mark"; readonly messageId: string; readonly epoch: string; readonly upTo: number }
  | Said & {
    readonly ev: "marked";
    readonly messageId: string;
    readonly epoch: string;
    readonly upTo: number;
  }
  | Said & { readonly ev: "read"; readonly user: string; readonly epoch: string; readonly upTo: number }
  | Said & { readonly ev: "typing"; readonly user: string; readonly typing: boolean }
  | Seen & { readonly ev: "unreadable"; readonly frame: string };

/** What the store or the test knows to be so. */
export type TruthEvent =
  | Logged & { readonly ev: "log"; readonly t?: number; readonly oldest?: number }
  /** from now on `oldest` is the lowest offset kept */
  | {
    readonly ev: "trim";
    readonly t?: number;
    readonly room: string;
    readonly epoch: string;
    readonly oldest: number;
  }
  /** the store's logs have this epoch from now on */
  | { readonly ev: "epoch"; readonly t?: number; readonly epoch: string }
  /** a frame of this client reached the relay; the relay closed this connection */
  | { readonly ev: "taken"; readonly t: number; readonly conn: string; readonly messageId: string }
  | { readonly ev: "closing"; readonly t: number; readonly conn: string; readonly code: number }
  /** said for readers of the trace only */
  | { readonly ev: "note"; readonly t: number; readonly text: string };

/** Said once all is quiet: what every client must know by then. */
export type FinalEvent =
  | {
    readonly ev: "top";
    readonly room: string;
    readonly epoch: string;
    readonly offset: number;
    /** the lowest offset that is kept: messages below it may be missing among the `log` lines */
    readonly oldest?: number;
  }
  | { readonly ev: "present"; readonly room: string; readonly users: readonly string[] }
  | {
    readonly ev: "kept";
    readonly room: string;
    readonly epoch: string;
    readonly user: string;
    readonly upTo: number;
  }
  /** who is typing there */
  | { readonly ev: "typists"; readonly room: string; readonly users: readonly string[] }
  /** the client is to be in the room */
  | { readonly ev: "want"; readonly client: string; readonly room: string };

export type RunEvent = ClientEvent | TruthEvent | FinalEvent;

/** One kind of event. */
export type EventOf<K extends RunEvent["ev"]> = Extract<RunEvent, { readonly ev: K }>;
