import type { NewMessage, Saved } from "../protocol/messages.ts";
import type { Position } from "../protocol/position.ts";
import type { Core } from "./core.ts";
import { createErrand, type Errand } from "./errand.ts";
import { RelayError } from "./errors.ts";
import type { Answer } from "./line.ts";
import { createValue, type Report } from "./observable.ts";
import type { Observable, OutboxItem, Outgoing } from "./types.ts";

/**
 * What one room has to say, one thing after the other. The next message goes out only when the one before has
 * its final answer: were two on their way, the first could be refused for a moment (`rate_limited`,
 * `store_unavailable`) while the second is stored, and no retry could bring them into order again.
 */
export interface Lane {
  readonly outgoing: Observable<readonly Outgoing[]>;
  /** Puts an item into the line. Rejects at once when it cannot even wait. */
  add(item: OutboxItem, signal?: AbortSignal): Promise<Saved>;
  retry(messageId: string): Promise<Saved>;
  discard(messageId: string): void;
  /** What an earlier visit left goes first. */
  restore(items: OutboxItem[]): void;
  /** Open while the room is joined on this connection. While barred, what waits or comes fails with this error. */
  gate(open: boolean, barred: RelayError | undefined): void;
  /** The connection ended because a message was too big: the one on its way. */
  failFlying(): void;
  /** The room was left, and all that waited failed: it is forgotten. */
  end(): void;
  /** One's own message arrived: it is stored, even if its ack was lost. [A1b] */
  seen(message: Omit<NewMessage, "content">): void;
  /** The room's reader went on. */
  moved(position: Position | undefined): void;
}

/** An errand, and what it is about. */
interface Entry extends Errand<Saved> {
  readonly item: OutboxItem;
  readonly bytes: number;
  view: Outgoing;
  saved?: Saved;
}

/** `echo`: one's own messages come back. */
export function createLane(core: Core, roomId: string, echo: boolean, report: Report): Lane {
  const { line, outbox } = core;
  const outgoing = createValue<readonly Outgoing[]>([], report);
  /** everything held: waiting, failed, and stored but not seen yet */
  let entries: Entry[] = [];
  let position: Position | undefined;
  let isOpen = false;
  let barred: RelayError | undefined;

  function create(original: OutboxItem, signal?: AbortSignal): Entry {
    const claimed = outbox.claim(original);
    const { messageId, type, payload } = claimed.item;
    const { content = "", replyTo = null } = payload as Partial<Outgoing>;
    const errand = createErrand<Saved>(core, { type, payload, messageId }, {
      answered: (answer) => answered(entry, answer),
      signal,
      aborted: (reason) => abandon(entry, reason),
    });
    const view: Outgoing = { messageId, content, replyTo, state: "pending" };
    const entry: Entry = Object.assign(errand, claimed, { view });
    return entry;
  }

  function find(messageId: string): Entry | undefined {
    return entries.find(({ item }) => item.messageId === messageId);
  }

  /** What waits, in order. */
  function queue(): Entry[] {
    return entries.filter(({ view }) => view.state === "pending");
  }

  /** Lets the first one go and shows how all stand. After every change. */
  function update(): void {
    const goes = isOpen && outbox.ready;
    for (const entry of queue()) {
      const error = barred ?? (goes && refusal(entry));
      if (!error) {
        // the others have their turn after it
        if (goes) entry.begin();
        break;
      }
      fail(entry, error);
    }
    const shown = entries.filter(isShown).map(({ view }) => view);
    const { snapshot } = outgoing;
    if (shown.length !== snapshot.length || shown.some((view, i) => view !== snapshot[i])) {
      outgoing.set(shown);
    }
  }

  /** Why an entry must not go out. */
  function refusal({ item, bytes }: Entry): RelayError | undefined {
    const { userId } = core.self!;
    // what may be stored for one user is not sent again for another, not by a later visit either
    if (!item.userId) outbox.keep(Object.assign(item, { userId }));
    if (item.userId !== userId) return new RelayError("identity_changed", "It may have been stored");
    return bytes > outbox.maxBytes ? tooLarge() : undefined;
  }

  function answered(entry: Entry, answer: Answer): void {
    const { error } = answer;
    if (error) fail(entry, error);
    else store(entry, answer.payload as unknown as Saved);
    if (error?.code === "timeout") {
      // the answer may still come: then it did not fail after all
      line.listen(entry.item.messageId, (late) => late && !late.error && answered(entry, late));
    }
    update();
  }

  function store(entry: Entry, saved: Saved): void {
    if (entry.saved) return;
    entry.view = { ...entry.view, state: "sent", error: undefined };
    entry.saved = saved;
    entry.resolve(saved);
    outbox.drop(entry.item.messageId);
    if (!echo || !isShown(entry) || isPassed(entry)) remove(entry);
  }

  function fail(entry: Entry, error: RelayError): void {
    entry.view = { ...entry.view, state: "failed", error };
    entry.reject(error);
    // nobody sees a publish fail but its caller
    if (!isShown(entry)) forget(entry);
  }

  function abandon(entry: Entry, reason: unknown): void {
    entry.reject(reason);
    forget(entry);
    update();
  }

  function forget(entry: Entry): void {
    outbox.drop(entry.item.messageId);
    remove(entry);
  }

  function remove(entry: Entry): void {
    if (!entries.includes(entry)) return;
    entries = entries.filter((other) => other !== entry);
    // the wait for a late answer ends too
    line.forget(entry.item.messageId);
    outbox.release(entry.item.messageId);
  }

  /** What was stored behind the reader's back does not arrive any more. */
  function isPassed({ saved }: Entry): boolean {
    return !!saved && !!position && (saved.epoch !== position.epoch || saved.offset <= position.offset);
  }

  const lane: Lane = {
    outgoing,
    add(item, signal) {
      try {
        signal?.throwIfAborted();
        const entry = create(item, signal);
        outbox.keep(entry.item);
        entries.push(entry);
        update();
        return entry.promise;
      } catch (error) {
        return Promise.reject(error);
      }
    },
    retry(messageId) {
      const entry = find(messageId);
      if (!entry) return Promise.reject(new RelayError("not_found", `Cannot retry: no "${messageId}"`));
      if (entry.view.state !== "failed") return entry.promise;
      remove(entry);
      return lane.add(entry.item);
    },
    discard(messageId) {
      const entry = find(messageId);
      if (entry) abandon(entry, new RelayError("discarded", "Discarded"));
    },
    restore(items) {
      const before = entries;
      entries = [];
      for (const item of items) {
        try {
          entries.push(create(item));
        } catch (error) {
          report(error);
        }
      }
      entries.push(...before);
      update();
    },
    gate(open, error) {
      isOpen = open;
      barred = error;
      if (!open) queue()[0]?.pause();
      update();
    },
    failFlying() {
      const [head] = queue();
      if (head?.flying) fail(head, tooLarge());
    },
    end() {
      entries.forEach(forget);
      update();
      outbox.leave(lane);
    },
    seen({ messageId, id: savedId, epoch, offset }) {
      const entry = find(messageId);
      if (!entry) return;
      store(entry, { savedId, roomId, epoch, offset, duplicate: false });
      remove(entry);
      update();
    },
    moved(at) {
      position = at;
      entries.filter(isPassed).forEach(remove);
      update();
    },
  };
  outbox.enter(roomId, lane);
  return lane;
}

/** Only messages are shown: an application's events are its own affair. */
function isShown({ item }: Entry): boolean {
  return item.type === "send_message";
}

function tooLarge(): RelayError {
  return new RelayError("too_large", "Cannot send: too large");
}
