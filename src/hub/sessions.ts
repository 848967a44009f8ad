import { CloseCode } from "../protocol/wire.ts";
import type { Ids } from "./ports.ts";
import { seal } from "./seal.ts";
import { Session, type SessionDeps, type SessionOptions } from "./session.ts";
import type { Ending } from "./closing.ts";

/** The sessions of a hub, in the order they came. */
export class Sessions implements Iterable<Session> {
  readonly #deps: SessionDeps;
  readonly #ended: (session: Session, ending: Ending) => void;
  readonly #open = new Set<Session>();

  /** `ended` is told once of each that is gone. */
  constructor(deps: SessionDeps, ended: (session: Session, ending: Ending) => void) {
    this.#deps = deps;
    this.#ended = ended;
  }

  get size(): number {
    return this.#open.size;
  }

  [Symbol.iterator](): IterableIterator<Session> {
    return this.#open.values();
  }

  open(options: SessionOptions): Session {
    const session = new Session(options, this.#deps, this.#closed);
    this.#open.add(session);
    return session;
  }

  /** Tells every client when to come back, then closes them all until `deadlineMs`. [X3] */
  async drain(deadlineMs: number, ids: Ids): Promise<void> {
    const { clock } = this.#deps;
    const spreadMs = Math.round(spreadOf(this.size));
    for (const session of this.#open) {
      const retryAfterMs = Math.round(ids.random() * spreadMs);
      session.outbox.reply(seal("drain", { retryAfterMs, spreadMs }, clock.now()));
      session.flush();
    }
    // closing in slices leaves the loop free to answer what is still on its way
    const slices = Math.max(1, Math.min(20, Math.ceil(this.size / 100)));
    const perSlice = Math.ceil(this.size / slices);
    const pauseMs = Math.max(0, Math.min(100, (deadlineMs - clock.monotonic()) / slices));
    const sessions = [...this.#open];
    for (let slice = 0; slice < slices; slice++) {
      for (const session of sessions.slice(slice * perSlice, (slice + 1) * perSlice)) {
        session.close(CloseCode.restart, "restarting");
      }
      if (slice < slices - 1) await new Promise<void>((resolve) => clock.after(pauseMs, resolve));
    }
  }

  close(code: CloseCode, reason: string): void {
    for (const session of [...this.#open]) session.close(code, reason);
  }

  readonly #closed = (session: Session, ending: Ending): void => {
    this.#open.delete(session);
    this.#ended(session, ending);
  };
}

/**
 * Over how long clients come back after a restart, in ms: who finds the next server not yet up tries again soon, and
 * must not meet everybody else there. A handful need not wait for each other; very many come at 2,000 a second. [X3]
 */
function spreadOf(clients: number): number {
  return Math.max(1000, Math.min(clients * 75, 15_000), clients / 2);
}
