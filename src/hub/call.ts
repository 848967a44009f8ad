import type { RelayError } from "../protocol/errors.ts";
import type { Saved } from "../protocol/messages.ts";
import { Sealed } from "../protocol/sealed.ts";
import type { Caller } from "./caller.ts";
import type { Handler } from "./handler.ts";
import type { Hub } from "./hub.ts";
import { isoTime } from "./iso_time.ts";
import { seal, sealAck } from "./seal.ts";

export interface CallRequest<P> {
  /** what it claims to be: anything, when it was refused */
  readonly type: string;
  readonly payload: P;
  readonly messageId: string | undefined;
  readonly receivedMs: number;
  readonly answersAs: Handler["answersAs"];
}

/** One message of a client on its way through a handler. It is answered exactly once. [E3] */
export class Call<P = unknown> {
  readonly hub: Hub;
  readonly session: Caller;
  readonly payload: P;
  readonly messageId: string | undefined;
  /** when its frame came in, in monotonic ms */
  readonly receivedMs: number;
  readonly #type: string;
  readonly #answersAs: Handler["answersAs"];
  #answered = false;

  constructor(
    hub: Hub,
    session: Caller,
    request: CallRequest<P>,
  ) {
    this.hub = hub;
    this.session = session;
    this.payload = request.payload;
    this.messageId = request.messageId;
    this.receivedMs = request.receivedMs;
    this.#type = request.type;
    this.#answersAs = request.answersAs;
  }

  /** Answers with success. */
  answer(fields: object): void {
    if (!this.#once()) return;
    const nowMs = this.hub.clock.now();
    const answersAs = this.#answersAs;
    if (answersAs !== undefined && (this.messageId === undefined || answersAs === "pong")) {
      this.#send(Sealed.of({ type: answersAs, payload: fields, timestamp: isoTime(nowMs) }));
    }
    if (this.messageId !== undefined) {
      this.#ack(sealAck(this.messageId, { success: true, ...fields }, nowMs));
    }
  }

  /** Answers with an error. [E4] */
  fail(error: RelayError): void {
    if (!this.#once()) return;
    const wire = error.toWire();
    const nowMs = this.hub.clock.now();
    this.hub.tally.errors[wire.code].add(1);
    if (this.messageId === undefined) this.#send(seal("error", wire, nowMs));
    else this.#ack(sealAck(this.messageId, { success: false, error: wire }, nowMs));
  }

  /**
   * Stores a message in a room and answers with where it is. The log's order is the order of these calls; the
   * answer is queued before the message is handed to any reader. [A1] [A1b]
   */
  publish(roomId: string, type: string, body: object): void {
    const { hub, session, messageId, receivedMs } = this;
    const message = { roomId, type, body, identity: session.identity, messageId, receivedMs };
    hub.publish(message, (saved: Saved) => this.answer(saved))
      .catch((error) => this.fail(hub.toRelayError(error, type)));
  }

  #once(): boolean {
    if (this.#answered) return false;
    return this.#answered = true;
  }

  #ack(sealed: Sealed): void {
    this.#send(sealed);
    this.hub.tally.acked(this.#type, this.hub.clock.monotonic() - this.receivedMs);
  }

  #send(sealed: Sealed): void {
    if (this.session.isOpen) this.session.reply(sealed);
  }
}
