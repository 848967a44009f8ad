import type { User } from "../protocol/messages.ts";
import type { RelayError } from "./errors.ts";
import type { Line } from "./line.ts";
import type { Outbox } from "./outbox.ts";
import type { Settings } from "./settings.ts";
import type { Gap } from "./types.ts";

/** What all parts of one relay share. */
export interface Core extends Settings {
  readonly line: Line;
  readonly outbox: Outbox;
  readonly online: boolean;
  /** who we are, as the last welcome said */
  readonly self: User | undefined;
  /** why nothing can be sent at all: closed, or given up */
  readonly barred: RelayError | undefined;
  /** Tells the application of something that no promise reports. */
  report(error: unknown, roomId?: string): void;
  gap(gap: Gap): void;
  /** The connection does not do what it should: make another. */
  drop(reason: string): void;
  /** The room is not one of ours any more. */
  left(roomId: string): void;
}
