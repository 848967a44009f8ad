import type { Frame } from "../protocol/codecs/codec.ts";
import type { Attached } from "./hub_options.ts";
import type { Inbound } from "./inbound.ts";
import type { Session } from "./session.ts";

/** A session and what comes up to it, as its transport holds them. */
export class AttachedSession implements Attached {
  readonly session: Session;
  readonly #inbound: Inbound;

  constructor(session: Session, inbound: Inbound) {
    this.session = session;
    this.#inbound = inbound;
  }

  receive(frame: Frame): void {
    this.#inbound.receive(frame);
  }

  gone(code: number, reason: string): void {
    this.session.end(code, reason);
  }
}
