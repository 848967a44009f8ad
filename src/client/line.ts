import type { WireError } from "../protocol/errors.ts";
import type { Ack, Envelope } from "../protocol/messages.ts";
import { described, type RelayError } from "./errors.ts";

/** Something that gets an ack. */
export interface Request {
  type: string;
  payload: Record<string, unknown>;
  messageId: string;
}

export type Answer =
  | { error?: undefined; payload: Record<string, unknown>; timestamp: string | undefined }
  | { error: RelayError; payload?: undefined };

/** Called once; without an answer when the connection ended first: it may have been carried out or not. */
export type Hear = (answer?: Answer) => void;

/** Matches acks to requests over the life of one connection. [E3] [E4] */
export interface Line {
  /** Says something that wants no answer. False when it could not be said. */
  tell(type: string, payload: Record<string, unknown>): boolean;
  /** Asks; asking again under the same id replaces who hears. False when it could not be said. */
  ask(request: Request, hear: Hear): boolean;
  /** Waits for an answer that is late. */
  listen(messageId: string, hear: Hear): void;
  forget(messageId: string): void;
  ack(envelope: Envelope<"ack", Ack>): void;
  /** The connection is gone. */
  lost(): void;
}

export function createLine(send: (envelope: Envelope) => boolean): Line {
  const asked = new Map<string, Hear>();
  return {
    tell: (type, payload) => send({ type, payload }),
    ask(request, hear) {
      // first the ear: a transport may answer from within `send`
      asked.set(request.messageId, hear);
      const said = send({ ...request });
      if (!said) asked.delete(request.messageId);
      return said;
    },
    listen: (messageId, hear) => void asked.set(messageId, hear),
    forget: (messageId) => void asked.delete(messageId),
    ack({ messageId = "", payload: { success, error, ...payload }, timestamp }) {
      const hear = asked.get(messageId);
      asked.delete(messageId);
      // nobody hears the second answer to something that was asked twice
      hear?.(success ? { payload, timestamp } : { error: described(error as WireError) });
    },
    lost() {
      const hears = [...asked.values()];
      asked.clear();
      for (const hear of hears) hear();
    },
  };
}
