import type { User } from "../protocol/messages.ts";
import type { Ending } from "./closing.ts";
import type { Entry, Identity, TransportName } from "./ports.ts";

/** A message, and where and how fast it was stored. */
export interface SavedEntry {
  readonly entry: Entry;
  /** the life of the log that has it */
  readonly epoch: string;
  /** from its arrival to its queued ack */
  readonly latencyMs: number;
}

/** A session that has ended. */
export interface EndedSession {
  /** the connection's id, as `welcome` said it */
  readonly id: string;
  readonly identity: Identity;
  readonly transport: TransportName;
}

/**
 * Is told what happened in a hub, after it happened. It must not wait, and a method that is not there costs nothing.
 * Each node tells of what happened on it: over all nodes each message is told once.
 */
export interface Observer {
  /** A message was stored, acknowledged and handed to its readers. */
  messageSaved?(saved: SavedEntry): void;
  /** A user that was not in the room through this node came into it. */
  userHere?(roomId: string, user: User): void;
  /** A user's last session in the room through this node is gone, the grace included. */
  userGone?(roomId: string, user: User): void;
  /** A session ended, and why. */
  sessionEnded?(session: EndedSession, ending: Ending): void;
}

/** Tells several. What one of them throws harms neither the others nor the hub: `failed` is told of it. */
export function observers(all: readonly Observer[], failed: (error: unknown) => void): Observer {
  const told: Observer = {};
  const guarded = <A extends unknown[]>(calls: readonly ((...args: A) => void)[]) => (...args: A) => {
    for (const call of calls) {
      try {
        call(...args);
      } catch (error) {
        failed(error);
      }
    }
  };
  const saved = all.flatMap((one) => one.messageSaved ? [one.messageSaved.bind(one)] : []);
  const here = all.flatMap((one) => one.userHere ? [one.userHere.bind(one)] : []);
  const gone = all.flatMap((one) => one.userGone ? [one.userGone.bind(one)] : []);
  const ended = all.flatMap((one) => one.sessionEnded ? [one.sessionEnded.bind(one)] : []);
  if (saved.length > 0) told.messageSaved = guarded(saved);
  if (here.length > 0) told.userHere = guarded(here);
  if (gone.length > 0) told.userGone = guarded(gone);
  if (ended.length > 0) told.sessionEnded = guarded(ended);
  return told;
}
