import type { EventOf, RunEvent } from "../events.ts";
import { type Judge, type Report, Store } from "./judge.ts";
import { keyOf, type Truth } from "./truth.ts";

const RETRYABLE = new Set(["store_unavailable", "draining", "rate_limited", "internal"]);
const RESTART = 1012;

interface Conversation {
  readonly client: string;
  user: string;
  /** how often each messageId waits for its answer */
  readonly waiting: Map<string, number>;
  readonly answered: Set<string>;
  /** messages that were never sent before this connection, with their room */
  readonly fresh: Map<string, string>;
  readonly taken: Map<string, number>;
  closing: EventOf<"closing"> | undefined;
}

/**
 * I6: what carries a messageId is answered once, or its connection ended; in the end nothing waits. A1b: the ack
 * comes before one's own message.
 */
export class Answers implements Judge {
  readonly #truth: Truth;
  readonly #report: Report;
  readonly #open = new Map<string, Conversation>();
  readonly #byConn = new Map<string, Conversation>();
  /** messages that no ack or final error settled, by client and messageId */
  readonly #unsettled = new Map<string, { readonly client: string; readonly messageId: string }>();
  readonly #sent = new Store<number>(() => 0);

  constructor(truth: Truth, report: Report) {
    this.#truth = truth;
    this.#report = report;
  }

  see(event: RunEvent): void {
    switch (event.ev) {
      case "open":
        return this.#opened(event);
      case "close":
        return this.#closed(event);
      case "taken":
        return void this.#byConn.get(event.conn)?.taken.set(event.messageId, event.t);
      case "closing": {
        const conversation = this.#byConn.get(event.conn);
        if (conversation) conversation.closing = event;
        return;
      }
      case "send":
        this.#sends(event);
        return this.#asks(event);
      case "ask":
      case "join":
      case "leave":
      case "mark":
        return this.#asks(event);
      case "ack":
        this.#unsettled.delete(`${event.client} ${event.messageId}`);
        return this.#answers(event);
      case "nack":
        if (!RETRYABLE.has(event.code)) this.#unsettled.delete(`${event.client} ${event.messageId}`);
        return this.#answers(event);
      case "answer":
      case "joined":
      case "left":
      case "marked":
      case "page":
        return this.#answers(event);
      case "recv":
        return this.#received(event);
    }
  }

  end(): void {
    for (const [conn, { waiting }] of this.#open) {
      for (const [messageId, count] of waiting) {
        if (count > 0) this.#report("I6", `${conn} never got an answer for ${messageId}`);
      }
    }
    if (this.#truth.tops.size === 0) return;
    const online = new Set([...this.#open.values()].map(({ client }) => client));
    for (const { client, messageId } of this.#unsettled.values()) {
      if (online.has(client)) this.#report("I6", `${client} never got ${messageId} through`);
    }
  }

  #opened({ client, conn, user }: EventOf<"open">): void {
    const conversation: Conversation = {
      client,
      user,
      waiting: new Map(),
      answered: new Set(),
      fresh: new Map(),
      taken: new Map(),
      closing: undefined,
    };
    this.#open.set(conn, conversation);
    this.#byConn.set(conn, conversation);
  }

  #closed({ conn, code }: EventOf<"close">): void {
    const conversation = this.#open.get(conn);
    this.#open.delete(conn);
    if (conversation && code === RESTART) this.#drained(conn, conversation);
  }

  #sends({ client, conn, room, messageId }: EventOf<"send">): void {
    const key = `${client} ${messageId}`;
    const times = this.#sent.of(key);
    this.#sent.set(key, times + 1);
    if (times > 0) {
      // sent before: on another connection, or again on this one
      this.#open.get(conn)?.fresh.delete(messageId);
      return;
    }
    this.#unsettled.set(key, { client, messageId });
    this.#open.get(conn)?.fresh.set(messageId, room);
  }

  #asks({ conn, messageId }: { readonly conn: string; readonly messageId: string }): void {
    const waiting = this.#open.get(conn)?.waiting;
    waiting?.set(messageId, (waiting.get(messageId) ?? 0) + 1);
  }

  #answers({ conn, messageId }: { readonly conn: string; readonly messageId: string }): void {
    const conversation = this.#open.get(conn);
    if (!conversation) {
      return this.#report("I6", `${conn} got an answer for ${messageId} while it was closed`);
    }
    const count = conversation.waiting.get(messageId) ?? 0;
    if (count === 0) this.#report("E3", `${conn} got one answer too many for ${messageId}`);
    conversation.waiting.set(messageId, count - 1);
    conversation.answered.add(messageId);
  }

  #received({ conn, user, messageId }: EventOf<"recv">): void {
    const conversation = this.#open.get(conn);
    if (conversation?.user !== user) return;
    if (!conversation.fresh.has(messageId) || conversation.answered.has(messageId)) return;
    this.#report("A1b", `${conn} received its own ${messageId} before the ack`);
  }

  /** A node that shuts down answers what it stored before it closes. */
  #drained(conn: string, { user, fresh, answered, taken, closing }: Conversation): void {
    if (!closing) return;
    const epoch = this.#truth.epochAt(closing.t);
    if (epoch === undefined) return;
    for (const [messageId, room] of fresh) {
      if (answered.has(messageId) || (taken.get(messageId) ?? Infinity) >= closing.t) continue;
      const [stored] = this.#truth.log(room, epoch).byKey.of(keyOf({ user, messageId }));
      if (stored?.t === undefined || stored.t >= closing.t) continue;
      this.#report("I6", `${conn} was drained without an ack for ${messageId}, which is stored`);
    }
  }
}
