import type { User } from "../protocol/messages.ts";
import { Bounds } from "../protocol/wire.ts";
import type { Cancel, Clock, Identity } from "./ports.ts";

export interface PresenceEvents {
  joined(user: User): void;
  /** a user came back under another name */
  renamed(user: User): void;
  left(user: User): void;
  /** a user came here through this node, or went: the other nodes want to know */
  changedHere(user: User, here: boolean): void;
}

interface Present {
  user: User;
  /** how many sessions it has on this node */
  sessions: number;
  /** other nodes that have the user in the room */
  nodes: Set<string>;
  /** ends the grace of a user whose last session here went */
  leaving: Cancel | undefined;
}

/** What one other node said of the room. */
interface Remote {
  readonly version: number;
  readonly userIds: ReadonlySet<string>;
  leaving: Cancel | undefined;
}

/** Of who is here alone: nothing is ever added to it. */
const NO_NODES: Set<string> = new Set();

/**
 * Who is in a room: users, not sessions. A user with three tabs, on however many nodes, joins once and leaves
 * once, and leaving is announced only after a grace, so that a reconnect shows nothing, wherever it lands. [J2]
 *
 * Each node speaks for its own sessions alone and says the whole of it each time, under a version that only
 * grows: what it said last replaces what it said before, so news may come twice, late or not at all.
 */
export class Presence {
  readonly #clock: Clock;
  readonly #graceMs: number;
  readonly #events: PresenceEvents;
  readonly #present = new Map<string, Present>();
  readonly #remotes = new Map<string, Remote>();
  #hereCount = 0;
  #shared = false;

  constructor(clock: Clock, graceMs: number, events: PresenceEvents) {
    this.#clock = clock;
    this.#graceMs = graceMs;
    this.#events = events;
  }

  get count(): number {
    return this.#present.size;
  }

  /** How many users are here through this node, those within the grace included. */
  get hereCount(): number {
    return this.#hereCount;
  }

  /** True once another node had somebody in the room: what it says of it may have been missed. */
  get isShared(): boolean {
    return this.#shared;
  }

  /** True when all users are listed and each coming and going is told. [J3] */
  get small(): boolean {
    return this.#present.size <= Bounds.presenceSample;
  }

  /** The users in the order they came; a sample of them in a large room. [J3] */
  users(): User[] {
    const users: User[] = [];
    for (const { user } of this.#present.values()) {
      if (users.length === Bounds.presenceSample) break;
      users.push(user);
    }
    return users;
  }

  /** The users this node speaks for. */
  here(): User[] {
    return [...this.#present.values()].filter(isHere).map(({ user }) => user);
  }

  /** A user has one more session here. */
  enter({ userId, userName }: Identity): void {
    const present = this.#take({ userId, userName });
    const wasHere = isHere(present);
    present.leaving?.();
    present.leaving = undefined;
    present.sessions++;
    if (!wasHere) this.#countHere(present.user, 1);
  }

  /** And one less. */
  leave(userId: string): void {
    const present = this.#present.get(userId);
    if (!present || present.sessions === 0 || --present.sessions > 0) return;
    present.leaving = this.#clock.after(this.#graceMs, () => {
      present.leaving = undefined;
      this.#dropIfGone(present);
      this.#countHere(present.user, -1);
    });
  }

  /** A user who is here is called by another name. */
  rename({ userId, userName }: Identity): void {
    if (this.#present.has(userId)) this.#take({ userId, userName });
  }

  /** Another node says who is in the room through it. */
  heard(nodeId: string, version: number, users: readonly User[]): void {
    const known = this.#remotes.get(nodeId);
    if (known && known.version >= version) return;
    known?.leaving?.();
    this.#shared ||= users.length > 0;
    const userIds = new Set(users.map(({ userId }) => userId));
    this.#remotes.set(nodeId, { version, userIds, leaving: undefined });
    for (const user of users) {
      const present = this.#take(user);
      present.nodes = present.nodes === NO_NODES ? new Set([nodeId]) : present.nodes.add(nodeId);
    }
    for (const userId of known?.userIds ?? []) if (!userIds.has(userId)) this.#withdraw(userId, nodeId);
  }

  /** Another node is gone; its users have the grace to come back through another one. */
  lost(nodeId: string): void {
    const remote = this.#remotes.get(nodeId);
    if (!remote || remote.leaving) return;
    remote.leaving = this.#clock.after(this.#graceMs, () => {
      this.#remotes.delete(nodeId);
      for (const userId of remote.userIds) this.#withdraw(userId, nodeId);
    });
  }

  close(): void {
    for (const { leaving } of this.#present.values()) leaving?.();
    for (const { leaving } of this.#remotes.values()) leaving?.();
    this.#present.clear();
    this.#remotes.clear();
  }

  #take(user: User): Present {
    let present = this.#present.get(user.userId);
    if (!present) {
      present = { user, sessions: 0, nodes: NO_NODES, leaving: undefined };
      this.#present.set(user.userId, present);
      this.#events.joined(user);
    } else if (present.user.userName !== user.userName) {
      present.user = user;
      this.#events.renamed(user);
    }
    return present;
  }

  #withdraw(userId: string, nodeId: string): void {
    const present = this.#present.get(userId);
    if (present?.nodes.delete(nodeId)) this.#dropIfGone(present);
  }

  #dropIfGone(present: Present): void {
    if (isHere(present) || present.nodes.size > 0) return;
    this.#present.delete(present.user.userId);
    this.#events.left(present.user);
  }

  #countHere(user: User, change: 1 | -1): void {
    this.#hereCount += change;
    this.#events.changedHere(user, change > 0);
  }
}

function isHere({ sessions, leaving }: Present): boolean {
  return sessions > 0 || leaving !== undefined;
}
