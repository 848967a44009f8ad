import { connect } from "../../../src/client/connect.ts";
import type { RelayError } from "../../../src/client/errors.ts";
import type {
  Gap,
  Network,
  Problem,
  Relay,
  RelayOptions,
  RelayState,
  Room,
  RoomOptions,
} from "../../../src/client/types.ts";
import type { JoinedRoom, NewMessage } from "../../../src/protocol/messages.ts";
import { FakeClock, settle } from "./fake_clock.ts";
import { FakeSocket } from "./fake_socket.ts";

export { FakeClock, FakeSocket, settle };

/** A network that a test switches. */
export class FakeNetwork implements Network {
  online = true;
  watchers = 0;
  #on: { online(): void; offline(): void; visible(): void } | undefined;

  watch(on: { online(): void; offline(): void; visible(): void }): () => void {
    this.#on = on;
    this.watchers++;
    return () => this.watchers--;
  }

  goOffline(): void {
    this.online = false;
    this.#on?.offline();
  }

  goOnline(): void {
    this.online = true;
    this.#on?.online();
  }

  show(): void {
    this.#on?.visible();
  }
}

/** A relay on a fake clock, network and sockets, with everything it told. */
export interface Setup {
  clock: FakeClock;
  network: FakeNetwork;
  relay: Relay;
  sockets: FakeSocket[];
  states: RelayState[];
  problems: Problem[];
  gaps: Gap[];
  /** the newest socket */
  socket(): FakeSocket;
  /** welcomes the newest socket */
  welcome(welcome?: Parameters<FakeSocket["welcome"]>[0]): Promise<FakeSocket>;
  /** joins a room and answers the join */
  join(
    roomId?: string,
    options?: RoomOptions,
    answer?: Partial<JoinedRoom>,
  ): Promise<{ room: Room; seen: NewMessage[] }>;
  /** lets the wait before the next attempt pass */
  retry(): Promise<void>;
  /** cuts the connection, lets the wait pass and welcomes the next one */
  reconnect(code?: number): Promise<FakeSocket>;
}

/**
 * Connects. `random` is 1 less a hair unless given, so that every wait is its longest; one envelope a frame unless
 * another codec is given, so that what is said is on the wire at once.
 */
export async function setup(options: RelayOptions = {}): Promise<Setup> {
  const clock = new FakeClock();
  const network = new FakeNetwork();
  const sockets: FakeSocket[] = [];
  const WebSocket = class extends FakeSocket {
    constructor(url: string, protocols: string[]) {
      super(url, protocols);
      sockets.push(this);
    }
  };
  const relay = connect("https://example.test", {
    clock,
    network,
    WebSocket,
    random: () => 1,
    codec: "denbun.json",
    transports: ["ws"],
    fetch: () => Promise.reject(new TypeError("nothing listens here")),
    ...options,
  });
  const states: RelayState[] = [];
  const problems: Problem[] = [];
  const gaps: Gap[] = [];
  relay.addEventListener("state", ({ detail }) => states.push(detail));
  relay.addEventListener("problem", ({ detail }) => problems.push(detail));
  relay.addEventListener("gap", ({ detail }) => gaps.push(detail));
  await settle();
  const socket = () => sockets.at(-1)!;
  const welcome: Setup["welcome"] = async (payload) => {
    socket().welcome(payload);
    await settle();
    return socket();
  };
  const retry = () => clock.advance(relay.state.status === "reconnecting" ? relay.state.retryInMs : 0);
  return {
    clock,
    network,
    relay,
    sockets,
    states,
    problems,
    gaps,
    socket,
    welcome,
    retry,
    async join(roomId = "lobby", roomOptions = {}, answer = {}) {
      const room = relay.room(roomId, roomOptions);
      const seen: NewMessage[] = [];
      room.on("new_message", (message) => seen.push(message));
      socket().joins(answer);
      await settle();
      return { room, seen };
    },
    async reconnect(code = 1006) {
      socket().ends(code);
      await retry();
      return await welcome();
    },
  };
}

/** What a promise rejected with; throws when it did not. */
export async function failure(promise: Promise<unknown>): Promise<RelayError> {
  return await promise.then(
    () => Promise.reject(new Error("it resolved")),
    (error) => error as RelayError,
  );
}

/** Whether a promise has settled yet. */
export async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  let settled = false;
  const mark = () => settled = true;
  promise.then(mark, mark);
  await settle();
  return settled;
}
