/** What Redis answers. */
export type Reply = string | number | boolean | null | undefined | readonly Reply[];

/** Sends one command and resolves with its reply. */
export type Command = (...args: string[]) => Promise<Reply>;

/** One connection to a Redis, from its first byte to its last: it is never opened again. */
export interface Conversation {
  readonly command: Command;
  /** Hears a channel for as long as the conversation lasts. */
  subscribe(channel: string, listener: (message: string) => void): Promise<void>;
}

/** A client of the library's that stands for one connection. */
export interface Dialled extends Conversation {
  /** Resolves with the reason when the connection is lost, never before it was made. */
  readonly lost: Promise<Error>;
  /** Resolves once the server took us in. */
  connect(): Promise<void>;
  /** Cuts it at once; what was not answered is rejected. */
  destroy(): void;
}

/** How long the network may take to a connection; a SYN that was lost is not waited for. */
const CONNECT_MS = 1000;

/** Loads the library and prepares one connection. It is loaded here alone, so only by who uses Redis. */
export async function dial(url: string): Promise<Dialled> {
  const { createClient } = await import("redis");
  const client = createClient({
    url,
    // a reconnect is a new conversation: nothing may slip through before it was greeted
    disableOfflineQueue: true,
    disableClientInfo: true,
    maintNotifications: "disabled",
    socket: { reconnectStrategy: false, connectTimeout: CONNECT_MS },
  });
  return new RedisClient(client);
}

/** What is used of the library's client. */
interface Client {
  on(event: "error" | "end", listener: (error?: Error) => void): unknown;
  connect(): Promise<unknown>;
  sendCommand(args: string[]): Promise<unknown>;
  subscribe(channel: string, listener: (message: string) => void): Promise<void>;
  destroy(): void;
}

class RedisClient implements Dialled {
  readonly lost: Promise<Error>;
  readonly #client: Client;

  constructor(client: Client) {
    this.#client = client;
    this.lost = new Promise((resolve) => {
      // without a listener a lost server would be an uncaught error
      client.on("error", (error) => resolve(error!));
      client.on("end", () => resolve(new Error("the connection ended")));
    });
  }

  readonly command: Command = (...args) => this.#client.sendCommand(args) as Promise<Reply>;

  async connect(): Promise<void> {
    await this.#client.connect();
  }

  async subscribe(channel: string, listener: (message: string) => void): Promise<void> {
    await this.#client.subscribe(channel, listener);
  }

  destroy(): void {
    this.#client.destroy();
  }
}
