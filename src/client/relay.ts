import type { WireError } from "../protocol/errors.ts";
import type { Ack, Envelope, Welcome } from "../protocol/messages.ts";
import type { ServerType } from "../protocol/wire.ts";
import type { Core } from "./core.ts";
import { createCredentials } from "./credentials.ts";
import { deferred, onAbort } from "./deferred.ts";
import { described, RelayError } from "./errors.ts";
import { uuid } from "./ids.ts";
import { createLine } from "./line.ts";
import { createLink } from "./link.ts";
import { createOutbox } from "./outbox.ts";
import { createRoom, type RoomClient } from "./room.ts";
import type { Settings } from "./settings.ts";
import type { Transport } from "./transports/transport.ts";
import type { Relay, RelayEvents, RelayOptions, RelayState, RoomOptions } from "./types.ts";

/** A token is renewed so long before its end, or at half its life if that is shorter. */
const RENEWAL_MS = 60_000;

/** The link, the rooms and what passes between them. */
export function createRelay(transport: Transport, options: RelayOptions, settings: Settings): Relay {
  /** what the application has in its hands */
  const relay = new class extends EventTarget {
    get state() {
      return link.state;
    }
    get ready() {
      return ready.promise;
    }
    get self() {
      return core.self;
    }
    get session() {
      return credentials.session;
    }
    get maxMessageBytes() {
      return core.outbox.maxBytes;
    }
    room = room;
    reconnectNow = () => link.reconnectNow();
    close = () => link.close();
  }();
  const rooms = new Map<string, RoomClient>();
  let ready = deferred<void>();
  let cancelRenewal = () => {};

  const credentials = createCredentials(options, report);
  const line = createLine((envelope) => link.send(envelope));
  const core: { -readonly [K in keyof Core]: Core[K] } = {
    ...settings,
    line,
    outbox: createOutbox(settings, options.outbox?.store, report),
    online: false,
    self: undefined,
    barred: undefined,
    report,
    gap: (gap) => emit("gap", gap),
    drop: (reason) => link.drop(reason),
    left: (roomId) => void rooms.delete(roomId),
  };
  const unhook = onAbort(options.signal, () => link.close());
  const link = createLink(transport, credentials, settings, {
    welcome,
    state: became,
    received,
    down,
    problem: report,
  });
  if (options.signal?.aborted) link.close();

  function emit<K extends keyof RelayEvents>(type: K, detail: RelayEvents[K]["detail"]) {
    relay.dispatchEvent(new CustomEvent(type, { detail }));
  }

  function became(state: RelayState) {
    core.online = state.status === "online";
    switch (state.status) {
      case "online":
        ready.resolve();
        break;
      case "gave_up":
        bar(new RelayError("gave_up", `Gave up after ${state.attempts} attempts`));
        break;
      case "closed": {
        const error = new RelayError("closed", `Closed: ${state.code} ${state.reason}`);
        bar(error);
        rooms.forEach((room) => room.end(error));
        unhook();
        break;
      }
      default:
        if (core.barred) ready = deferred();
        bar(undefined);
    }
    emit("state", state);
    // a listener may have joined, left or closed
    rooms.forEach((room) => core.online && room.up());
  }

  function bar(error: RelayError | undefined) {
    core.barred = error;
    rooms.forEach((room) => room.gate());
    if (error) ready.reject(error);
  }

  function welcome(
    { userId, userName, maxMessageBytes, expiresAt }: Welcome,
    timestamp: string | undefined,
  ) {
    core.self = { userId, userName };
    core.outbox.maxBytes = maxMessageBytes || Infinity;
    renew(expiresAt, timestamp);
  }

  function down(tooBig: boolean) {
    cancelRenewal();
    rooms.forEach((room) => room.down(tooBig));
    line.lost();
  }

  function received(envelope: Envelope) {
    switch (envelope.type as ServerType) {
      case "ack":
        line.ack(envelope as Envelope<"ack", Ack>);
        break;
      case "error":
        report(described(envelope.payload as WireError));
        break;
      default:
        rooms.get((envelope.payload as { roomId: string }).roomId)?.received(envelope);
    }
  }

  /** Both times are the server's: a wrong clock here does not matter. If this fails, 4000 follows. [C5] */
  function renew(expiresAt: unknown, now: unknown) {
    const lifeMs = Date.parse(expiresAt as string) - Date.parse(now as string);
    if (!(lifeMs > 0)) return;
    cancelRenewal = settings.clock.after(Math.max(lifeMs - RENEWAL_MS, lifeMs / 2), async () => {
      try {
        const token = await credentials.renew();
        if (!token) return;
        line.ask({ type: "authenticate", payload: { token }, messageId: uuid() }, (answer) => {
          if (answer?.error) report(answer.error);
          else if (answer) renew(answer.payload.expiresAt, answer.timestamp);
        });
      } catch (error) {
        report(error);
      }
    });
  }

  function report(cause: unknown, roomId?: string) {
    const error = cause instanceof RelayError
      ? cause
      : new RelayError("application", String(cause), { cause });
    emit("problem", { error, ...roomId && { roomId } });
  }

  function room(roomId: string, options: RoomOptions = {}): RoomClient {
    const known = rooms.get(roomId);
    known?.again();
    if (known) return known;
    const room = createRoom(core, roomId, options);
    rooms.set(roomId, room);
    if (link.state.status === "closed") room.end(core.barred!);
    if (core.online) room.up();
    return room;
  }

  return relay as Relay;
}
