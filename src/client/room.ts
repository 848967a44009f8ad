import type { Envelope, JoinedRoom, Saved, ServerMessages } from "../protocol/messages.ts";
import type { Core } from "./core.ts";
import { deferred } from "./deferred.ts";
import { createErrand, type Errand } from "./errand.ts";
import { RelayError } from "./errors.ts";
import type { Request } from "./line.ts";
import { uuid } from "./ids.ts";
import { createLane } from "./lane.ts";
import { createListeners } from "./listeners.ts";
import { createValue } from "./observable.ts";
import { createOwnTyping } from "./own_typing.ts";
import { createQueries } from "./queries.ts";
import { createReadMarker } from "./read_marker.ts";
import { createRoomReader } from "./room_reader.ts";
import type { PublishOptions, Room, RoomOptions, RoomState } from "./types.ts";

/** A server that answers pings but not a join for so long is not worth staying with. */
const JOIN_MS = 15_000;

/** Being in a room, over as many connections as it takes: hears by its reader, speaks by its lane. */
export interface RoomClient extends Room {
  /** Online: get in. */
  up(): void;
  /** Offline: everything waits for the next `up`. With `tooBig` because of a message that was on its way. */
  down(tooBig: boolean): void;
  /** Whether anything can be sent at all has changed: see `core.barred`. */
  gate(): void;
  /** The relay is closed. */
  end(error: RelayError): void;
  /** Tries to get in after a refusal. */
  again(): void;
  /** A frame that names this room. */
  received(envelope: Envelope): void;
}

export function createRoom(core: Core, id: string, options: RoomOptions): RoomClient {
  const { ack, clock, line } = core;
  const { history, echo } = options;
  const report = (error: unknown) => core.report(error, id);
  const state = createValue<RoomState>({ status: "joining" }, report);
  const gone = new AbortController();
  const listeners = createListeners(gone.signal, report);
  const lane = createLane(core, id, echo ?? true, report);
  const reader = createRoomReader(core, id, options, lane, listeners, report);
  const { position } = reader.stores;
  const typing = createOwnTyping(clock, tell);
  const readMarker = createReadMarker(clock, (mark) => tell("read_messages", mark));
  const queries = createQueries(core);
  let join: Errand<void> | undefined;
  let leaving: Promise<void> | undefined;
  /** why nothing can be said in this room, whatever the relay can do */
  let refusal: RelayError | undefined;

  const is = (status: RoomState["status"]) => state.snapshot.status === status;

  function request(type: string, content?: Record<string, unknown>): Request {
    return { type, payload: { roomId: id, ...content }, messageId: uuid() };
  }

  function up() {
    if (join || !is("joining")) return;
    const at = position.snapshot;
    join = createErrand(core, request("join_room", { echo, ...at ? { since: at } : { history } }), {
      answered: ({ error, payload }) => error ? refuse(error) : joined(payload as unknown as JoinedRoom),
      // never asked twice on one connection: a second answer would replay nothing [J1]
      silent: () => core.drop("no answer"),
      timeoutMs: JOIN_MS,
      retries: Infinity,
    });
    join.begin();
  }

  function joined(room: JoinedRoom) {
    state.set({ status: "joined" });
    reader.received({ type: "joined_room", payload: room });
    if (!is("joined")) return; // a listener left
    gate();
    readMarker.open(room.epoch);
  }

  function refuse(error: RelayError) {
    pause();
    refusal = error;
    state.set({ status: "refused", error });
    gate();
    report(error);
  }

  function gate(open = is("joined")) {
    const barred = refusal ?? core.barred;
    lane.gate(open, barred);
    queries.gate(open, barred);
  }

  /** No timer is left. */
  function pause() {
    join?.resolve();
    join = undefined;
    gate(false);
    reader.deafen();
    readMarker.stop();
  }

  function end(error: RelayError) {
    refusal = error;
    pause();
    state.set({ status: "left" });
    gone.abort();
  }

  function tell(type: string, payload?: Record<string, unknown>): boolean {
    return is("joined") && line.tell(type, { roomId: id, ...payload });
  }

  function post(
    type: string,
    content: Record<string, unknown>,
    { messageId = uuid(), signal }: PublishOptions = {},
  ): Promise<Saved> {
    if (is("left")) return Promise.reject(refusal);
    return lane.add({ messageId, roomId: id, type, payload: { roomId: id, ...content } }, signal);
  }

  function publish(
    event: string,
    data?: unknown,
    options?: PublishOptions & { ephemeral?: false },
  ): Promise<Saved>;
  function publish(event: string, data: unknown, options: { ephemeral: true; key?: string }): Promise<void>;
  function publish(
    event: string,
    data: unknown = null,
    options: PublishOptions & { ephemeral?: boolean; key?: string } = {},
  ): Promise<Saved | void> {
    if (!options.ephemeral) return post("publish", { event, data }, options);
    tell("publish", { event, data, ephemeral: true, key: options.key });
    return Promise.resolve();
  }

  function ask<T>(
    type: string,
    content?: Record<string, unknown>,
    { signal }: { signal?: AbortSignal | undefined } = {},
  ): Promise<T> {
    return queries.ask(request(type, content), signal);
  }

  function leave(): Promise<void> {
    if (leaving) return leaving;
    const { promise, resolve } = deferred<void>();
    const farewell = request("leave_room");
    const cancel = clock.after(ack.timeoutMs, resolve);
    leaving = promise.finally(() => {
      cancel();
      line.forget(farewell.messageId);
    });
    // before anyone is told: who joins again at once must not be overtaken by this
    core.left(id);
    if (!line.ask(farewell, () => resolve())) resolve();
    end(new RelayError("left", `Left "${id}"`));
    lane.end();
    return leaving;
  }

  gate();
  return {
    id,
    state,
    ...reader.stores,
    outgoing: lane.outgoing,
    ...listeners,
    retry: lane.retry,
    discard: lane.discard,
    publish,
    post,
    ask,
    tell,
    history: ({ signal, ...range } = {}) => ask("get_history", range, { signal }),
    leave,
    up,
    gate,
    send(content, { replyTo = null, ...options } = {}) {
      typing(false);
      return post("send_message", { content, replyTo }, options);
    },
    typing,
    read(offset) {
      const at = position.snapshot;
      if (at) readMarker.mark({ ...at, offset });
    },
    down(tooBig) {
      if (tooBig) lane.failFlying();
      pause();
      if (is("joined")) state.set({ status: "joining" });
    },
    end,
    again() {
      if (!is("refused")) return;
      refusal = undefined;
      state.set({ status: "joining" });
      gate();
      if (core.online) up();
    },
    received(envelope) {
      if (!is("joined")) return;
      reader.received(envelope);
      const { type, payload } = envelope as Envelope<string, ServerMessages["reset"]>;
      // unless a listener left
      if (is("joined") && type === "reset" && payload.reason === "forbidden") {
        refuse(new RelayError("forbidden", `Cannot read "${id}"`));
      }
    },
  };
}
