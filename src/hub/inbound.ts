import type { Codec, Frame } from "../protocol/codecs/codec.ts";
import { byteLength } from "../protocol/byte_length.ts";
import { RelayError } from "../protocol/errors.ts";
import { CloseCode, ErrorCode } from "../protocol/wire.ts";
import { Call, type CallRequest } from "./call.ts";
import { checkEnvelope, messageIdOf, typeOf } from "./check_envelope.ts";
import type { Handler } from "./handler.ts";
import type { Hub } from "./hub.ts";
import type { Attached } from "./hub_options.ts";
import { Streak, Strikes } from "./rate_limit.ts";
import type { Room } from "./room.ts";
import type { Session } from "./session.ts";
import type { RateLane, Rates } from "./user_rates.ts";

/** A client that goes this long without hitting its rate has stopped abusing it. */
const ABUSE_PAUSE_MS = 1000;

const OWN_FAULTS: ReadonlySet<ErrorCode> = new Set([
  ErrorCode.badRequest,
  ErrorCode.unknownType,
  ErrorCode.tooLarge,
]);

/** What is known of an envelope before it is checked. */
type Received = Pick<CallRequest<unknown>, "type" | "messageId" | "receivedMs">;

interface Request {
  readonly handler: Handler;
  readonly call: Call;
}

/**
 * A session as its transport holds it, and what comes up to it: frames in, checked and counted, calls out to the
 * handlers in their order.
 */
export class Inbound implements Attached {
  readonly session: Session;
  readonly #hub: Hub;
  readonly #codec: Codec;
  readonly #rates: Rates;
  readonly #waiting: Request[] = [];
  /** most clients do nothing wrong */
  #errors: Strikes | undefined;
  #abuse: Streak | undefined;
  #busy = false;

  constructor(hub: Hub, session: Session, codec: Codec, rates: Rates) {
    this.session = session;
    this.#hub = hub;
    this.#codec = codec;
    this.#rates = rates;
  }

  gone(code: number, reason: string): void {
    this.session.end(code, reason);
  }

  /** Takes one frame. Never throws: whatever is wrong with it becomes an answer. [E1] */
  receive(frame: Frame): void {
    if (!this.session.isOpen) return;
    const receivedMs = this.#hub.clock.monotonic();
    const bytes = frameBytes(frame);
    this.#hub.tally.framesIn.add(1);
    if (bytes > this.#hub.limits.maxFrameBytes) {
      this.session.close(CloseCode.tooBig, "frame too big");
      return;
    }
    let envelopes: unknown[];
    try {
      envelopes = this.#codec.decode(frame);
    } catch (error) {
      const request = { type: "", messageId: undefined, receivedMs };
      this.#refuse(request, this.#hub.toRelayError(error, "frame"));
      return;
    }
    const alone = envelopes.length === 1 && !this.#codec.deflates;
    for (const envelope of envelopes) {
      this.#take(envelope, alone ? bytes : this.#codec.sizeOf(envelope), receivedMs);
    }
  }

  #take(envelope: unknown, bytes: number, receivedMs: number): void {
    const received = { type: typeOf(envelope), messageId: messageIdOf(envelope), receivedMs };
    this.#hub.tally.received(received.type, bytes);
    try {
      const request = this.#check(envelope, bytes, received);
      if (this.#waiting.length >= this.#hub.limits.maxWaiting) {
        throw new RelayError(
          ErrorCode.rateLimited,
          "Cannot take message: too many wait for the ones before them",
        );
      }
      this.#waiting.push(request);
      this.#hub.tally.waiting++;
      this.#run();
    } catch (error) {
      this.#refuse(received, this.#hub.toRelayError(error, "envelope"));
    }
  }

  #check(value: unknown, bytes: number, received: Received): Request {
    const { handler, payload, rate } = checkEnvelope(this.#hub, value, bytes);
    this.#count(rate, received.receivedMs);
    const request = { ...received, payload, answersAs: handler.answersAs };
    return { handler, call: new Call(this.#hub, this.session, request) };
  }

  /** [L] */
  #count(lane: RateLane, nowMs: number): void {
    const retryAfterMs = this.#rates.take(lane, nowMs);
    if (retryAfterMs === 0) return;
    this.#abuse ??= new Streak(ABUSE_PAUSE_MS);
    if (this.#abuse.note(nowMs) >= this.#hub.limits.rateAbuseMs) {
      this.session.close(CloseCode.rateLimited, "rate limited");
    }
    throw new RelayError(ErrorCode.rateLimited, "Cannot take message: too many a second", { retryAfterMs });
  }

  #run(): void {
    while (!this.#busy) {
      // what a client sent before it left is done; what waits when it is put out is not
      if (this.session.isClosed) this.#drop();
      const next = this.#waiting[0];
      if (!next) return;
      const crowded = this.#hub.crowded(next.handler, next.call.payload);
      if (crowded) return this.#waitFor(crowded);
      this.#waiting.shift();
      this.#hub.tally.waiting--;
      this.#start(next);
    }
  }

  #drop(): void {
    this.#hub.tally.waiting -= this.#waiting.length;
    this.#waiting.length = 0;
  }

  /** Publishers go at the pace of those they write to. [R7] */
  #waitFor(room: Room): void {
    this.#busy = true;
    room.fanout.whenTaken(() => {
      this.#busy = false;
      this.#run();
    });
  }

  #start({ handler, call }: Request): void {
    try {
      const result = handler.handle(call);
      if (!(result instanceof Promise)) {
        if (result) call.answer(result);
        return;
      }
      this.#busy = true;
      result.then((fields) => fields && call.answer(fields), (error) => this.#failed(call, error))
        .finally(() => {
          this.#busy = false;
          this.#run();
        });
    } catch (error) {
      this.#failed(call, error);
    }
  }

  #failed(call: Call, error: unknown): void {
    const known = this.#hub.toRelayError(error, "handler");
    call.fail(known);
    this.#strike(known);
  }

  #refuse(received: Received, error: RelayError): void {
    const request = { ...received, payload: undefined, answersAs: undefined };
    new Call(this.#hub, this.session, request).fail(error);
    this.#strike(error);
  }

  /** Ten errors of the client's own making in ten seconds end the connection. [L] */
  #strike(error: RelayError): void {
    if (!OWN_FAULTS.has(error.code)) return;
    const { id: sessionId, identity: { userId } } = this.session;
    this.#hub.noise.info("message_refused", { sessionId, userId, code: error.code, reason: error.message });
    const { maxErrors, errorWindowMs } = this.#hub.limits;
    this.#errors ??= new Strikes(maxErrors, errorWindowMs);
    if (this.#errors.strike(this.#hub.clock.monotonic())) {
      this.session.close(CloseCode.policy, "too many errors");
    }
  }
}

function frameBytes(frame: Frame): number {
  return typeof frame === "string" ? byteLength(frame) : frame.byteLength;
}
