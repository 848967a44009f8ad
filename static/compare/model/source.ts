import { ask } from "../../shared/api.ts";
import { apiUrl } from "../../shared/api_url.ts";

export interface SourceOptions {
  readonly roomId: string;
  readonly now: () => number;
  readonly perSecond: () => number;
  readonly bytes: () => number;
}

/**
 * The stream that all readers read: messages that say when they were sent, over a socket of their own, or by requests
 * where no socket gets through.
 */
export class Source {
  readonly #options: SourceOptions;
  #socket: WebSocket | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #ended = false;

  constructor(options: SourceOptions) {
    this.#options = options;
    this.#connect();
    this.#next();
  }

  close(): void {
    this.#ended = true;
    clearTimeout(this.#timer);
    this.#socket?.close();
  }

  #connect(): void {
    const url = apiUrl("ws");
    url.protocol = url.protocol.replace("http", "ws");
    const socket = this.#socket = new WebSocket(url);
    socket.onclose = () => this.#ended || setTimeout(() => this.#connect(), 2000);
  }

  #next(): void {
    const { perSecond } = this.#options;
    this.#timer = setTimeout(() => {
      this.#send();
      this.#next();
    }, 1000 / perSecond());
  }

  #send(): void {
    const { roomId, now, bytes } = this.#options;
    const content = `${now().toFixed(2)} `.padEnd(bytes(), "·-");
    if (this.#socket?.readyState === WebSocket.OPEN) {
      this.#socket.send(JSON.stringify({ type: "send_message", payload: { roomId, content } }));
    } else {
      // one that is lost is one that was not sent
      ask("POST", `api/rooms/${roomId}/messages`, { content }).catch(() => {});
    }
  }
}

/** When a message was sent, by the page's own clock. */
export function sentMsOf(content: string): number {
  return Number.parseFloat(content);
}
