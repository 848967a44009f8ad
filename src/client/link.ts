import type { Envelope, ServerMessages, Welcome } from "../protocol/messages.ts";
import type { ServerType } from "../protocol/wire.ts";
import { adviceFor } from "./advice.ts";
import { backoffMs } from "./backoff.ts";
import type { Credentials } from "./credentials.ts";
import { RelayError } from "./errors.ts";
import { type Heartbeat, startHeartbeat } from "./heartbeat.ts";
import type { Settings } from "./settings.ts";
import type { Transport, Wire } from "./transports/transport.ts";
import type { RelayState } from "./types.ts";

/** How long a connection may take from its first thought to the welcome. */
const CONNECT_MS = 10_000;
/** How long a connection must last before the attempts are counted from the start again. [X] */
const STABLE_MS = 60_000;
/** [H2] */
const PING_MS = 25_000;
const SILENCE_MS = 10_000;
/** The server closes after 5 s over its limits: stay away for as long. [X] */
const AWAY_MS = 5000;

export interface LinkEvents {
  welcome(welcome: Welcome, timestamp: string | undefined): void;
  state(state: RelayState): void;
  received(envelope: Envelope): void;
  /** The connection is gone; with `tooBig` because of something that was on its way. The state was told before. */
  down(tooBig: boolean): void;
  problem(error: unknown): void;
}

/** Keeps one connection: makes it, watches it, and makes it again as section X says. Knows no rooms. */
export interface Link {
  readonly state: RelayState;
  /** False when offline or when the envelope cannot be encoded. */
  send(envelope: Envelope): boolean;
  reconnectNow(): void;
  /** Gives up a connection that does not answer, as a silent heartbeat would. */
  drop(reason: string): void;
  close(): void;
}

export function createLink(
  transport: Transport,
  credentials: Credentials,
  { backoff, clock, network, random }: Settings,
  on: LinkEvents,
): Link {
  let state: RelayState = { status: "connecting" };
  let attempt = 0;
  /** one number per connection: what an older one still says is not heard */
  let turn = 0;
  let wire: Wire | undefined;
  let heartbeat: Heartbeat | undefined;
  /** the connect timeout, the wait before an attempt, or the stable minute */
  let cancelTimer = () => {};
  let waiting = false;
  /** what a server that went away told us, until there is one again */
  let drain: Partial<ServerMessages["drain"]> | undefined;

  const unwatch = network.watch({
    online() {
      // another network is another chance
      attempt = Math.min(attempt, 1);
      nudge();
    },
    offline() {
      if (waiting) become({ status: "offline" });
      heartbeat?.probe();
    },
    visible: nudge,
  });
  connect();

  function isOnline() {
    return state.status === "online";
  }

  function connect() {
    detach();
    const mine = turn;
    cancelTimer = clock.after(CONNECT_MS, () => drop("no answer"));
    if (attempt) becomeReconnecting(0);
    else become({ status: "connecting" });
    // whoever heard of it may have closed; it catches everything itself
    if (mine === turn) void open(mine);
  }

  async function open(mine: number) {
    try {
      const credential = await credentials.next();
      if (mine !== turn) return;
      wire = transport(credential, {
        credential: credentials.next,
        received(read) {
          if (mine !== turn) return;
          heartbeat?.alive();
          try {
            // one of them may end the connection
            for (const envelope of read()) if (mine === turn) received(envelope);
          } catch (cause) {
            on.problem(new RelayError("internal", "Cannot read a frame", { cause }));
          }
        },
        closed: (code, reason) => mine === turn && lost(code, reason),
      });
    } catch (error) {
      if (mine !== turn) return;
      lost(0, "");
      // last: who hears of it may close
      on.problem(error);
    }
  }

  function received(envelope: Envelope) {
    switch (envelope.type as ServerType) {
      case "welcome":
        // the transport changed: as after a cut, but nothing was cut
        if (isOnline()) {
          heartbeat?.stop();
          on.down(false);
        }
        welcomed(envelope as Envelope<"welcome", Welcome>);
        break;
      case "drain":
        drain = { ...drain, ...envelope.payload as ServerMessages["drain"] };
        break;
      default:
        if (isOnline()) on.received(envelope);
    }
  }

  function welcomed({ payload, timestamp }: Envelope<"welcome", Welcome>) {
    credentials.welcomed(payload);
    cancelTimer();
    cancelTimer = clock.after(STABLE_MS, () => attempt = 0);
    const intervalMs = Math.min(PING_MS, payload.heartbeatMs || PING_MS);
    heartbeat = startHeartbeat(clock, intervalMs, SILENCE_MS, ping, () => drop("heartbeat"));
    drain = undefined;
    on.welcome(payload, timestamp);
    become({ status: "online", transport: wire!.transport });
  }

  function ping() {
    send({ type: "ping", payload: {} });
  }

  function send(envelope: Envelope): boolean {
    try {
      if (isOnline()) wire?.send(envelope);
      return isOnline() && !!wire;
    } catch (error) {
      on.problem(error);
      return false;
    }
  }

  function lost(code: number, reason: string) {
    const wasOnline = isOnline();
    detach();
    if (!wasOnline) credentials.refused();
    const advice = adviceFor(code);
    if (advice === "stop" || advice === "refresh" && !credentials.expired()) {
      unwatch();
      become({ status: "closed", code, reason });
    } else wait(advice === "away" ? AWAY_MS : 0);
    if (wasOnline) on.down(advice === "shrink");
  }

  function wait(minMs: number) {
    if (network.online && attempt >= backoff.attempts) {
      return become({ status: "gave_up", attempts: attempt });
    }
    attempt++;
    const retryInMs = Math.max(minMs, toldMs() ?? backoffMs(attempt, backoff, random));
    waiting = true;
    cancelTimer = clock.after(retryInMs, connect);
    becomeReconnecting(retryInMs);
  }

  /** The server spreads its clients itself: its word goes before our dice, and who keeps step keeps the distance. [X3] */
  function toldMs(): number | undefined {
    const { retryAfterMs, spreadMs } = drain ?? {};
    drain = spreadMs ? { spreadMs } : undefined;
    if (retryAfterMs !== undefined || !spreadMs) return retryAfterMs;
    return backoffMs(
      attempt - 1,
      { minMs: spreadMs, maxMs: Math.max(spreadMs, backoff.maxMs), jitter: 0 },
      random,
    );
  }

  /** The network may be back, or the page was asleep: a wait ends, and a connection has to prove itself. */
  function nudge() {
    if (waiting) connect();
    else heartbeat?.probe();
  }

  function drop(reason: string) {
    hangUp(4001, reason);
  }

  function hangUp(code: number, reason: string) {
    wire?.close(code, reason);
    lost(code, reason);
  }

  function detach() {
    turn++;
    cancelTimer();
    heartbeat?.stop();
    waiting = false;
    heartbeat = wire = undefined;
  }

  function becomeReconnecting(retryInMs: number) {
    become(network.online ? { status: "reconnecting", attempt, retryInMs } : { status: "offline" });
  }

  function become(next: RelayState) {
    const isKnown = next.status === "offline" && state.status === "offline";
    if (isKnown || state.status === "closed") return;
    state = next;
    on.state(next);
  }

  return {
    get state() {
      return state;
    },
    send,
    reconnectNow() {
      if (state.status === "gave_up") attempt = 0;
      else if (!waiting) return;
      connect();
    },
    drop,
    close: () => hangUp(1000, ""),
  };
}
