import { freePort } from "../e2e/server.ts";

/** What a network does to what passes: `hold` keeps it back, as lost packets are that get through in the end. */
export type Weather = "open" | "hold" | "holdRequests" | "holdReplies" | "refuse" | {
  readonly lateMs: number;
};

/** The way between a relay and its Redis, with weather of its own. */
export class Strait implements AsyncDisposable {
  readonly port = freePort();
  readonly #to: number;
  readonly #conns = new Set<Deno.Conn>();
  readonly #pumps = new Set<Promise<void>>();
  #weather: Weather = "open";
  #changed = Promise.withResolvers<void>();
  #listener: Deno.Listener | undefined;

  constructor(to: number) {
    this.#to = to;
    this.#listen();
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  set weather(weather: Weather) {
    const before = this.#weather;
    this.#weather = weather;
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
    if (weather === "refuse") this.#shut();
    else if (before === "refuse") this.#listen();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.weather = "refuse";
    await Promise.all(this.#pumps);
  }

  #listen(): void {
    const listener = Deno.listen({ hostname: "127.0.0.1", port: this.port });
    this.#listener = listener;
    this.#track(this.#accept(listener));
  }

  #shut(): void {
    this.#listener?.close();
    this.#listener = undefined;
    for (const conn of this.#conns) close(conn);
    this.#conns.clear();
  }

  async #accept(listener: Deno.Listener): Promise<void> {
    try {
      for await (const near of listener) this.#track(this.#join(near));
    } catch {
      // closed
    }
  }

  async #join(near: Deno.Conn): Promise<void> {
    this.#conns.add(near);
    try {
      const far = await Deno.connect({ hostname: "127.0.0.1", port: this.#to });
      this.#conns.add(far);
      if (this.#weather === "refuse") this.#shut();
      await Promise.all([this.#pump(near, far, "holdRequests"), this.#pump(far, near, "holdReplies")]);
    } catch {
      // nobody there
    }
    close(near);
  }

  async #pump(from: Deno.Conn, to: Deno.Conn, held: Weather): Promise<void> {
    const buffer = new Uint8Array(64 * 1024);
    try {
      for (;;) {
        const length = await from.read(buffer);
        if (length === null) break;
        while (this.#weather === "hold" || this.#weather === held) await this.#changed.promise;
        if (typeof this.#weather === "object") await pause(this.#weather.lateMs);
        for (let sent = 0; sent < length;) {
          sent += await to.write(buffer.subarray(sent, length));
        }
      }
    } catch {
      // one of them is gone: so is the other
    }
    for (const conn of [from, to]) {
      this.#conns.delete(conn);
      close(conn);
    }
  }

  #track(pump: Promise<void>): void {
    this.#pumps.add(pump);
    pump.finally(() => this.#pumps.delete(pump));
  }
}

function close(conn: Deno.Conn): void {
  try {
    conn.close();
  } catch {
    // it is
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
