import type { User } from "../protocol/messages.ts";
import type { Sealed } from "../protocol/sealed.ts";
import type { Item } from "./batch.ts";
import type { Cancel, Clock } from "./ports.ts";
import type { Presence } from "./presence.ts";
import { seal } from "./seal.ts";

export interface RollCallDeps {
  readonly roomId: string;
  readonly clock: Clock;
  readonly presence: Presence;
  /** Sends something to the members here. */
  readonly send: (item: Item) => void;
  /** Tells the other nodes who is here. */
  readonly announce: () => void;
}

/** How often a large room tells who is in it. [J3] */
const SAMPLE_EVERY_MS = 1000;

/** Says who is in a room: to its members change by change, or in a large room now and then; and to other nodes. [J3] */
export class RollCall {
  readonly #deps: RollCallDeps;
  #large = false;
  #sampling: Cancel | undefined;
  #announcing: Cancel | undefined;

  constructor(deps: RollCallDeps) {
    this.#deps = deps;
  }

  changed(type: "user_joined" | "user_left", user: User): void {
    const { presence, roomId, clock, send } = this.#deps;
    const wasLarge = this.#large;
    this.#large = !presence.small;
    // a room that has just shrunk tells the whole list once more: its members know a sample of it [J3]
    if (this.#large || wasLarge) return this.#sampleSoon();
    const sealed = seal(type, { roomId, ...user }, clock.now());
    send({ sealed, lane: { kind: "state", state: "presence" }, except: user.userId });
  }

  /** A user goes by another name: that is told with the list. */
  renamed(): void {
    if (this.#large) this.#sampleSoon();
    else this.#tellAll();
  }

  sealed(): Sealed {
    const { presence, roomId, clock } = this.#deps;
    return seal("room_users", { roomId, users: presence.users(), count: presence.count }, clock.now());
  }

  /** Several changes of one turn are told once; those of a large room once a second. [J3] */
  announceSoon(): void {
    if (this.#announcing) return;
    const { presence, clock } = this.#deps;
    const tell = () => {
      if (this.#announcing) this.#announce();
    };
    if (!presence.small) this.#announcing = clock.after(SAMPLE_EVERY_MS, tell);
    else {
      this.#announcing = () => {};
      clock.soon(tell);
    }
  }

  /** Ends its timers. The other nodes must not keep the users of a room that is gone here. */
  close(): void {
    this.#sampling?.();
    if (!this.#announcing) return;
    this.#announcing();
    this.#announce();
  }

  #sampleSoon(): void {
    this.#sampling ??= this.#deps.clock.after(SAMPLE_EVERY_MS, () => {
      this.#sampling = undefined;
      this.#tellAll();
    });
  }

  /** Sends the members the whole list, or a sample of it. */
  #tellAll(): void {
    this.#deps.send({ sealed: this.sealed(), lane: { kind: "state", state: "presence" } });
  }

  #announce(): void {
    this.#announcing = undefined;
    this.#deps.announce();
  }
}
