import type { Hub } from "../hub/hub.ts";
import type { Cancel, Identity } from "../hub/ports.ts";
import type { Session } from "../hub/session.ts";
import { jsonBatch } from "../protocol/codecs/json_batch.ts";
import { CloseCode } from "../protocol/wire.ts";
import type { Release } from "./places.ts";
import { PollConnection } from "./poll_connection.ts";

/**
 * How long a conversation is kept for the next request: with a wait of 20 s before it, within what H3 allows. [T6] The
 * runtime (Deno 2.9.6) does not hear of the end of every request that has a body: how it was cut into packets decides.
 */
const KEPT_MS = 10_000;

/** One client's conversation, of as many requests as it takes. */
export interface Poll {
  readonly connection: PollConnection;
  readonly session: Session;
  /** by which join it is in each room: under another one it is joined anew */
  joins: ReadonlyMap<string, string>;
  /** Keeps it until the next request, unless that is here already. */
  rest(): void;
  /** A request of it is here, until its signal aborts. */
  resume(reader: AbortSignal): void;
}

/** The conversations of those who poll, by their connection's id. What another isolate has begun is not among them. */
export class Polls {
  readonly #hub: Hub;
  readonly #polls = new Map<string, Poll>();

  constructor(hub: Hub) {
    this.#hub = hub;
  }

  /** Goes on with a conversation whose last answer arrived. One whose answer was lost is over. */
  resume(turn: string, identity: Identity, reader: AbortSignal): Poll | undefined {
    const poll = this.#polls.get(turn.slice(0, turn.lastIndexOf(".")));
    if (!poll) return undefined;
    const { connection, session } = poll;
    if (session.identity.userId !== identity.userId) return undefined;
    if (connection.turn !== turn) {
      session.close(CloseCode.normal, "began anew");
      return undefined;
    }
    poll.resume(reader);
    // a request shows its token: it may be a fresh one [C5]
    if (session.identity.expiresAtMs !== identity.expiresAtMs) this.#hub.access.renew(session, identity);
    return poll;
  }

  begin(identity: Identity, release: Release, reader: AbortSignal): Poll {
    const { clock, ids } = this.#hub;
    let expire: Cancel = () => {};
    const connection = new PollConnection({
      id: ids.next(),
      clock,
      finished: () => {
        expire();
        this.#polls.delete(connection.id);
        release();
      },
    });
    const { session } = this.#hub.attach(connection, {
      identity,
      codec: jsonBatch,
      transport: "polling",
      welcome: false,
    });
    const poll: Poll = {
      connection,
      session,
      joins: new Map(),
      resume: (reader) => {
        expire();
        connection.enter(reader);
      },
      rest: () => {
        // of two that came with one turn the other is here
        if (connection.isRead) return;
        expire();
        expire = clock.after(KEPT_MS, () => session.close(CloseCode.goingAway, "the reader left"));
      },
    };
    poll.resume(reader);
    this.#polls.set(connection.id, poll);
    return poll;
  }
}
