import { type Outgoing, RelayError } from "../../../src/client/mod.ts";
import { type Delivery, type Message, messageKey } from "./message.ts";

/** Own messages that the room has not shown yet, as messages. Remembers when each was first seen. */
export class OnTheirWay {
  readonly #now: () => number;
  readonly #sinceMs = new Map<string, number>();

  constructor(now: () => number) {
    this.#now = now;
  }

  /** The messages of `me` in the order they were sent, without those that `isStored` knows by their key. */
  messages(outgoing: readonly Outgoing[], me: string, isStored: (key: string) => boolean): Message[] {
    const alive = new Set(outgoing.map((each) => each.messageId));
    for (const messageId of this.#sinceMs.keys()) if (!alive.has(messageId)) this.#sinceMs.delete(messageId);
    return outgoing
      .filter(({ messageId }) => !isStored(messageKey(me, messageId)))
      .map((each) => this.#message(each, me));
  }

  #message(outgoing: Outgoing, me: string): Message {
    const { messageId, content, replyTo } = outgoing;
    const timeMs = this.#sinceMs.get(messageId) ?? this.#now();
    this.#sinceMs.set(messageId, timeMs);
    return {
      key: messageKey(me, messageId),
      messageId,
      userId: me,
      userName: "",
      content,
      replyTo,
      timeMs,
      delivery: deliveryOf(outgoing),
    };
  }
}

function deliveryOf({ state, error }: Outgoing): Delivery {
  if (state !== "failed") return { kind: state === "sent" ? "acked" : "pending" };
  return { kind: "failed", error: error ?? new RelayError("internal", "Send a message: it failed") };
}
