import { RelayError } from "../protocol/errors.ts";
import type { Saved } from "../protocol/messages.ts";
import { ErrorCode } from "../protocol/wire.ts";
import type { Hints } from "./hints.ts";
import type { Observer } from "./observer.ts";
import type { Appended, Clock, Draft, Identity, Ids, Log, Page } from "./ports.ts";
import type { Room } from "./room.ts";
import { within } from "./within.ts";

/** A message on its way into a room. */
export interface Message {
  readonly roomId: string;
  /** the server type it is delivered as */
  readonly type: string;
  readonly body: object;
  readonly identity: Identity;
  /** the sender's id for it; without one the hub gives one [E3b] */
  readonly messageId: string | undefined;
  /** when it came in, in monotonic ms: now, unless given */
  readonly receivedMs?: number;
}

export interface PublishingDeps {
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Log;
  readonly hints: Hints;
  /** the room, while it has members here */
  readonly room: (roomId: string) => Room | undefined;
  /** Is told of each message that was stored. */
  readonly saved: Observer["messageSaved"];
}

/** The one path a message takes. */
export class Publishing {
  readonly #deps: PublishingDeps;
  /** what is on its way into the store, by the id of its message, and how it is answered */
  readonly #committing = new Map<string, (appended: Appended) => void>();
  /** who waits until nothing is */
  #idle = () => {};

  constructor(deps: PublishingDeps) {
    this.#deps = deps;
  }

  /** how many messages are on their way into the store */
  get committing(): number {
    return this.#committing.size;
  }

  /**
   * Stored, then acknowledged, then handed to the readers; never in another order. [A1] [A2]
   * @throws {RelayError} `conflict`, `store_unavailable`
   */
  async publish(message: Message, acknowledge: (saved: Saved) => void): Promise<Saved> {
    const { clock, hints, room } = this.#deps;
    const { receivedMs = clock.monotonic() } = message;
    const draft = this.#draft(message);
    const { roomId } = draft;
    let saved: Saved | undefined;
    const answer = ({ outcome, id, epoch, offset }: Appended): Saved => {
      if (saved) return saved;
      saved = { savedId: id, roomId, epoch, offset, duplicate: outcome === "duplicate" };
      acknowledge(saved);
      return saved;
    };
    const appended = await this.#append(draft, answer);
    const { outcome, epoch, offset } = appended;
    if (outcome === "conflict") {
      throw new RelayError(
        ErrorCode.conflict,
        `Cannot publish: messageId "${draft.messageId}" was used for another message in room "${roomId}"`,
      );
    }
    const answered = answer(appended);
    // a duplicate may be the repeat of a commit whose answer was lost: the readers may not have it yet
    const entry = outcome === "stored" ? { ...draft, offset } : undefined;
    room(roomId)?.log.heard({ epoch, offset }, entry ? [entry] : [], "append");
    hints.reached(roomId, { epoch, offset }, entry);
    // last: a log that fails must not keep the message from its readers
    if (entry) this.#deps.saved?.({ entry, epoch, latencyMs: clock.monotonic() - receivedMs });
    return answered;
  }

  /**
   * A read may overtake the store's answer to an append of ours. Then the entry itself is the answer, so that its
   * sender never receives the message before the ack. [A1b]
   */
  found({ epoch, entries }: Page): void {
    if (this.#committing.size === 0) return;
    for (const { id, offset } of entries) {
      this.#committing.get(id)?.({ outcome: "stored", id, epoch, offset });
    }
  }

  /** Resolves when all that is being stored is stored and answered, or after `withinMs`. */
  async answered(withinMs: number): Promise<void> {
    const { clock } = this.#deps;
    if (this.#committing.size > 0) {
      await within(clock, withinMs, new Promise<void>((resolve) => this.#idle = resolve));
    }
    // those who waited for a commit answer in this turn
    await new Promise<void>((resolve) => clock.soon(resolve));
  }

  async #append(draft: Draft, answer: (appended: Appended) => void): Promise<Appended> {
    const { log, room } = this.#deps;
    this.#committing.set(draft.id, answer);
    const committed = room(draft.roomId)?.fanout.commits();
    try {
      return await log.append(draft);
    } finally {
      committed?.();
      this.#committing.delete(draft.id);
      if (this.#committing.size === 0) this.#idle();
    }
  }

  #draft({ roomId, type, body, identity, messageId }: Message): Draft {
    const { userId, userName } = identity;
    const { ids, clock } = this.#deps;
    return {
      roomId,
      id: ids.next(),
      type,
      userId,
      userName,
      messageId: messageId ?? ids.next(),
      timestampMs: clock.now(),
      body: JSON.stringify(body),
    };
  }
}
