import { formatPosition, type Position } from "../../../src/protocol/position.ts";
import { RawSocket } from "../../harness/raw_socket.ts";
import type { AnyEnvelope } from "./stream.ts";
import type { User } from "./user.ts";

/** How a switching client comes to its messages for a while. */
export const ways = ["websocket", "sse", "long polling", "polling"] as const;
export type Way = typeof ways[number];

export interface SwitcherOptions {
  readonly user: User;
  readonly url: string;
  readonly roomId: string;
  readonly sid: string;
  readonly start: Position;
}

/**
 * A client that reads a room over one transport after the other, each cut off in the middle, and carries nothing
 * from one to the next but its position.
 */
export class Switcher {
  /** the messages in the order they came */
  readonly messages: AnyEnvelope[] = [];
  readonly switches: Record<Way, number> = { "websocket": 0, "sse": 0, "long polling": 0, "polling": 0 };
  readonly #options: SwitcherOptions;
  #position: Position;

  constructor(options: SwitcherOptions) {
    this.#options = options;
    this.#position = options.start;
  }

  get position(): Position {
    return this.#position;
  }

  /** Reads this way until the signal, which cuts it. */
  async read(way: Way, signal: AbortSignal): Promise<void> {
    this.switches[way]++;
    try {
      await this.#by(way, signal);
    } catch (error) {
      // what a cut connection throws is the cut; everything else is a finding
      if (!signal.aborted) throw error;
    }
  }

  #by(way: Way, signal: AbortSignal): Promise<void> {
    switch (way) {
      case "websocket":
        return this.#socket(signal);
      case "sse":
        return this.#stream(signal);
      case "long polling":
        return this.#polls(signal, (since) => `/wait?since=${since}&timeoutMs=5000`);
      case "polling":
        return this.#polls(signal, (since) => `?since=${since}`);
    }
  }

  async #socket(signal: AbortSignal): Promise<void> {
    const { url, user, roomId } = this.#options;
    const { socket, response } = await RawSocket.shake(Number(new URL(url).port), {
      Authorization: `Bearer ${user.token}`,
    });
    // no good-bye: the connection is gone from one moment to the next
    const cut = () => socket[Symbol.dispose]();
    signal.addEventListener("abort", cut, { once: true });
    if (signal.aborted) cut();
    try {
      if (response.status !== 101) throw new Error(`the handshake was answered ${response.status}`);
      await socket.send(1, JSON.stringify({ type: "join_room", payload: { roomId, since: this.#position } }));
      while (!signal.aborted) {
        const envelope = await socket.json();
        if (!signal.aborted) this.#take(envelope);
      }
    } finally {
      signal.removeEventListener("abort", cut);
      cut();
    }
  }

  async #stream(signal: AbortSignal): Promise<void> {
    const { user, roomId, sid } = this.#options;
    const headers = { "last-event-id": formatPosition(this.#position) };
    await using stream = await user.stream(`rooms=${roomId}&sid=${sid}`, headers);
    const cut = () => void stream[Symbol.asyncDispose]();
    signal.addEventListener("abort", cut, { once: true });
    while (!signal.aborted) {
      const event = await stream.next();
      if (!event) throw new Error("the stream ended by itself");
      if (signal.aborted) return;
      this.#take(event.envelope);
      const expected = formatPosition(this.#position);
      if (event.lastEventId !== expected) throw new Error(`id ${event.lastEventId} at ${expected}`);
    }
  }

  async #polls(signal: AbortSignal, query: (since: string) => string): Promise<void> {
    const { user, roomId, sid } = this.#options;
    while (!signal.aborted) {
      const path = `/api/rooms/${roomId}/messages${query(formatPosition(this.#position))}&sid=${sid}`;
      const response = await user.fetch(path, { signal });
      const page = await response.json();
      if (!response.ok) throw new Error(JSON.stringify(page));
      if (signal.aborted) return;
      if (page.recovered !== true) throw new Error(`not recovered at ${formatPosition(this.#position)}`);
      for (const message of page.messages) this.#take(message);
      if (page.offset !== this.#position.offset) throw new Error(`a page to ${page.offset} ends elsewhere`);
    }
  }

  #take(envelope: AnyEnvelope): void {
    const { type, payload } = envelope;
    if (type === "joined_room" && payload.recovered !== true) {
      throw new Error(`not recovered: ${JSON.stringify(payload)}`);
    }
    if (type === "reset" || type === "error") throw new Error(JSON.stringify(envelope));
    if (type !== "new_message") return;
    // what comes twice, or with a gap before it, is kept as it came: the test finds it
    this.messages.push(envelope);
    this.#position = { epoch: payload.epoch, offset: payload.offset };
  }
}
