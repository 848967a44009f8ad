import type { Codec, Frame } from "../protocol/codecs/codec.ts";
import { RelayError } from "../protocol/errors.ts";
import type { ReadMark, Saved } from "../protocol/messages.ts";
import { Sealed } from "../protocol/sealed.ts";
import { CloseCode, ErrorCode, ROOM_ID } from "../protocol/wire.ts";
import { Access, noIdentities } from "./access.ts";
import type { Item } from "./batch.ts";
import { Census } from "./census.ts";
import type { Feature, FeatureHost } from "./feature.ts";
import { featureHost } from "./feature_host.ts";
import { handlersFor } from "./feature_gate.ts";
import { Flusher } from "./flusher.ts";
import type { Handler } from "./handler.ts";
import { ephemeralItem, ephemeralNews } from "./ephemeral.ts";
import { unpackEntries } from "./hint_entries.ts";
import { Hints } from "./hints.ts";
import { Inbound } from "./inbound.ts";
import { isoTime } from "./iso_time.ts";
import { defaultLimits, type Limits } from "./limits.ts";
import { measure } from "./measure.ts";
import type { MessageSaved } from "./message_saved.ts";
import { News } from "./news.ts";
import { noMetrics } from "./no_metrics.ts";
import { noteEnding } from "./note_ending.ts";
import { Nodes } from "./nodes.ts";
import type {
  Backplane,
  Cancel,
  Clock,
  Connection,
  Entry,
  Identities,
  Identity,
  Ids,
  Logger,
  Metrics,
  Policy,
  Right,
  Store,
  TransportName,
} from "./ports.ts";
import { rateLimited } from "./rate_limited.ts";
import { Parking } from "./parking.ts";
import { RequestRates } from "./request_rates.ts";
import { type Message, Publishing } from "./publishing.ts";
import { Room } from "./room.ts";
import { Rooms } from "./rooms.ts";
import { seal } from "./seal.ts";
import { Session } from "./session.ts";
import { SlowReaders } from "./slow_readers.ts";
import { Tally } from "./tally.ts";
import { unreachable } from "./unreachable.ts";
import { UserRates } from "./user_rates.ts";
import { welcomeOf } from "./welcome.ts";

export interface HubOptions {
  readonly clock: Clock;
  readonly ids: Ids;
  readonly store: Store;
  readonly backplane: Backplane;
  readonly policy: Policy;
  /** knows tokens: none, by default */
  readonly identities?: Identities;
  readonly logger: Logger;
  readonly features: readonly Feature[];
  readonly nodeId: string;
  readonly limits?: Partial<Limits>;
  /** nobody counts, by default */
  readonly metrics?: Metrics;
  /** What the process says of itself at a moment, for features that show it: nothing, by default. */
  readonly vitals?: FeatureHost["vitals"];
  /** Is told of each message that was stored. */
  readonly messageSaved?: (message: MessageSaved) => void;
}

export interface AttachOptions {
  readonly identity: Identity;
  readonly codec: Codec;
  /** the token of a guest who came without one [C3] */
  readonly session?: string;
  readonly transport?: TransportName;
  /** whether `welcome` is the first frame: not on a stream, which opens with its rooms [C4] [T1] */
  readonly welcome?: boolean;
}

/** What a transport holds of a session: it feeds frames in and says when the connection is gone. */
export interface Attached {
  readonly session: Session;
  receive(frame: Frame): void;
  /** The connection is gone. Safe to call more than once. */
  gone(code: number, reason: string): void;
}

type Hint = Extract<News, { kind: "hint" }>;

/** News that is nothing to a node where nobody is in the room. */
const aboutMembers: ReadonlySet<string> = new Set<News["kind"]>(["hint", "ephemeral", "feature", "mark"]);

/** The relay's domain: sessions, rooms, and the one path a message takes. */
export class Hub {
  readonly clock: Clock;
  readonly store: Store;
  readonly limits: Limits;
  readonly handlers: ReadonlyMap<string, Handler>;
  readonly tally: Tally;
  readonly identities: Identities;
  /** who may be where, and what ends it */
  readonly access: Access;
  /** the log for what others can cause at will */
  readonly noise: Logger;
  readonly ids: Ids;
  /** the rates of those who send requests one by one [L] */
  readonly requestRates: RequestRates;
  /** requests that wait for a room to grow [T3] */
  readonly parking: Parking;
  /** which rooms somebody is in, on whichever node [S1] */
  readonly census: Census;
  readonly #hasReadOnly: boolean;
  readonly #options: HubOptions;
  readonly #nodes: Nodes;
  readonly #hints: Hints;
  readonly #flusher: Flusher;
  readonly #slowReaders: SlowReaders;
  readonly #userRates: UserRates;
  readonly #rooms: Rooms;
  readonly #publishing: Publishing;
  readonly #sessions = new Set<Session>();
  readonly #stops: Cancel[] = [];
  #draining = false;

  constructor(options: HubOptions) {
    this.#options = options;
    this.#hasReadOnly = options.features.some(({ readOnly }) => readOnly);
    this.clock = options.clock;
    this.ids = options.ids;
    this.store = options.store;
    this.limits = { ...defaultLimits, ...options.limits };
    this.handlers = handlersFor(options.features);
    const metrics = options.metrics ?? noMetrics;
    this.tally = new Tally(metrics, this.handlers.keys());
    this.noise = rateLimited(options.logger, options.clock);
    this.#flusher = new Flusher(options.clock);
    this.#slowReaders = new SlowReaders(options.clock, this.limits.notReadingMs);
    this.#userRates = new UserRates(this.limits, (userId, lane, count) => {
      if (this.hasOthers) options.backplane.publish({ kind: "spent", userId, lane, count });
    });
    this.requestRates = new RequestRates(this.limits, this.#userRates);
    this.identities = options.identities ?? noIdentities;
    this.access = new Access({
      ...options,
      logger: this.noise,
      table: options.store,
      identities: this.identities,
      sessions: () => [...this.#sessions, ...this.parking],
    });
    this.parking = new Parking({
      clock: options.clock,
      access: this.access,
      connections: this.tally.connections("polling", "json"),
    });
    this.#stops.push(() => this.access.close());
    this.#rooms = new Rooms({
      clock: options.clock,
      store: options.store,
      limits: this.limits,
      logger: options.logger,
      hasOthers: () => this.hasOthers,
      make: (roomId) => this.#makeRoom(roomId),
      open: async (room) => void await Promise.all([room.open(), this.#nodes.ask(room.id)]),
      closed: (room) => this.featureOf(room.id)?.closed?.(room),
    });
    this.#stops.push(options.backplane.subscribe((news) => this.#heard(news), () => this.#missed()));
    this.#nodes = new Nodes(options.nodeId, {
      clock: options.clock,
      backplane: options.backplane,
      rooms: () => this.#rooms,
    });
    this.#hints = new Hints({
      clock: options.clock,
      backplane: options.backplane,
      tally: this.tally,
      anybody: () => this.hasOthers,
    });
    this.#publishing = new Publishing({
      clock: options.clock,
      ids: options.ids,
      log: options.store,
      hints: this.#hints,
      room: (roomId) => this.#rooms.get(roomId),
      saved: options.messageSaved,
    });
    this.#stops.push(() => this.#hints.flush());
    this.#stops.push(() => this.#nodes.close());
    this.census = new Census(options.nodeId, {
      clock: options.clock,
      backplane: options.backplane,
      rooms: () => this.#rooms,
      others: () => this.otherNodes,
    });
    this.#stops.push(measure(metrics, {
      sessions: () => this.#sessions,
      rooms: () => this.#rooms,
      waiting: () => this.tally.waiting,
      slowReaders: () => this.#slowReaders.size,
      committing: () => this.#publishing.committing,
    }));
    const host = featureHost(this, {
      nodeId: options.nodeId,
      logger: this.noise,
      vitals: options.vitals ?? (() => Promise.resolve({})),
    });
    for (const feature of options.features) {
      const stop = feature.start?.(host);
      if (stop) this.#stops.push(stop);
    }
  }

  get sessionCount(): number {
    return this.#sessions.size;
  }

  get roomCount(): number {
    return this.#rooms.size;
  }

  /** The other nodes that are heard. */
  get otherNodes(): ReadonlySet<string> {
    return this.#nodes.ids;
  }

  /** True when other nodes are there: what they did may not have been heard of here. */
  get hasOthers(): boolean {
    return this.#nodes.count > 0;
  }

  /** False while news of other nodes does not get through. */
  get hearsOthers(): boolean {
    return this.#options.backplane.isUp ?? true;
  }

  get isDraining(): boolean {
    return this.#draining;
  }

  /** Takes a connection in and greets it. [C4] */
  attach(
    connection: Connection,
    options: AttachOptions,
  ): Attached {
    const { identity, codec, transport = "websocket" } = options;
    const { clock, limits, tally } = this;
    const { logger, nodeId } = this.#options;
    const session = new Session(
      { connection, identity, codec, transport },
      { clock, logger: this.noise, limits, flusher: this.#flusher, slowReaders: this.#slowReaders, tally },
      (closed, ending) => {
        this.#sessions.delete(closed);
        this.#userRates.leave(closed.identity.userId);
        noteEnding(closed, ending, tally, logger);
      },
    );
    this.#sessions.add(session);
    tally.connections(transport, codec.name).add(1);
    if (options.welcome ?? true) {
      const welcome = welcomeOf(connection.id, identity, { limits, nodeId, session: options.session });
      session.outbox.send([seal("welcome", welcome, clock.now())]);
    }
    logger.info("session_opened", { sessionId: session.id, userId: identity.userId, codec: codec.name });
    const userRates = this.#userRates.enter(identity.userId, clock.monotonic());
    const inbound = new Inbound(this, session, codec, userRates);
    this.access.watch(session);
    return {
      session,
      receive: (frame) => inbound.receive(frame),
      gone: (code, reason) => session.end(code, reason),
    };
  }

  /**
   * The one path a message takes: stored, then acknowledged, then handed to the readers; never in another order.
   * [A1] [A2]
   * @throws {RelayError} `conflict`, `store_unavailable`, `draining`
   */
  publish(message: Message, acknowledge: (saved: Saved) => void = () => {}): Promise<Saved> {
    if (this.#draining) {
      const message = "Cannot publish: this node is shutting down";
      return Promise.reject(new RelayError(ErrorCode.draining, message));
    }
    return this.#publishing.publish(message, acknowledge);
  }

  /** Sends something that is not stored to a room's members, wherever they are. */
  broadcast(roomId: string, item: Item): void {
    this.activeRoom(roomId)?.send(item);
    this.#options.backplane.publish(ephemeralNews(roomId, item));
  }

  /** Tells a room's members, wherever they are, how far a user has read. [A4] */
  tellMark(room: Room, mark: ReadMark): void {
    room.broadcastMark(mark);
    this.#options.backplane.publish({ kind: "mark", roomId: room.id, epoch: room.log.epoch, ...mark });
  }

  /** The room, while it has members here. */
  activeRoom(roomId: string): Room | undefined {
    return this.#rooms.get(roomId);
  }

  /** The room a call has to wait for before it may publish there. [R7] */
  crowded({ publishes }: Handler, payload: unknown): Room | undefined {
    const room = publishes ? this.activeRoom((payload as { roomId: string }).roomId) : undefined;
    return room?.crowded ? room : undefined;
  }

  /**
   * Lends a room that knows its log. It stays while it is lent, and after that while somebody is in it.
   * @throws {RelayError} `store_unavailable`
   */
  useRoom<T>(roomId: string, use: (room: Room) => T | Promise<T>): Promise<T> {
    return this.useRooms([roomId], ([room]) => use(room!));
  }

  /**
   * Lends several rooms at once.
   * @throws {RelayError} `store_unavailable`, when one of them cannot be opened
   */
  useRooms<T>(roomIds: readonly string[], use: (rooms: readonly Room[]) => T | Promise<T>): Promise<T> {
    return this.#rooms.lend(roomIds, use);
  }

  /**
   * Keeps a room for a while after a request that stood alone: the next one finds it open, and what it began there,
   * as typing, can end by itself. [T2] [T4]
   */
  linger(room: Room): void {
    this.#rooms.linger(room);
  }

  /** Lets a room's feature greet a session that came in. */
  greet(room: Room, session: Session): void {
    this.#inFeature(room, (feature) =>
      feature.joined?.(room, {
        identity: session.identity,
        send: (type, payload) => {
          if (session.isOpen) {
            session.reply(Sealed.of({ type, payload, timestamp: isoTime(this.clock.now()) }));
          }
        },
      }));
  }

  /** The feature a room belongs to. [E5] */
  featureOf(roomId: string): Feature | undefined {
    return this.#options.features.find((feature) => feature.owns(roomId));
  }

  /**
   * Asks the policy. Nothing when it allows at once, a promise when it has to look.
   * @throws {RelayError} `forbidden`, the same whether or not the room exists
   */
  allow(identity: Identity, right: Right, roomId: string, action: string): void | Promise<void> {
    if (right !== "read" && this.#isReadOnly(roomId)) {
      throw new RelayError(
        ErrorCode.forbidden,
        `Cannot ${action} room "${roomId}": the application alone writes to it`,
      );
    }
    return this.access.allow(identity, right, roomId, action);
  }

  /** Whether the feature that owns a room keeps everybody but the application from writing to it. */
  #isReadOnly(roomId: string): boolean {
    return this.#hasReadOnly && (this.featureOf(roomId)?.readOnly ?? false);
  }

  /** What a client is told of a failure; one it must not know more of is logged here. */
  toRelayError(error: unknown, where: string): RelayError {
    if (error instanceof RelayError) return error;
    this.noise.error("internal_error", error, { where });
    return new RelayError(ErrorCode.internal, "Cannot answer: internal error", { cause: error });
  }

  /**
   * Ends every conversation in an orderly way: new messages are refused as `draining`, those already taken are
   * stored and answered, every client is told when to come back, spread so that they do not come all at once,
   * then the connections close 1012. Resolves when that is done, at the latest after `withinMs`.
   */
  async drain(withinMs = 3000): Promise<void> {
    this.#draining = true;
    const { clock } = this;
    const deadlineMs = clock.monotonic() + withinMs;
    await this.#publishing.answered(withinMs);
    this.parking.close(CloseCode.restart, "restarting");
    const spreadMs = Math.round(spreadOf(this.#sessions.size));
    for (const session of this.#sessions) {
      const retryAfterMs = Math.round(this.#options.ids.random() * spreadMs);
      session.outbox.reply(seal("drain", { retryAfterMs, spreadMs }, clock.now()));
      session.flush();
    }
    // closing in slices leaves the loop free to answer what is still on its way
    const slices = Math.max(1, Math.min(20, Math.ceil(this.#sessions.size / 100)));
    const perSlice = Math.ceil(this.#sessions.size / slices);
    const pauseMs = Math.max(0, Math.min(100, (deadlineMs - clock.monotonic()) / slices));
    const sessions = [...this.#sessions];
    for (let slice = 0; slice < slices; slice++) {
      for (const session of sessions.slice(slice * perSlice, (slice + 1) * perSlice)) {
        session.close(CloseCode.restart, "restarting");
      }
      if (slice < slices - 1) await sleep(clock, pauseMs);
    }
  }

  /** Stops every timer and subscription. The store is its owner's to close. */
  close(): void {
    for (const session of [...this.#sessions]) session.close(CloseCode.goingAway, "going away");
    this.parking.close(CloseCode.goingAway, "going away");
    this.#rooms.close();
    // after the rooms: what they say of their users must not come after the word that this node is gone
    for (const stop of this.#stops) stop();
    this.#flusher.close();
    this.#slowReaders.close();
  }

  #makeRoom(roomId: string): Room {
    const { clock, ids, store, limits } = this;
    const feature = this.featureOf(roomId);
    return new Room(
      roomId,
      { clock, ids, store, limits, flusher: this.#flusher, logger: this.noise, tally: this.tally },
      {
        stored: (room, userId, length) => feature?.stored?.(room, userId, length),
        found: (page) => this.#publishing.found(page),
        left: (room, user) => feature?.left?.(room, user),
        empty: () => this.#rooms.release(roomId),
        changedHere: (room) => this.#nodes.announce(room),
        broadcast: (item) => this.broadcast(roomId, item),
        tell: (json) => this.#options.backplane.publish({ kind: "feature", roomId, json }),
      },
    );
  }

  /** Anything may come over a backplane: what is not news is counted and dropped. */
  #heard(unknown: unknown): void {
    if (this.#isElsewhere(unknown)) return;
    const checked = News.safeParse(unknown);
    if (!checked.success) {
      this.tally.backplaneBad.add(1);
      this.noise.warn("backplane_bad", { reason: checked.error.issues[0]?.message });
      return;
    }
    const news = checked.data;
    const room = "roomId" in news ? this.activeRoom(news.roomId) : undefined;
    switch (news.kind) {
      case "hint":
        this.tally.hintsIn.add(1);
        return room?.log.heard(news, this.#vouched(news), "hint");
      case "ephemeral":
        return room?.send(ephemeralItem(news));
      case "feature":
        return room && this.#inFeature(room, (feature) => feature.told?.(room, JSON.parse(news.json)));
      case "mark":
        if (room?.marks.heard(news.epoch, news.userId, news.upTo)) room.broadcastMark(news);
        return;
      case "spent":
        return this.#userRates.heard(news.userId, news.lane, news.count, this.clock.monotonic());
      case "access":
        return this.access.heard();
      case "rooms_wanted":
      case "rooms":
        return this.census.heard(news);
      case "presence":
      case "presence_wanted":
      case "node":
      case "node_gone":
        return this.#nodes.heard(news, room);
      default:
        return unreachable(news);
    }
  }

  /** News of a room that nobody here is in is dropped as it comes: most of it, where there are many nodes. */
  #isElsewhere(unknown: unknown): boolean {
    const { kind, roomId } = (unknown ?? {}) as { readonly kind?: unknown; readonly roomId?: unknown };
    if (typeof kind !== "string" || typeof roomId !== "string") return false;
    return aboutMembers.has(kind) && !this.#rooms.has(roomId) && ROOM_ID.test(roomId);
  }

  /** The entries of a hint, if they may be taken for what the store has. */
  #vouched({ roomId, offset, entries }: Hint): readonly Entry[] {
    if (entries === undefined || !this.#options.backplane.trusted) return [];
    return unpackEntries(entries, roomId, offset);
  }

  /** What a feature does with what it is told must not harm anything else. */
  #inFeature(room: Room, use: (feature: Feature) => void): void {
    const feature = this.featureOf(room.id);
    if (!feature) return;
    try {
      use(feature);
    } catch (error) {
      this.noise.error("feature_failed", error, { feature: feature.name, roomId: room.id });
    }
  }

  /** What was said meanwhile did not come through: rooms are compared at once, nodes tell who is where. */
  #missed(): void {
    this.#nodes.again();
    this.#rooms.sweepSoon();
  }
}

function sleep(clock: Clock, ms: number): Promise<void> {
  return new Promise((resolve) => clock.after(ms, resolve));
}

/**
 * Over how long clients come back after a restart, in ms: who finds the next server not yet up tries again soon, and
 * must not meet everybody else there. A handful need not wait for each other; very many come at 2,000 a second. [X3]
 */
function spreadOf(clients: number): number {
  return Math.max(1000, Math.min(clients * 75, 15_000), clients / 2);
}
