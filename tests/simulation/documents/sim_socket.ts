import type { Frame } from "../../../src/protocol/codecs/codec.ts";
import { json, jsonBatch, msgpack } from "../../../src/protocol/codecs/mod.ts";
import type { Connection, Identity } from "../../../src/hub/ports.ts";
import type { Hub } from "../../../src/hub/hub.ts";
import type { Attached } from "../../../src/hub/hub_options.ts";
import type { WebSocketConstructor, WebSocketLike } from "../../../src/client/types.ts";
import type { FakeClock } from "../../harness/mod.ts";
import type { Random } from "../random.ts";

export interface SimNetwork {
  readonly clock: FakeClock;
  readonly random: Random;
  /** the node a new connection lands on; nothing while there is no network */
  readonly hub: () => Hub | undefined;
  readonly identity: Identity;
}

const CODECS = [json, jsonBatch, msgpack];
/** How long a frame travels, on average. */
const TRAVEL_MS = 20;

/** One client's sockets, over a network that takes its time and may be cut at any moment. */
export class SimSockets {
  readonly #network: SimNetwork;
  #current: Wire | undefined;
  #opened = 0;

  constructor(network: SimNetwork) {
    this.#network = network;
  }

  /** What the SDK makes its sockets of. */
  get WebSocket(): WebSocketConstructor {
    const open = (socket: WebSocketLike, codec: string) => this.#open(socket, codec);
    return class implements WebSocketLike {
      binaryType = "";
      onmessage: ((event: never) => void) | null = null;
      onerror: ((event: never) => void) | null = null;
      onclose: ((event: never) => void) | null = null;
      readonly #wire: Wire;

      constructor(_url: string, protocols: string[]) {
        this.#wire = open(this, protocols[0]!);
      }

      send(data: string | Uint8Array<ArrayBuffer>): void {
        this.#wire.up(data);
      }

      close(code = 1005, reason = ""): void {
        this.#wire.end(code, reason);
      }
    };
  }

  /** Everything on the way is lost, both ways. */
  cut(): void {
    this.#current?.end(1006, "");
  }

  #open(socket: WebSocketLike, codecName: string): Wire {
    const { clock, random, identity } = this.#network;
    const hub = this.#network.hub();
    const codec = CODECS.find(({ name }) => name === codecName)!;
    const wire = new Wire(clock, random, socket, `${identity.userId}-${++this.#opened}`);
    this.#current = wire;
    if (hub) wire.attached = hub.attach(wire, { identity, codec });
    else wire.end(1006, "");
    return wire;
  }
}

/** One connection: frames arrive in order, each some time after it was sent. */
class Wire implements Connection {
  readonly id: string;
  attached: Attached | undefined;
  readonly #clock: FakeClock;
  readonly #random: Random;
  readonly #socket: WebSocketLike;
  #open = true;
  #unsent = 0;
  readonly #dueMs = { up: 0, down: 0 };

  constructor(clock: FakeClock, random: Random, socket: WebSocketLike, id: string) {
    this.#clock = clock;
    this.#random = random;
    this.#socket = socket;
    this.id = id;
  }

  send(frame: Frame): void {
    this.#unsent += frame.length;
    this.#travel("down", () => {
      this.#unsent -= frame.length;
      const data = typeof frame === "string" ? frame : frame.slice().buffer;
      this.#socket.onmessage?.({ data } as never);
    });
  }

  up(frame: Frame): void {
    this.#travel("up", () => this.attached?.receive(frame));
  }

  unsentBytes(): number {
    return this.#unsent;
  }

  takes(mostUnsentBytes: number): boolean {
    return this.#unsent < mostUnsentBytes;
  }

  close(code: number, reason: string): void {
    this.end(code, reason);
  }

  /** Both ends hear of it, each in its own time. */
  end(code: number, reason: string): void {
    if (!this.#open) return;
    this.#open = false;
    this.#clock.after(this.#random.wait(TRAVEL_MS), () => this.attached?.gone(code, reason));
    this.#clock.after(this.#random.wait(TRAVEL_MS), () => this.#socket.onclose?.({ code, reason } as never));
  }

  #travel(way: "up" | "down", arrive: () => void): void {
    const nowMs = this.#clock.monotonic();
    const dueMs = Math.max(this.#dueMs[way], nowMs + this.#random.wait(TRAVEL_MS));
    this.#dueMs[way] = dueMs;
    this.#clock.after(dueMs - nowMs, () => this.#open && arrive());
  }
}
