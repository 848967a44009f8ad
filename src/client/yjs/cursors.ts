import type { RemoteCursor } from "../../protocol/messages.ts";
import type { ClientClock, Room } from "../types.ts";

/** What one client says of itself: where its cursor is, as an editor's binding writes it. */
export type AwarenessState = Record<string, unknown>;

/** As much of `Awareness` of y-protocols as is needed here. */
export interface AwarenessLike {
  /** the document's own client id */
  readonly clientID: number;
  /** what each client says of itself */
  readonly states: Map<number, AwarenessState>;
  /** how new that is */
  readonly meta: Map<number, { clock: number; lastUpdated: number }>;
  /** What this client says of itself. */
  getLocalState(): AwarenessState | null;
  /** Listens. */
  on(event: "update", fn: (changes: AwarenessChanges, origin: unknown) => void): void;
  /** Stops listening. */
  off(event: "update", fn: (changes: AwarenessChanges, origin: unknown) => void): void;
  /** Tells who listens. */
  emit(event: never, args: never): void;
}

/** Clients whose states are new, others or gone. */
export interface AwarenessChanges {
  /** new */
  readonly added: number[];
  /** changed */
  readonly updated: number[];
  /** gone */
  readonly removed: number[];
}

/** A state on the wire. */
interface Position {
  readonly clientId: number;
  /** grows with each state of a client: a late one is passed over */
  readonly clock: number;
  readonly state: AwarenessState | null;
}

export interface CursorOptions {
  readonly documentId: string;
  readonly awareness: AwarenessLike;
  readonly clock: ClientClock;
}

/** At most so often a cursor is told. */
const EVERY_MS = 80;

/**
 * Shares who is where, by `cursor_move` and `remote_cursor`. `user` of a state is written here, from what the server
 * says of its sender, so that nobody can pass for somebody else. The answer stops it.
 */
export function shareCursors(room: Room, { documentId, awareness, clock }: CursorOptions): () => void {
  /** whose client each is */
  const owners = new Map<number, string>();
  let waiting: (() => void) | undefined;
  let toldMs = -Infinity;

  function tell() {
    waiting = undefined;
    const own = awareness.meta.get(awareness.clientID);
    if (!own) return;
    const { user: _, ...state } = awareness.getLocalState() ?? {};
    const position: Position = {
      clientId: awareness.clientID,
      clock: own.clock,
      state: awareness.getLocalState() && state,
    };
    if (room.tell("cursor_move", { documentId, position })) toldMs = clock.now();
  }

  function tellSoon() {
    waiting ??= clock.after(Math.max(0, toldMs + EVERY_MS - clock.now()), tell);
  }

  function changed({ added, updated, removed }: AwarenessChanges, origin: unknown) {
    if (origin === room) return;
    if ([added, updated, removed].some((clients) => clients.includes(awareness.clientID))) tellSoon();
  }

  function hear({ userId, userName, position }: RemoteCursor) {
    if (!isPosition(position) || position.clientId === awareness.clientID) return;
    const { clientId, clock: time, state } = position;
    const known = awareness.meta.get(clientId);
    const has = awareness.states.has(clientId);
    // nobody speaks for another's client
    if (has && owners.get(clientId) !== userId || known && known.clock >= time && has) return;
    owners.set(clientId, userId);
    awareness.meta.set(clientId, { clock: time, lastUpdated: Date.now() });
    if (state) awareness.states.set(clientId, { ...state, user: { userId, name: userName } });
    else forget(clientId);
    if (state) announce({ added: has ? [] : [clientId], updated: has ? [clientId] : [], removed: [] });
  }

  function forget(clientId: number) {
    owners.delete(clientId);
    if (!awareness.states.delete(clientId)) return;
    announce({ added: [], updated: [], removed: [clientId] });
  }

  function announce(changes: AwarenessChanges) {
    for (const event of ["change", "update"]) awareness.emit(event as never, [changes, room] as never);
  }

  function forgetUnless(stays: (userId: string) => boolean) {
    for (const [clientId, userId] of [...owners]) if (!stays(userId)) forget(clientId);
  }

  const stops = [
    room.on("remote_cursor", hear),
    room.on("user_left", ({ userId }) => forgetUnless((other) => other !== userId)),
    room.on("joined_room", ({ users }) => {
      forgetUnless((userId) => users.some((user) => user.userId === userId));
      tellSoon();
    }),
    // who comes has heard nothing of us yet
    room.on("user_joined", tellSoon),
  ];
  awareness.on("update", changed);
  return () => {
    awareness.off("update", changed);
    waiting?.();
    for (const stop of stops) stop();
    forgetUnless(() => false);
  };
}

function isPosition(value: unknown): value is Position {
  const { clientId, clock, state } = (value ?? {}) as Partial<Position>;
  return Number.isSafeInteger(clientId) && Number.isSafeInteger(clock) && typeof state === "object";
}
