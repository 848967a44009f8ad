import type { RelayError } from "../../../src/client/mod.ts";
import type { NewMessage } from "../../../src/protocol/messages.ts";
import { unreachable } from "../../shared/unreachable.ts";

/** Where a message is in its life. Only own messages are ever anything but `stored`. */
export type Delivery =
  | { readonly kind: "pending" }
  /** acknowledged; its place in the room is not known yet */
  | { readonly kind: "acked" }
  | { readonly kind: "failed"; readonly error: RelayError }
  | Stored;

export interface Stored {
  readonly kind: "stored";
  readonly id: string;
  readonly epoch: string;
  readonly offset: number;
}

/** A message as the page shows it. Never changed: a new state is a new object. */
export interface Message {
  /** the same before and after it is stored, so that what is drawn stays in place */
  readonly key: string;
  readonly messageId: string;
  readonly userId: string;
  readonly userName: string;
  readonly content: string;
  /** the `id` of the message this answers */
  readonly replyTo: string | null;
  readonly timeMs: number;
  readonly delivery: Delivery;
}

/** A message that has its place in the room's log. */
export type StoredMessage = Message & { readonly delivery: Stored };

/** What a message shows of its delivery; `received` is for those of others. */
export type Receipt =
  | { readonly kind: "received" | "pending" | "sent" }
  | { readonly kind: "failed"; readonly error: RelayError }
  | { readonly kind: "read"; readonly by: readonly string[] };

/** The key of a user's message, from its first moment on. [A1b] */
export function messageKey(userId: string, messageId: string): string {
  return `${userId}/${messageId}`;
}

/** Reads a message off the wire. */
export function fromWire(wire: NewMessage): StoredMessage {
  const { userId, userName, messageId, content, replyTo, id, epoch, offset } = wire;
  return {
    key: messageKey(userId, messageId),
    messageId,
    userId,
    userName,
    content,
    replyTo,
    timeMs: Date.parse(wire.timestamp),
    delivery: { kind: "stored", id, epoch, offset },
  };
}

/** What to show of a message's delivery, given who looks and how far each user has read. */
export function receiptOf(message: Message, me: string, marks: ReadonlyMap<string, number>): Receipt {
  if (message.userId !== me) return { kind: "received" };
  const { delivery } = message;
  switch (delivery.kind) {
    case "pending":
      return { kind: "pending" };
    case "acked":
      return { kind: "sent" };
    case "failed":
      return { kind: "failed", error: delivery.error };
    case "stored": {
      const by = [...marks].filter(([user, upTo]) => user !== me && upTo >= delivery.offset).map(([user]) =>
        user
      );
      return by.length > 0 ? { kind: "read", by } : { kind: "sent" };
    }
    default:
      return unreachable(delivery);
  }
}

/** True when two messages have nothing different to show of their delivery. */
export function isSameReceipt(a: Receipt, b: Receipt): boolean {
  if (a.kind === "failed" || a.kind !== b.kind) return false;
  return a.kind !== "read" || b.kind !== "read" || a.by.length === b.by.length;
}

/** True for a message that is in the log. */
export function isStored(message: Message): message is StoredMessage {
  return message.delivery.kind === "stored";
}
