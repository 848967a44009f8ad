/** An envelope as it came. */
export interface Received {
  readonly type: string;
  // deno-lint-ignore no-explicit-any -- tests look into what came as it is
  readonly payload: any;
  readonly messageId?: string;
}

/** A client that knows nothing but the protocol: what it was sent, and a way to wait for it. */
export class RawClient {
  readonly received: Received[] = [];
  readonly closed: Promise<CloseEvent>;
  readonly #socket: WebSocket;
  readonly #waiting = new Set<() => void>();

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    this.closed = new Promise((resolve) => socket.addEventListener("close", resolve));
    socket.addEventListener("message", ({ data }) => {
      this.received.push(JSON.parse(data));
      for (const look of this.#waiting) look();
    });
    socket.addEventListener("close", () => {
      for (const look of this.#waiting) look();
    });
  }

  static async open(url: string, protocols: string[] = []): Promise<RawClient> {
    const client = new RawClient(new WebSocket(url, protocols));
    await client.next((one) => one.type === "welcome");
    return client;
  }

  send(type: string, payload: object, messageId?: string): void {
    this.#socket.send(JSON.stringify({ type, payload, messageId }));
  }

  /** Sends and waits for the ack. */
  async ask(
    type: string,
    payload: object,
    messageId: string = crypto.randomUUID(),
  ): Promise<Received["payload"]> {
    this.send(type, payload, messageId);
    return (await this.next((one) => one.type === "ack" && one.messageId === messageId)).payload;
  }

  /** The first envelope that fits, whether it came already or is still to come. */
  next(fits: (one: Received) => boolean): Promise<Received> {
    return new Promise((resolve, reject) => {
      let seen = 0;
      const look = () => {
        for (; seen < this.received.length; seen++) {
          const one = this.received[seen]!;
          if (!fits(one)) continue;
          this.#waiting.delete(look);
          return resolve(one);
        }
        if (this.#socket.readyState === WebSocket.CLOSED) {
          this.#waiting.delete(look);
          reject(new Error("the connection closed before it came"));
        }
      };
      this.#waiting.add(look);
      look();
    });
  }

  /** The durable messages of a room, as they came. */
  messages(roomId: string): Received["payload"][] {
    return this.received.filter((one) => one.type === "new_message" && one.payload.roomId === roomId)
      .map((one) => one.payload);
  }

  async close(): Promise<void> {
    this.#socket.close(1000);
    await this.closed;
  }
}
