import type { Clock, Row, Table } from "../hub/ports.ts";
import type { User } from "../protocol/messages.ts";
import { LivingNodes } from "./living_nodes.ts";

export interface AttendanceOptions {
  readonly table: Table;
  readonly clock: Clock;
  /** names this node and this life of it */
  readonly nodeId: string;
  /** A user came into a room in which it was through no node. Told on one node. */
  readonly joined: (roomId: string, user: User, atMs: number) => void;
  /** A user is in a room through no node any more. Told on one node. */
  readonly left: (roomId: string, user: User, atMs: number) => void;
  /** A change could not be written down: what it would have told is lost. */
  readonly lost: (error: unknown) => void;
}

/** Of one user in one room: through which nodes it is there. */
interface Attended extends User {
  readonly roomId: string;
  readonly nodes: readonly string[];
}

type Change = (nodes: ReadonlySet<string>) => ReadonlySet<string>;

const TABLE = "webhook_users";
/** A row of a user who is nowhere is kept this long: it has to be there for who writes at the same moment. */
const EMPTY_MS = 60_000;
/** Tries to write a row that others write too, or while the store fails, and the wait between the latter. */
const MAX_TRIES = 20;
const RETRY_MS = 500;
/** Changes that may wait for the store. */
const MAX_PENDING = 10_000;

/**
 * Who is in which room, through whichever node: a row a user and room that each node writes its own part of, on the
 * condition that nobody else did meanwhile. So of all nodes one sees the first part come, and one the last part go,
 * however they overlap. The parts of nodes that died the others take out. [S3]
 */
export class Attendance {
  readonly #options: AttendanceOptions;
  readonly #nodes: LivingNodes;
  /** who is here, by row */
  readonly #here = new Map<string, { readonly roomId: string; readonly user: User }>();
  /** the last change of a row that is being made: the next one comes after it */
  readonly #changing = new Map<string, Promise<void>>();
  #pending = 0;
  #stopped = false;

  constructor(options: AttendanceOptions) {
    this.#options = options;
    const { table, clock, nodeId } = options;
    this.#nodes = new LivingNodes({
      table,
      clock,
      nodeId,
      lost: (nodeIds) => this.#withdraw(nodeIds),
      forgotten: () => {
        for (const { roomId, user } of this.#here.values()) this.here(roomId, user);
      },
      heardOf: async () => (await this.#rows()).flatMap(({ nodes }) => nodes),
    });
  }

  /** A user is in a room through this node from now on. */
  here(roomId: string, user: User): void {
    this.#here.set(keyOf(roomId, user.userId), { roomId, user });
    const { nodeId, lost } = this.#options;
    this.#change(roomId, user, (nodes) => new Set([...nodes, nodeId])).catch(lost);
  }

  /** A user is in a room through this node no more. */
  gone(roomId: string, user: User): void {
    this.#here.delete(keyOf(roomId, user.userId));
    const { nodeId, lost } = this.#options;
    this.#change(roomId, user, (nodes) => without(nodes, new Set([nodeId]))).catch(lost);
  }

  /** Waits for what is being written. Who is here stays written down: who comes back soon was never gone. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#nodes.stop();
    await Promise.all(this.#changing.values());
  }

  async #withdraw(nodeIds: ReadonlySet<string>): Promise<void> {
    for (const { roomId, userId, userName, nodes } of await this.#rows()) {
      if (this.#stopped) return;
      if (!nodes.some((id) => nodeIds.has(id))) continue;
      // one after the other: it is not urgent, and there may be very many
      await this.#change(roomId, { userId, userName }, (now) => without(now, nodeIds));
    }
  }

  async #rows(): Promise<Attended[]> {
    return (await this.#options.table.list(TABLE)).map(({ value }) => JSON.parse(value) as Attended);
  }

  /** One change of a row at a time, in the order they happened. */
  #change(roomId: string, user: User, change: Change): Promise<void> {
    const key = keyOf(roomId, user.userId);
    if (this.#pending >= MAX_PENDING) {
      return Promise.reject(new Error("too many changes wait for the store"));
    }
    this.#pending++;
    // the event is of now, however long the store takes
    const atMs = this.#options.clock.now();
    const before = this.#changing.get(key) ?? Promise.resolve();
    const written = before.then(() => this.#write(key, roomId, user, change, atMs));
    const done = written.catch(() => {}).then(() => {
      this.#pending--;
      if (this.#changing.get(key) === done) this.#changing.delete(key);
    });
    this.#changing.set(key, done);
    return written;
  }

  async #write(key: string, roomId: string, user: User, change: Change, atMs: number): Promise<void> {
    const { table, joined, left, clock } = this.#options;
    /** a put whose answer was lost: whether it left anybody there, and what is told if it was made */
    let unsure: { readonly there: boolean; readonly tell: () => void } | undefined;
    for (let tries = 1; tries <= MAX_TRIES; tries++) {
      try {
        const row = await table.get(TABLE, key);
        const before = nodesOf(row);
        const after = change(before);
        // it was made: told, unless others have written the opposite since
        if (before.size === after.size) return unsure?.there === before.size > 0 ? unsure.tell() : undefined;
        const version = row?.version ?? 0;
        const value = JSON.stringify({ roomId, ...user, nodes: [...after] } satisfies Attended);
        const tell = tellingOf(
          before,
          after,
          () => joined(roomId, user, atMs),
          () => left(roomId, user, atMs),
        );
        unsure = { there: after.size > 0, tell };
        const options = { ifVersion: version, ...after.size === 0 && { ttlMs: EMPTY_MS } };
        const { ok } = await table.put(TABLE, key, value, options);
        if (ok) return tell();
        unsure = undefined;
      } catch (error) {
        if (tries === MAX_TRIES || this.#stopped) throw error;
        await new Promise<void>((resolve) => void clock.after(RETRY_MS, resolve));
      }
    }
    throw new Error("the row of a user is changed by others all the time");
  }
}

function tellingOf(
  before: ReadonlySet<string>,
  after: ReadonlySet<string>,
  joined: () => void,
  left: () => void,
): () => void {
  if (before.size === 0) return joined;
  return after.size === 0 ? left : () => {};
}

function keyOf(roomId: string, userId: string): string {
  return `${roomId} ${userId}`;
}

function nodesOf(row: Row | undefined): ReadonlySet<string> {
  return new Set(row ? (JSON.parse(row.value) as Attended).nodes : []);
}

function without(nodes: ReadonlySet<string>, gone: ReadonlySet<string>): ReadonlySet<string> {
  return new Set([...nodes].filter((id) => !gone.has(id)));
}
