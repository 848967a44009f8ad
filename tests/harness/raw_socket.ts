/** The key and the answer that RFC 6455, section 1.3, gives as its example. */
export const RFC_KEY = "dGhlIHNhbXBsZSBub25jZQ==";
export const RFC_ACCEPT = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

export const Opcode = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

/** A frame as it stood on the wire. */
export interface RawFrame {
  readonly final: boolean;
  readonly opcode: number;
  readonly payload: Uint8Array<ArrayBuffer>;
  /** how its length was written */
  readonly lengthBits: 7 | 16 | 64;
  readonly masked: boolean;
}

export interface RawResponse {
  readonly status: number;
  readonly headers: Headers;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** TCP, and RFC 6455 by hand: what no WebSocket library lets one write or see. */
export class RawSocket implements Disposable {
  readonly #tcp: Deno.TcpConn;
  #buffer = new Uint8Array(0);

  private constructor(tcp: Deno.TcpConn) {
    this.#tcp = tcp;
  }

  static async open(port: number): Promise<RawSocket> {
    return new RawSocket(await Deno.connect({ hostname: "127.0.0.1", port }));
  }

  /** Asks for a WebSocket and shakes hands. */
  static async shake(
    port: number,
    changed: Record<string, string | undefined> = {},
    path = "/ws",
  ): Promise<{ socket: RawSocket; response: RawResponse }> {
    const socket = await RawSocket.ask(port, changed, path);
    return { socket, response: await socket.response() };
  }

  /** Asks for a WebSocket; the request's headers may be replaced or, with `undefined`, left out. */
  static async ask(
    port: number,
    changed: Record<string, string | undefined> = {},
    path = "/ws",
  ): Promise<RawSocket> {
    const socket = await RawSocket.open(port);
    const headers: Record<string, string | undefined> = {
      "Host": `127.0.0.1:${port}`,
      "Upgrade": "websocket",
      "Connection": "Upgrade",
      "Sec-WebSocket-Key": RFC_KEY,
      "Sec-WebSocket-Version": "13",
      ...changed,
    };
    const lines = Object.entries(headers).filter(([, value]) => value !== undefined)
      .map(([name, value]) => `${name}: ${value}\r\n`);
    await socket.write(encoder.encode(`GET ${path} HTTP/1.1\r\n${lines.join("")}\r\n`));
    return socket;
  }

  async write(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length;) {
      at += await this.#tcp.write(bytes.subarray(at));
    }
  }

  async send(opcode: number, payload: string | Uint8Array, final = true): Promise<void> {
    await this.write(maskedFrame(opcode, payload, final));
  }

  /** The head of an HTTP response. */
  async response(): Promise<RawResponse> {
    let end = -1;
    while ((end = decoder.decode(this.#buffer).indexOf("\r\n\r\n")) === -1) {
      if (!await this.#more()) throw new Error("the connection ended before a response");
    }
    const [first, ...lines] = decoder.decode(this.#buffer.subarray(0, end)).split("\r\n");
    this.#take(end + 4);
    const pairs = lines.map((line) => line.split(/:\s*(.*)/, 2) as [string, string]);
    return { status: Number(first!.split(" ")[1]), headers: new Headers(pairs) };
  }

  /** The body of a response whose length is known. */
  async body({ headers }: RawResponse): Promise<string> {
    return decoder.decode(await this.#exactly(Number(headers.get("content-length"))));
  }

  /** The next frame; `undefined` when the connection has ended. */
  async frame(): Promise<RawFrame | undefined> {
    if (this.#buffer.length < 2 && !await this.#atLeast(2)) return undefined;
    const [first, second] = await this.#exactly(2) as unknown as [number, number];
    const short = second & 0x7f;
    const lengthBits = short === 127 ? 64 : short === 126 ? 16 : 7;
    const length = lengthBits === 7 ? short : bigEndian(await this.#exactly(lengthBits / 8));
    const payload = await this.#exactly(length);
    return { final: (first & 0x80) !== 0, opcode: first & 0x0f, payload, lengthBits, masked: second >= 0x80 };
  }

  /** The next text frame as JSON, pings and pongs passed over. */
  // deno-lint-ignore no-explicit-any -- whatever a test expects
  async json(): Promise<any> {
    for (;;) {
      const frame = await this.frame();
      if (!frame) throw new Error("the connection has ended");
      if (frame.opcode === Opcode.text) return JSON.parse(decoder.decode(frame.payload));
      if (frame.opcode === Opcode.close) throw new Error(`closed ${closeCode(frame)}`);
    }
  }

  /** The next envelope of a type. */
  // deno-lint-ignore no-explicit-any -- whatever a test expects
  async until(type: string): Promise<any> {
    for (;;) {
      const envelope = await this.json();
      if (envelope.type === type) return envelope;
    }
  }

  /** Reads on until the peer closes; returns the code of its close frame, or `undefined` for none. */
  async closed(): Promise<number | undefined> {
    for (;;) {
      const frame = await this.frame().catch(() => undefined);
      if (!frame) return undefined;
      if (frame.opcode === Opcode.close) return closeCode(frame);
    }
  }

  [Symbol.dispose](): void {
    try {
      this.#tcp.close();
    } catch {
      // closed already
    }
  }

  async #exactly(length: number): Promise<Uint8Array<ArrayBuffer>> {
    if (!await this.#atLeast(length)) throw new Error("the connection ended inside a frame");
    return this.#take(length);
  }

  async #atLeast(length: number): Promise<boolean> {
    while (this.#buffer.length < length) {
      if (!await this.#more()) return false;
    }
    return true;
  }

  #take(length: number): Uint8Array<ArrayBuffer> {
    const taken = this.#buffer.slice(0, length);
    this.#buffer = this.#buffer.slice(length);
    return taken;
  }

  async #more(): Promise<boolean> {
    const chunk = new Uint8Array(65_536);
    const read = await this.#tcp.read(chunk).catch(() => null);
    if (read === null) return false;
    const joined = new Uint8Array(this.#buffer.length + read);
    joined.set(this.#buffer);
    joined.set(chunk.subarray(0, read), this.#buffer.length);
    this.#buffer = joined;
    return true;
  }
}

/** A frame as a client writes it. */
export function maskedFrame(opcode: number, payload: string | Uint8Array, final = true): Uint8Array {
  const bytes = typeof payload === "string" ? encoder.encode(payload) : payload;
  const mask = [0x37, 0xfa, 0x21, 0x3d];
  const { length } = bytes;
  const lengthBytes = length < 126
    ? [length]
    : length < 65_536
    ? [126, length >> 8, length & 255]
    : [127, 0, 0, 0, 0, length >>> 24, (length >>> 16) & 255, (length >>> 8) & 255, length & 255];
  lengthBytes[0]! |= 0x80;
  const head = [(final ? 0x80 : 0) | opcode, ...lengthBytes, ...mask];
  const frame = new Uint8Array(head.length + length);
  frame.set(head);
  bytes.forEach((byte, at) => frame[head.length + at] = byte ^ mask[at % 4]!);
  return frame;
}

function closeCode({ payload }: RawFrame): number | undefined {
  return payload.length < 2 ? undefined : bigEndian(payload.subarray(0, 2));
}

function bigEndian(bytes: Uint8Array): number {
  return bytes.reduce((sum, byte) => sum * 256 + byte, 0);
}
