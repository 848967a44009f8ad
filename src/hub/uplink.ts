import { RelayError } from "../protocol/errors.ts";
import type { Sealed } from "../protocol/sealed.ts";
import { ErrorCode, ServerType } from "../protocol/wire.ts";
import { Call } from "./call.ts";
import type { Caller } from "./caller.ts";
import { checkEnvelope, messageIdOf, typeOf } from "./check_envelope.ts";
import type { Handler } from "./handler.ts";
import type { Hub } from "./hub.ts";
import type { Membership } from "./membership.ts";
import type { Room } from "./room.ts";
import type { RateLane, Rates } from "./user_rates.ts";
import type { Visitor } from "./visit.ts";

const NO_ROOMS: ReadonlyMap<string, Membership> = new Map();

/**
 * Takes one envelope that came by itself and resolves with its ack. One without a `messageId` is given one: the
 * answer is an ack always. Never rejects: what is wrong with it is in the ack. [T4]
 */
export function takeAlone(
  hub: Hub,
  visitor: Visitor,
  rates: Rates,
  envelope: unknown,
  bytes: number,
): Promise<Sealed> {
  const { promise, resolve } = Promise.withResolvers<Sealed>();
  const receivedMs = hub.clock.monotonic();
  const type = typeOf(envelope);
  const caller = new LoneCaller(hub, visitor, resolve);
  const messageId = messageIdOf(envelope) ?? caller.id;
  hub.tally.received(type, bytes);
  let call: Call = new Call(hub, caller, {
    type,
    payload: undefined,
    messageId,
    receivedMs,
    answersAs: undefined,
  });
  const failed = (error: unknown) => call.fail(hub.toRelayError(error, "uplink"));
  try {
    const { handler, payload, rate } = checkEnvelope(hub, envelope, bytes);
    count(rates, rate, receivedMs);
    call = new Call(hub, caller, { type, payload, messageId, receivedMs, answersAs: handler.answersAs });
    run(hub, handler, call).catch(failed);
  } catch (error) {
    failed(error);
  }
  return promise;
}

async function run(hub: Hub, handler: Handler, call: Call): Promise<void> {
  for (let room; (room = hub.crowded(handler, call.payload));) await taken(room);
  const fields = await handler.handle(call);
  if (fields) call.answer(fields);
}

/** [R7] */
function taken(room: Room): Promise<void> {
  return new Promise((resolve) => room.fanout.whenTaken(resolve));
}

/** [L] */
function count(rates: Rates, lane: RateLane, nowMs: number): void {
  const retryAfterMs = rates.take(lane, nowMs);
  if (retryAfterMs === 0) return;
  throw new RelayError(ErrorCode.rateLimited, "Cannot take message: too many a second", { retryAfterMs });
}

/** The sender of one envelope: it is in no room, and what it is told is the ack. */
class LoneCaller implements Caller {
  readonly id: string;
  readonly identity: Visitor["identity"];
  readonly isOpen = true;
  readonly rooms = NO_ROOMS;
  readonly #hub: Hub;
  readonly #sid: string | undefined;
  readonly #acked: (ack: Sealed) => void;

  constructor(hub: Hub, { identity, sid }: Visitor, acked: (ack: Sealed) => void) {
    this.id = hub.ids.next();
    this.identity = identity;
    this.#hub = hub;
    this.#sid = sid;
    this.#acked = acked;
  }

  reply(sealed: Sealed): void {
    // a pong is an answer of its own, its ack follows
    if (sealed.type === ServerType.ack) this.#acked(sealed);
  }

  /** A session that polls stops being there at once. */
  leave(roomId: string): boolean {
    if (this.#sid === undefined) return false;
    const room = this.#hub.activeRoom(roomId);
    return room?.visitors.leave(this.identity.userId, this.#sid) ?? false;
  }
}
