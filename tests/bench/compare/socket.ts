const decoder = new TextDecoder();
const encoder = new TextEncoder();

export interface SocketOptions {
  readonly port: number;
  readonly path: string;
  readonly subprotocol?: string | undefined;
}

/**
 * The least of a WebSocket client: it writes text frames and hands over raw bytes. What is measured is the server, so
 * nothing is parsed that need not be.
 */
export class BareSocket implements Disposable {
  readonly #conn: Deno.TcpConn;

  private constructor(conn: Deno.TcpConn) {
    this.#conn = conn;
  }

  /** @throws {Error} when the server does not switch protocols */
  static async open({ port, path, subprotocol }: SocketOptions): Promise<BareSocket> {
    const conn = await Deno.connect({ port, hostname: "127.0.0.1" });
    conn.setNoDelay(true);
    const offer = subprotocol === undefined ? "" : `Sec-WebSocket-Protocol: ${subprotocol}\r\n`;
    const socket = new BareSocket(conn);
    await socket.#write(encoder.encode(
      `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
        `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n${offer}\r\n`,
    ));
    const answer = await socket.until("\r\n\r\n");
    if (!answer.startsWith("HTTP/1.1 101")) throw new Error(`no WebSocket: ${answer.slice(0, 200)}`);
    return socket;
  }

  /** Writes a text frame, masked with zeros. */
  async send(text: string): Promise<void> {
    const payload = encoder.encode(text);
    const length = payload.length < 126 ? [payload.length] : [126, payload.length >> 8, payload.length & 255];
    const head = [0x81, 0x80 | length[0]!, ...length.slice(1), 0, 0, 0, 0];
    const frame = new Uint8Array(head.length + payload.length);
    frame.set(head);
    frame.set(payload, head.length);
    await this.#write(frame);
  }

  /** What came until something of it says so. */
  async until(mark: string): Promise<string> {
    const buffer = new Uint8Array(64 * 1024);
    let text = "";
    while (!text.includes(mark)) {
      const read = await this.read(buffer);
      if (read === 0) throw new Error(`closed before ${mark}: ${text.slice(0, 200)}`);
      text += decoder.decode(buffer.subarray(0, read));
    }
    return text;
  }

  /** Reads what is there; 0 when the server has closed. */
  async read(buffer: Uint8Array): Promise<number> {
    try {
      return await this.#conn.read(buffer) ?? 0;
    } catch {
      return 0;
    }
  }

  [Symbol.dispose](): void {
    this.#conn.close();
  }

  async #write(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length;) {
      at += await this.#conn.write(bytes.subarray(at));
    }
  }
}
