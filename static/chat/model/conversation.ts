import { batch, computed, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import {
  type NewMessage,
  type Outgoing,
  type Presence,
  RelayError,
  type Room,
  type RoomState,
  type User,
} from "../../../src/client/mod.ts";
import { HistoryReader } from "./history_reader.ts";
import {
  fromWire,
  type Message,
  type Receipt,
  receiptOf,
  type Stored,
  type StoredMessage,
} from "./message.ts";
import { OnTheirWay } from "./on_their_way.ts";
import { Reading } from "./reading.ts";
import { buildRows, type Row } from "./rows.ts";
import { Timeline } from "./timeline.ts";

/** What a conversation needs of the page around it. */
export interface Surroundings {
  /** our userId, "" while it is not known */
  readonly me: ReadonlySignal<string>;
  /** the page is in front and has the focus */
  readonly attentive: ReadonlySignal<boolean>;
  /** wall time in ms */
  now(): number;
  /** Runs `task` once, before the next drawing. */
  soon(task: () => void): void;
}

/** The list is drawn on every change: beyond this many messages the oldest are let go and read again on demand. */
const KEEP_AT_END = { above: 600, keep: 500 } as const;
/** The same while the reader looks at older ones, which should not go from under the eyes. */
const KEEP_SCROLLED = { above: 6000, keep: 5000 } as const;

/** One room as the page shows it: follows the SDK's room and holds what only the page knows. */
export class Conversation {
  readonly room: Room;
  readonly roomId: string;
  readonly rows: ReadonlySignal<readonly Row[]>;
  /** messages of others that were not seen yet */
  readonly unread: ReadonlySignal<number>;
  readonly hasOlder: ReadonlySignal<boolean>;
  /** what is not here and can be read: older pages, holes, single messages */
  readonly history: HistoryReader;
  readonly state: Signal<RoomState>;
  readonly presence: Signal<Presence>;
  readonly typists: Signal<readonly User[]>;
  /** userId → offset */
  readonly marks: Signal<ReadonlyMap<string, number>>;
  /** the message that the next one answers */
  readonly replyTo = signal<StoredMessage | undefined>(undefined);
  /** the end of the conversation is in view; told by the list */
  readonly atEnd = signal(true);
  /** counts up when the list must go to its end */
  readonly toEnd = signal(0);
  /** a message that could not even be queued: its text belongs back into the composer */
  readonly refused = signal<{ content: string; error: RelayError } | undefined>(undefined);

  readonly #around: Surroundings;
  readonly #timeline = new Timeline();
  readonly #reading = new Reading();
  readonly #version = signal(0);
  readonly #outgoing = signal<readonly Outgoing[]>([]);
  readonly #onTheirWay: OnTheirWay;
  readonly #stops: (() => void)[] = [];
  #scheduled = false;

  constructor(room: Room, around: Surroundings) {
    this.room = room;
    this.roomId = room.id;
    this.#around = around;
    this.#onTheirWay = new OnTheirWay(around.now);
    this.history = new HistoryReader(room, this.#timeline, () => this.#changed());
    this.state = signal(room.state.snapshot);
    this.presence = signal(room.presence.snapshot);
    this.typists = signal(room.typists.snapshot);
    this.marks = signal(room.marks.snapshot);
    this.#refresh();

    this.rows = computed(() => this.#rows());
    this.unread = computed(() => this.#unread());
    this.hasOlder = computed(() => (this.#version.value, this.#timeline.olderBefore !== undefined));

    this.#stops.push(
      room.on("joined_room", ({ epoch, from, offset, read }) => this.#joined(epoch, from, offset, read)),
      room.on("new_message", (message) => this.#arrived(message)),
      ...[room.state, room.presence, room.typists, room.marks, room.outgoing].map((source) =>
        source.subscribe(() => this.#touch())
      ),
    );
  }

  /** Stops following the room. */
  close(): void {
    for (const stop of this.#stops.splice(0)) stop();
  }

  /** Queues a message; blank ones are not. Returns whether it was. */
  send(content: string): boolean {
    if (content.trim() === "") return false;
    const replyTo = this.replyTo.value?.delivery.id ?? null;
    this.room.send(content, { replyTo }).catch((error: unknown) => {
      if (error instanceof RelayError && error.code === "outbox_full") {
        this.refused.value = { content, error };
      }
    });
    this.#reading.finish(this.#timeline.top);
    batch(() => {
      this.replyTo.value = undefined;
      this.refused.value = undefined;
      this.toEnd.value++;
    });
    this.#refresh();
    return true;
  }

  /** Tries a failed message again. */
  retry(messageId: string): void {
    this.room.retry(messageId).catch(ignoreSettled);
    this.#refresh();
  }

  /** Forgets a failed message. */
  discard(messageId: string): void {
    this.room.discard(messageId);
    this.#refresh();
  }

  /** What a message shows of its delivery. */
  receipt(message: Message): Receipt {
    return receiptOf(message, this.#around.me.value, this.marks.value);
  }

  /** The message with this `id`, if it is here. */
  original(id: string): StoredMessage | undefined {
    return this.#version.value >= 0 ? this.#timeline.byId(id) : undefined;
  }

  /** The name of a user, as it stands in the room or in what they wrote. */
  nameOf(userId: string): string | undefined {
    const present = this.presence.value.users.find((user) => user.userId === userId);
    return present?.userName ??
      this.#timeline.messages.findLast((message) => message.userId === userId)?.userName;
  }

  /** These were on a page that had the reader's eyes; what stands above them counts as read. */
  seen(places: readonly Stored[]): void {
    // offsets of a log that is gone mean nothing in the one that is here now [A4]
    const offsets = places.filter(({ epoch }) => epoch === this.#timeline.epoch).map(({ offset }) => offset);
    const highest = Math.max(0, ...offsets);
    if (!this.#around.attentive.value || !this.#reading.seen(highest)) return;
    this.room.read(highest);
    this.#changed();
  }

  /** The reader went away: what comes from now on is new. */
  rest(): void {
    this.#reading.finish(this.#timeline.top);
    this.#changed();
  }

  /** Messages are missing, as the SDK's `gap` event tells. */
  missing(from: number, to: number | undefined): void {
    this.#timeline.missing(from, to);
    this.#changed();
  }

  #joined(
    epoch: string,
    from: number,
    offset: number,
    read: readonly { userId: string; upTo: number }[],
  ): void {
    const isNewLog = this.#timeline.epoch !== undefined && this.#timeline.epoch !== epoch;
    this.#timeline.joined(epoch, from);
    if (isNewLog) this.#reading.restarted(offset);
    else this.#reading.joined(read.find((mark) => mark.userId === this.#around.me.value)?.upTo, offset);
    this.#touch();
  }

  #arrived(wire: NewMessage): void {
    const message = fromWire(wire);
    const isNewLog = this.#timeline.epoch !== undefined && !this.#timeline.epochs.includes(wire.epoch);
    if (isNewLog) this.#reading.restarted(wire.offset - 1);
    if (!this.#timeline.put(message)) return;
    const { above, keep } = this.atEnd.value ? KEEP_AT_END : KEEP_SCROLLED;
    if (this.#timeline.messages.length > above) this.#timeline.trim(keep);
    if (message.userId !== this.#around.me.value) {
      this.#reading.arrived(message.delivery.offset, this.#around.attentive.value && this.atEnd.value);
    }
    this.#touch();
  }

  /** Many events between two drawings are one change. */
  #touch(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.#around.soon(() => {
      this.#scheduled = false;
      this.#refresh();
    });
  }

  #refresh(): void {
    batch(() => {
      this.state.value = this.room.state.snapshot;
      this.presence.value = this.room.presence.snapshot;
      this.typists.value = this.room.typists.snapshot;
      this.marks.value = this.room.marks.snapshot;
      this.#outgoing.value = this.room.outgoing.snapshot;
      this.#changed();
    });
  }

  #changed(): void {
    this.#version.value++;
  }

  #rows(): readonly Row[] {
    this.#version.value;
    const me = this.#around.me.value;
    const onTheirWay = this.#onTheirWay.messages(this.#outgoing.value, me, (key) => this.#timeline.has(key));
    return buildRows({
      messages: [...this.#timeline.messages, ...onTheirWay],
      holes: this.#timeline.holes,
      epochs: this.#timeline.epochs,
      unreadAfter: this.#reading.lineAfter,
      me,
    });
  }

  #unread(): number {
    this.#version.value;
    const me = this.#around.me.value;
    const upTo = this.#reading.upTo;
    if (upTo === undefined) return 0;
    const { messages, epoch } = this.#timeline;
    let count = 0;
    for (let at = messages.length - 1; at >= 0; at--) {
      const { userId, delivery } = messages[at]!;
      if (delivery.epoch !== epoch || delivery.offset <= upTo) break;
      if (userId !== me) count++;
    }
    return count;
  }
}

/** How a message ended stands in `outgoing`; the promise tells nothing that is not there. */
function ignoreSettled(): void {}
