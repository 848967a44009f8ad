import type { Sealed } from "../protocol/sealed.ts";
import type { StateKind } from "./batch.ts";
import type { StateSource } from "./outbox.ts";
import type { Room } from "./room.ts";
import type { Session } from "./session.ts";

/** Where and how a session enters a room. */
export interface JoinAt {
  /** it is served the log after this offset */
  readonly sent: number;
  readonly echo: boolean;
  /** what it is sent before that; nothing, by default */
  readonly opening?: readonly Sealed[] | undefined;
}

const NOTHING: readonly Sealed[] = [];

/**
 * One session's place in one room.
 *
 * A `live` member has everything up to the room's cursor and takes part in its flushes. One that is `behind`, be
 * it resuming after a cut or reading too slowly, is served from the log at its own pace until it is level. There
 * is no third way: a message reaches a member by the flush or by the log, and `sent` says which are done.
 */
export class Membership implements StateSource {
  readonly session: Session;
  readonly room: Room;
  readonly echo: boolean;
  pace: "live" | "behind" = "behind";
  epoch: string;
  /** the offset of the last durable message handed to the connection, or skipped for it */
  sent: number;
  /** where `room.length` stood at `sent`: the difference is the member's backlog */
  sentLength: number;
  /** `behind` was said and the member is not level yet [R4] */
  toldBehind = false;
  /** what it is sent before anything of the log */
  opening: readonly Sealed[];

  constructor(session: Session, room: Room, options: JoinAt) {
    this.session = session;
    this.room = room;
    this.echo = options.echo;
    this.opening = options.opening ?? NOTHING;
    this.sent = options.sent;
    this.epoch = room.log.epoch;
    this.sentLength = room.length;
  }

  get userId(): string {
    return this.session.identity.userId;
  }

  state(kind: StateKind): Sealed[] {
    return this.room.state(kind, this.userId);
  }
}
