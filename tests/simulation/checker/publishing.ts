import type { EventOf, RunEvent } from "../events.ts";
import { type Judge, type Report, Store } from "./judge.ts";
import { keyOf, type Truth } from "./truth.ts";

interface Message {
  readonly room: string;
  readonly user: string;
  readonly firstConn: string;
  readonly bodies: Set<string>;
  sends: number;
  /** the highest offset that was acked to this client in each epoch when it first sent the message */
  readonly after: ReadonlyMap<string, number>;
  fresh: EventOf<"ack"> | undefined;
}

/** I1: what was acked is stored, exactly once, where the ack says. I5: in the order its sender sent it. */
export class Publishing implements Judge {
  readonly #truth: Truth;
  readonly #report: Report;
  /** by client and messageId */
  readonly #messages = new Map<string, Message>();
  /** by client and room: the highest acked offset of each epoch */
  readonly #acked = new Store<Map<string, number>>(() => new Map());
  /** acks that claim to be the first, by where the message is */
  readonly #fresh = new Map<string, string>();

  constructor(truth: Truth, report: Report) {
    this.#truth = truth;
    this.#report = report;
  }

  see(event: RunEvent): void {
    if (event.ev === "send") this.#sent(event);
    else if (event.ev === "ack") this.#ack(event);
  }

  end(): void {
    for (const log of this.#truth.logs()) {
      for (const copies of log.byKey.values()) {
        for (let n = 1; n < copies.length; n++) {
          const [first, again] = [copies[n - 1]!, copies[n]!];
          // a key lives as long as its message [R5]
          const kept = log.byOffset.get(again.offset - 1)?.oldest ?? 1;
          if (first.offset < kept) continue;
          this.#report(
            "I1",
            `${again.user} ${again.messageId} is stored twice, at ${first.offset} and ${again.offset}`,
          );
        }
      }
    }
    this.#pipelines();
  }

  #sent({ client, conn, room, user, messageId, body }: EventOf<"send">): void {
    const key = `${client} ${messageId}`;
    const known = this.#messages.get(key);
    if (known) {
      known.sends++;
      known.bodies.add(body);
      return;
    }
    const after = new Map(this.#acked.of(`${client} ${room}`));
    this.#messages.set(key, {
      room,
      user,
      firstConn: conn,
      bodies: new Set([body]),
      sends: 1,
      after,
      fresh: undefined,
    });
  }

  #ack(ack: EventOf<"ack">): void {
    const { client, room, epoch, offset, messageId, id, duplicate, t } = ack;
    const message = this.#messages.get(`${client} ${messageId}`);
    if (!message) return this.#report("E3", `${client} got an ack for ${messageId}, which it never sent`);
    const { user } = message;
    const log = this.#truth.log(room, epoch);
    const entry = log.byKey.of(keyOf({ user, messageId })).find((copy) => copy.offset === offset);
    const where = `${room} ${epoch}.${offset}`;
    if (!entry) {
      if (this.#truth.gone(room, epoch, offset)) return;
      return this.#report("I1", `${messageId} was acked at ${where}, but is not stored there`);
    }
    if (entry.id !== id) this.#report("I1", `${messageId} was acked as ${id}, but is stored as ${entry.id}`);
    if (entry.t !== undefined && t < entry.t) {
      this.#report("A1", `${messageId} was acked ${entry.t - t} ms before it was stored`);
    }
    if (!message.bodies.has(entry.body)) {
      this.#report("A2", `${messageId} was acked, but another body is stored under it: ${entry.body}`);
    }
    this.#order(ack, message);
    if (duplicate) return;
    message.fresh ??= ack;
    const before = this.#fresh.get(where);
    if (before !== undefined) {
      this.#report(
        "A2",
        `${messageId} was acked twice without duplicate:true, at ${where}, first to ${before}`,
      );
    }
    this.#fresh.set(where, client);
  }

  #order({ client, room, epoch, offset, messageId }: EventOf<"ack">, { after }: Message): void {
    const floor = after.get(epoch) ?? 0;
    if (offset <= floor && !this.#isRepeat(client, messageId)) {
      this.#report("I5", `${messageId} is at ${offset}, but was sent after the ack of ${floor}`);
    }
    const acked = this.#acked.of(`${client} ${room}`);
    acked.set(epoch, Math.max(acked.get(epoch) ?? 0, offset));
  }

  #isRepeat(client: string, messageId: string): boolean {
    return (this.#messages.get(`${client} ${messageId}`)?.fresh) !== undefined;
  }

  /** Messages that one connection sent one after the other, each once, lie in that order. */
  #pipelines(): void {
    const last = new Map<string, EventOf<"ack">>();
    for (const { firstConn, room, sends, fresh } of this.#messages.values()) {
      if (sends > 1 || !fresh || fresh.conn !== firstConn) continue;
      const key = `${firstConn} ${room} ${fresh.epoch}`;
      const before = last.get(key);
      if (before && before.offset > fresh.offset) {
        this.#report(
          "I5",
          `${firstConn} sent ${before.messageId} before ${fresh.messageId}, but they are at ` +
            `${before.offset} and ${fresh.offset}`,
        );
      }
      last.set(key, fresh);
    }
  }
}
