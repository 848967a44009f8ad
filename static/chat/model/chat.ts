import { computed, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import type { Relay } from "../../../src/client/mod.ts";
import { watchConnection } from "../../shared/connection.ts";
import type { Connection } from "../../shared/connection.ts";
import type { Keep } from "../../shared/storage.ts";
import { Conversation, type Surroundings } from "./conversation.ts";
import { forgetRoom, recentRooms, visitRoom } from "./recent_rooms.ts";

/** Rooms that stay open behind the one in view, so that one hears what is new in them. */
const MAX_OPEN = 8;
const HISTORY = 50;

export interface ChatOptions {
  readonly relay: Relay;
  readonly keep: Keep;
  /** the userId of the last visit */
  readonly userId: string | undefined;
  readonly attentive: ReadonlySignal<boolean>;
  readonly soon: Surroundings["soon"];
  readonly now: () => number;
  /** told once the server said who we are, and when that changes */
  readonly onSelf: (userId: string) => void;
}

/** One visit to the chat: the relay, the rooms that are open on it and the one in view. */
export class Chat {
  readonly relay: Relay;
  readonly connection: ReadonlySignal<Connection>;
  /** our userId; "" until it is known */
  readonly me: Signal<string>;
  /** the largest envelope that the server takes; `Infinity` until it said so */
  readonly maxMessageBytes = signal(Infinity);
  /** rooms of this browser, with what is unread in those that are open */
  readonly rooms: ReadonlySignal<readonly { roomId: string; unread: number }[]>;
  readonly current = signal<Conversation | undefined>(undefined);
  /** messages not seen yet, over all open rooms */
  readonly unread: ReadonlySignal<number>;

  readonly #options: ChatOptions;
  readonly #known: Signal<readonly string[]>;
  /** the one used last stands last */
  readonly #open = signal<ReadonlyMap<string, Conversation>>(new Map());
  readonly #ended = new AbortController();

  constructor(options: ChatOptions) {
    const { relay, keep, now } = options;
    this.#options = options;
    this.relay = relay;
    this.me = signal(relay.self?.userId ?? options.userId ?? "");
    this.#known = signal(recentRooms(keep));
    this.connection = watchConnection(relay, this.#ended.signal, now);
    this.rooms = computed(() =>
      this.#known.value.map((roomId) => ({ roomId, unread: this.#open.value.get(roomId)?.unread.value ?? 0 }))
    );
    this.unread = computed(() => {
      let sum = 0;
      for (const conversation of this.#open.value.values()) sum += conversation.unread.value;
      return sum;
    });

    const until = this.#ended.signal;
    relay.addEventListener("state", () => this.#learnSelf(), { signal: until });
    relay.addEventListener("gap", ({ detail: { roomId, reason, from, to } }) => {
      // a new epoch shows itself by its messages, a forbidden room by its state; without a range nothing is missing
      if (reason === "epoch" || reason === "forbidden" || from === undefined) return;
      this.#open.value.get(roomId)?.missing(from, to);
    }, { signal: until });
    this.#learnSelf();
  }

  /** Brings a room into view, opening it if need be. */
  enter(roomId: string): void {
    this.current.value?.rest();
    const open = new Map(this.#open.value);
    const conversation = open.get(roomId) ??
      new Conversation(this.relay.room(roomId, { history: HISTORY }), this.#surroundings(roomId));
    open.delete(roomId);
    open.set(roomId, conversation);
    this.current.value = conversation;
    this.#known.value = visitRoom(this.#options.keep, roomId);
    this.#open.value = open;
    this.#leaveBeyond(MAX_OPEN);
  }

  /** Shows no room: the address names none. */
  showNone(): void {
    this.current.value?.rest();
    this.current.value = undefined;
  }

  /** Leaves a room and takes it off the list. The one in view stays. */
  forget(roomId: string): void {
    if (this.current.value?.roomId === roomId) return;
    this.#known.value = forgetRoom(this.#options.keep, roomId);
    this.#leave(roomId);
  }

  /** Ends the visit. */
  close(): void {
    this.#ended.abort();
    for (const conversation of this.#open.value.values()) conversation.close();
    this.relay.close();
  }

  /** A room behind the one in view has nobody's attention. */
  #surroundings(roomId: string): Surroundings {
    const { attentive, soon, now } = this.#options;
    const isLookedAt = computed(() => attentive.value && this.current.value?.roomId === roomId);
    return { me: this.me, attentive: isLookedAt, soon, now };
  }

  #learnSelf(): void {
    this.maxMessageBytes.value = this.relay.maxMessageBytes;
    const userId = this.relay.self?.userId;
    if (userId === undefined || userId === this.me.value) return;
    this.me.value = userId;
    this.#options.onSelf(userId);
  }

  /** Leaving would drop what is not sent yet: such rooms stay open. */
  #leaveBeyond(max: number): void {
    const idle = [...this.#open.value.values()].filter((each) =>
      each !== this.current.value && each.room.outgoing.snapshot.length === 0
    );
    for (const conversation of idle.slice(0, Math.max(0, this.#open.value.size - max))) {
      this.#leave(conversation.roomId);
    }
  }

  #leave(roomId: string): void {
    const open = new Map(this.#open.value);
    const conversation = open.get(roomId);
    if (!conversation) return;
    open.delete(roomId);
    this.#open.value = open;
    conversation.close();
    // `leave` never rejects
    void conversation.room.leave();
  }
}
