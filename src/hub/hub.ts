import { RelayError } from "../protocol/errors.ts";
import type { ReadMark, Saved } from "../protocol/messages.ts";
import { CloseCode, ErrorCode } from "../protocol/wire.ts";
import { Access, noIdentities } from "./access.ts";
import type { Item } from "./batch.ts";
import { Census } from "./census.ts";
import { ConnectionRates } from "./connection_rates.ts";
import { featureHost } from "./feature_host.ts";
import { Features } from "./features.ts";
import { handlersFor } from "./feature_gate.ts";
import { Flusher } from "./flusher.ts";
import type { Handler } from "./handler.ts";
import { ephemeralNews } from "./ephemeral.ts";
import { Hearing } from "./hearing.ts";
import { Hints } from "./hints.ts";
import type { Attached, AttachOptions, HubOptions } from "./hub_options.ts";
import { Inbound } from "./inbound.ts";
import { defaultLimits, type Limits } from "./limits.ts";
import { measure } from "./measure.ts";
import { noMetrics } from "./no_metrics.ts";
import { noteEnding } from "./note_ending.ts";
import { Nodes } from "./nodes.ts";
import type { Cancel, Clock, Connection, Identities, Identity, Ids, Logger, Right, Store } from "./ports.ts";
import { rateLimited } from "./rate_limited.ts";
import { Parking } from "./parking.ts";
import { RequestRates } from "./request_rates.ts";
import { type Message, Publishing } from "./publishing.ts";
import { Room } from "./room.ts";
import { Rooms } from "./rooms.ts";
import { seal } from "./seal.ts";
import { Sessions } from "./sessions.ts";
import { SlowReaders } from "./slow_readers.ts";
import { Tally } from "./tally.ts";
import { UserRates } from "./user_rates.ts";
import { welcomeOf } from "./welcome.ts";

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
  /** what is done in rooms */
  readonly features: Features;
  readonly #options: HubOptions;
  readonly #nodes: Nodes;
  readonly #hints: Hints;
  readonly #flusher: Flusher;
  readonly #slowReaders: SlowReaders;
  readonly #userRates: UserRates;
  readonly #rooms: Rooms;
  readonly #publishing: Publishing;
  readonly #sessions: Sessions;
  readonly #stops: Cancel[] = [];
  #draining = false;

  constructor(options: HubOptions) {
    const { clock, ids, store, backplane, logger, nodeId, metrics = noMetrics } = options;
    this.#options = options;
    this.clock = clock;
    this.ids = ids;
    this.store = store;
    this.limits = { ...defaultLimits, ...options.limits };
    this.identities = options.identities ?? noIdentities;
    this.handlers = handlersFor(options.features);
    this.noise = rateLimited(logger, clock);
    const tally = this.tally = new Tally(metrics, this.handlers.keys());
    const features = this.features = new Features(options.features, { clock, logger: this.noise });
    this.#flusher = new Flusher(clock, this.noise);
    this.#slowReaders = new SlowReaders(clock, this.limits.notReadingMs);
    const userRates = this.#userRates = new UserRates(this.limits, (userId, lane, count) => {
      if (this.hasOthers) backplane.publish({ kind: "spent", userId, lane, count });
    });
    this.requestRates = new RequestRates(this.limits, userRates);
    this.#sessions = new Sessions({
      clock,
      logger: this.noise,
      limits: this.limits,
      flusher: this.#flusher,
      slowReaders: this.#slowReaders,
      tally,
    }, (session, ending) => {
      userRates.leave(session.identity.userId);
      noteEnding(session, ending, tally, logger);
      options.observer?.sessionEnded?.(session, ending);
    });
    const access = this.access = new Access({
      ...options,
      logger: this.noise,
      table: store,
      identities: this.identities,
      sessions: () => [...this.#sessions, ...this.parking],
    });
    this.parking = new Parking({ clock, access, connections: tally.connections("polling", "json") });
    this.#stops.push(() => access.close());
    this.#rooms = new Rooms({
      clock,
      store,
      limits: this.limits,
      logger,
      hasOthers: () => this.hasOthers,
      make: (roomId) => this.#makeRoom(roomId),
      open: async (room) => void await Promise.all([room.open(), this.#nodes.ask(room.id)]),
      closed: (room) => features.of(room.id)?.closed?.(room),
    });
    const rooms = () => this.#rooms;
    // before a node says that it is there: the others answer
    this.#stops.push(backplane.subscribe((news) => hearing.hear(news), () => hearing.missed()));
    this.#nodes = new Nodes(nodeId, { clock, backplane, rooms });
    this.#hints = new Hints({ clock, backplane, tally, anybody: () => this.hasOthers });
    this.#publishing = new Publishing({
      clock,
      ids,
      log: store,
      hints: this.#hints,
      room: (roomId) => this.#rooms.get(roomId),
      saved: options.observer?.messageSaved,
    });
    this.#stops.push(() => this.#hints.flush());
    this.#stops.push(() => this.#nodes.close());
    const census = this.census = new Census(nodeId, {
      clock,
      backplane,
      rooms,
      others: () => this.otherNodes,
    });
    const hearing = new Hearing({
      clock,
      backplane,
      logger: this.noise,
      tally,
      rooms: this.#rooms,
      features,
      nodes: this.#nodes,
      census,
      access,
      userRates,
    });
    this.#stops.push(measure(metrics, {
      sessions: () => this.#sessions,
      rooms,
      waiting: () => tally.waiting,
      slowReaders: () => this.#slowReaders.size,
      committing: () => this.#publishing.committing,
    }));
    const vitals = options.vitals ?? (() => Promise.resolve({}));
    const host = featureHost(this, { nodeId, logger: this.noise, vitals });
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
  attach(connection: Connection, options: AttachOptions): Attached {
    const { identity, codec, transport = "websocket" } = options;
    const { clock, limits, tally } = this;
    const { logger, nodeId } = this.#options;
    const session = this.#sessions.open({ connection, identity, codec, transport });
    tally.connections(transport, codec.name).add(1);
    if (options.welcome ?? true) {
      const welcome = welcomeOf(connection.id, identity, { limits, nodeId, session: options.session });
      session.outbox.send([seal("welcome", welcome, clock.now())]);
    }
    logger.info("session_opened", { sessionId: session.id, userId: identity.userId, codec: codec.name });
    const rates = new ConnectionRates(limits, this.#userRates.enter(identity.userId));
    const attached = new Inbound(this, session, codec, rates);
    this.access.watch(session);
    return attached;
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
    return room?.fanout.crowded ? room : undefined;
  }

  /**
   * Lends rooms that know their logs. They stay while they are lent, and after that while somebody is in them.
   * @throws {RelayError} `store_unavailable`, when one of them cannot be opened
   */
  useRooms<T>(roomIds: readonly string[], use: (rooms: readonly Room[]) => T | Promise<T>): Promise<T> {
    return this.#rooms.lend(roomIds, use);
  }

  /**
   * Lends a room to a request that stands alone, and keeps it for a while after: the next one finds it open, and what
   * it began there, as typing, can end by itself. [T2] [T4]
   * @throws {RelayError} `store_unavailable`
   */
  useRoom<T>(roomId: string, use: (room: Room) => T | Promise<T>): Promise<T> {
    return this.useRooms([roomId], ([room]) => {
      this.#rooms.linger(room!);
      return use(room!);
    });
  }

  /**
   * Asks the policy. Nothing when it allows at once, a promise when it has to look.
   * @throws {RelayError} `forbidden`, the same whether or not the room exists
   */
  allow(identity: Identity, right: Right, roomId: string, action: string): void | Promise<void> {
    if (right !== "read" && this.features.isReadOnly(roomId)) {
      throw new RelayError(
        ErrorCode.forbidden,
        `Cannot ${action} room "${roomId}": the application alone writes to it`,
      );
    }
    return this.access.allow(identity, right, roomId, action);
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
    const deadlineMs = this.clock.monotonic() + withinMs;
    await this.#publishing.answered(withinMs);
    this.parking.close(CloseCode.restart, "restarting");
    await this.#sessions.drain(deadlineMs, this.ids);
  }

  /** Stops every timer and subscription. The store is its owner's to close. */
  close(): void {
    this.#sessions.close(CloseCode.goingAway, "going away");
    this.parking.close(CloseCode.goingAway, "going away");
    this.#rooms.close();
    // after the rooms: what they say of their users must not come after the word that this node is gone
    for (const stop of this.#stops) stop();
    this.#flusher.close();
    this.#slowReaders.close();
  }

  #makeRoom(roomId: string): Room {
    const { clock, ids, store, limits } = this;
    const { observer } = this.#options;
    const feature = this.features.of(roomId);
    return new Room(
      roomId,
      { clock, ids, store, limits, flusher: this.#flusher, logger: this.noise, tally: this.tally },
      {
        stored: (room, userId, length) => feature?.stored?.(room, userId, length),
        found: (page) => this.#publishing.found(page),
        left: (room, user) => feature?.left?.(room, user),
        empty: () => this.#rooms.release(roomId),
        userHere: (user) => observer?.userHere?.(roomId, user),
        userGone: (user) => observer?.userGone?.(roomId, user),
        changedHere: (room) => this.#nodes.announce(room),
        broadcast: (item) => this.broadcast(roomId, item),
        tell: (json) => this.#options.backplane.publish({ kind: "feature", roomId, json }),
      },
    );
  }
}
