import type { Contender } from "./contenders.ts";
import { mark, MARK_LENGTH, Marks } from "./marks.ts";
import { BareSocket } from "./socket.ts";

/** A closed loop: in each room one member keeps so many messages on their way to all. */
export interface Work {
  readonly title: string;
  readonly rooms: number;
  readonly members: number;
  readonly inFlight: number;
}

/** What one run of it came to. */
export interface Outcome {
  readonly deliveriesPerS: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** of the server, for a million deliveries; nothing where the system does not tell */
  readonly cpuSPerMillion: number | undefined;
}

export interface LoadOptions {
  readonly contender: Contender;
  readonly port: number;
  readonly work: Work;
  readonly warmUpMs: number;
  readonly measureMs: number;
  /** seconds of CPU the server has used until now */
  readonly cpuS: () => number | undefined;
}

/** A message's content: its mark, and padding up to what people write. */
const CONTENT = 128;

/** Puts a server to work and says what it did. */
export async function load(options: LoadOptions): Promise<Outcome> {
  const { work: { rooms, members }, warmUpMs, measureMs, cpuS } = options;
  const all: Room[] = [];
  try {
    for (let n = 0; n < rooms; n++) {
      const room = new Room(`bench${n}`, options);
      all.push(room);
      for (let m = 0; m < members; m++) await room.enter();
    }
    for (const room of all) room.start();
    await pause(warmUpMs);
    const before = { cpuS: cpuS(), ms: performance.now(), deliveries: deliveries(all) };
    for (const room of all) room.latenciesMs.length = 0;
    await pause(measureMs);
    const count = deliveries(all) - before.deliveries;
    const seconds = (performance.now() - before.ms) / 1000;
    const used = cpuS();
    const latencies = all.flatMap(({ latenciesMs }) => latenciesMs).sort((a, b) => a - b);
    return {
      deliveriesPerS: count / seconds,
      p50Ms: latencies[Math.floor(latencies.length * 0.5)] ?? NaN,
      p99Ms: latencies[Math.floor(latencies.length * 0.99)] ?? NaN,
      cpuSPerMillion: used === undefined || before.cpuS === undefined
        ? undefined
        : (used - before.cpuS) / (count / 1e6),
    };
  } finally {
    await Promise.all(all.map((room) => room.end()));
  }
}

class Room {
  readonly latenciesMs: number[] = [];
  deliveries = 0;
  readonly #name: string;
  readonly #options: LoadOptions;
  readonly #sockets: BareSocket[] = [];
  readonly #reading: Promise<void>[] = [];
  #said = 0;

  constructor(name: string, options: LoadOptions) {
    this.#name = name;
    this.#options = options;
  }

  async enter(): Promise<void> {
    const { contender: { path = "/", subprotocol, entering }, port } = this.#options;
    const socket = await BareSocket.open({ port, path, subprotocol });
    this.#sockets.push(socket);
    for (const [say, answer] of entering(this.#name, `${this.#name}-${this.#sockets.length}`)) {
      await socket.send(say);
      await socket.until(answer);
    }
    this.#reading.push(this.#read(socket, this.#sockets.length === 1));
  }

  start(): void {
    for (let n = 0; n < this.#options.work.inFlight; n++) this.#say();
  }

  async end(): Promise<void> {
    for (const socket of this.#sockets) socket[Symbol.dispose]();
    await Promise.all(this.#reading);
  }

  /** Counts what comes; of the publisher's own messages it is known when they were sent. */
  async #read(socket: BareSocket, timed: boolean): Promise<void> {
    const buffer = new Uint8Array(MARK_LENGTH + 256 * 1024);
    const marks = new Marks(buffer);
    for (;;) {
      const read = await socket.read(buffer.subarray(marks.kept));
      if (read === 0) return;
      const count = marks.count(read, timed ? (sentMs) => this.#arrived(sentMs) : undefined);
      this.#delivered(count);
    }
  }

  #arrived(sentMs: number): void {
    if (this.latenciesMs.length < 100_000) this.latenciesMs.push(performance.now() - sentMs);
  }

  /** When all members have a message, the next one is sent. */
  #delivered(count: number): void {
    const { members } = this.#options.work;
    const before = Math.floor(this.deliveries / members);
    this.deliveries += count;
    for (let n = Math.floor(this.deliveries / members) - before; n > 0; n--) this.#say();
  }

  #say(): void {
    const id = `${this.#name}-${++this.#said}`;
    const text = mark(performance.now()).padEnd(CONTENT, "x");
    // a server that is gone ends the run by its silence
    this.#sockets[0]!.send(this.#options.contender.say(this.#name, text, id)).catch(() => {});
  }
}

function deliveries(rooms: readonly Room[]): number {
  return rooms.reduce((sum, room) => sum + room.deliveries, 0);
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
