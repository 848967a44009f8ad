import { systemClock } from "../../../src/client/environment.ts";
import { connect, type Relay, type RelayOptions, type Room } from "../../../src/client/mod.ts";
import type { ClientClock, RelayState, RoomEvents } from "../../../src/client/types.ts";
import { turn } from "../../harness/clock.ts";
import { listen, type Listening } from "../../harness/server.ts";

/** The system's clock, with some waits made short: by their length in ms. */
export function hurried(shortMs: Readonly<Record<number, number>>): ClientClock {
  return { ...systemClock, after: (ms, fn) => systemClock.after(shortMs[ms] ?? ms, fn) };
}

/** The rest between two polls, and the one before the first transport is tried again. */
const SHORT = { 5000: 5, 10_000: 20, 20_000: 20, 40_000: 20, 80_000: 20 };

/** A relay that ends when it has seen all of its clients go. */
export function serve(options: Parameters<typeof listen>[0] = {}): Listening {
  const server = listen(options);
  return {
    ...server,
    async [Symbol.asyncDispose]() {
      // a handshake that its client gave up may leave a session that only the heartbeat ends
      const giveUpMs = performance.now() + 3000;
      while (server.relay.hub.sessionCount > 0 && performance.now() < giveUpMs) await turn();
      // nor does the runtime's shutdown always end with such a handshake in its hands
      const { promise, resolve } = Promise.withResolvers<void>();
      const timer = setTimeout(resolve, 3000);
      await Promise.race([server[Symbol.asyncDispose](), promise]);
      clearTimeout(timer);
    },
  };
}

/** A real relay's client, closed at the end of its block. */
export function over(server: Listening, options: RelayOptions = {}): Relay & Disposable {
  const relay = connect(server.url, {
    clock: hurried({ 5000: SHORT[5000] }),
    ack: { timeoutMs: 6000 },
    backoff: { minMs: 1, maxMs: 2, attempts: Infinity },
    ...options,
  });
  return Object.assign(relay, { [Symbol.dispose]: () => relay.close() });
}

/** Waits for a state that is as one wants it. */
export function until(relay: Relay, wanted: (state: RelayState) => boolean): Promise<void> {
  return new Promise((resolve) => {
    const look = () => {
      if (!wanted(relay.state)) return;
      relay.removeEventListener("state", look);
      resolve();
    };
    relay.addEventListener("state", look);
    look();
  });
}

/** All that a room says of one type, and a way to wait until it said enough. */
export function listenTo<K extends keyof RoomEvents>(room: Room, type: K) {
  const heard: RoomEvents[K][] = [];
  let arrived = () => {};
  room.on(type, (payload: RoomEvents[K]) => {
    heard.push(payload);
    arrived();
  });
  return {
    heard,
    async until(enough: (heard: readonly RoomEvents[K][]) => boolean): Promise<void> {
      while (!enough(heard)) await new Promise<void>((resolve) => arrived = resolve);
    },
  };
}

/** Waits until an observable's value is as one wants it. */
export function comes<T>(
  observable: { readonly snapshot: T; subscribe(fn: (value: T) => void): () => void },
  wanted: (value: T) => boolean,
): Promise<void> {
  return new Promise((resolve) => {
    const look = (value: T) => {
      if (!wanted(value)) return;
      stop();
      resolve();
    };
    const stop = observable.subscribe(look);
    look(observable.snapshot);
  });
}
