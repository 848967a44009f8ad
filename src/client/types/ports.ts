/** What the SDK asks of the world around it: an application may bring its own. */
import type { Envelope } from "../../protocol/messages.ts";

/** As much of `fetch` as the SDK uses. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

/** A message that the server has not acknowledged. */
export interface OutboxItem {
  /** the id it is sent under, however often */
  messageId: string;
  /** the room it goes to */
  roomId: string;
  /** what it is: `send_message`, `publish` or a feature's own */
  type: string;
  /** as it stands on the wire */
  payload: Record<string, unknown>;
  /** who sends it, once that is known: it is never sent for anybody else */
  userId?: string;
}

/** Where unsent messages outlive the page. Failures are reported as `problem` and do not stop sending. */
export interface OutboxStore {
  /** Everything kept, in the order it was put first. Sending waits for the answer. */
  load(): Promise<OutboxItem[]>;
  /** Keeps an item, in place of an older one with its messageId. */
  put(item: OutboxItem): Promise<void>;
  /** Forgets an item; one that is not there is forgotten already. */
  delete(messageId: string): Promise<void>;
}

/** One subprotocol's reading and writing. [C1] */
export interface ClientCodec<
  F extends string | Uint8Array<ArrayBuffer> = string | Uint8Array<ArrayBuffer>,
> {
  /** its name in the handshake */
  readonly subprotocol: string;
  /** Writes an envelope; throws on what cannot be written. */
  encode(envelope: Envelope): F;
  /** Makes one frame of 2 to 100 envelopes written before; without it each is a frame and sent at once. */
  join?(parts: readonly F[]): F;
  /** Reads a frame; throws on what it cannot read. */
  decode(data: string | ArrayBuffer): Envelope[];
}

/** Time. */
export interface ClientClock {
  /** ms since any fixed moment */
  now(): number;
  /** Runs `fn` once after `ms`; the answer cancels it. */
  after(ms: number, fn: () => void): () => void;
}

/** What a device knows about its network. */
export interface Network {
  /** false only when the device knows that it has no network */
  readonly online: boolean;
  /** Tells when that changes and when the page comes to the front; the answer stops it. */
  watch(on: { online(): void; offline(): void; visible(): void }): () => void;
}

/** `WebSocket`, or something like it: Node's `ws` will do. */
export type WebSocketConstructor = new (url: string, protocols: string[]) => WebSocketLike;

/** As much of a WebSocket as the SDK uses. */
export interface WebSocketLike {
  /** set to `arraybuffer` */
  binaryType: string;
  /** a frame came */
  onmessage: ((event: never) => void) | null;
  /** something went wrong: `onclose` follows */
  onerror: ((event: never) => void) | null;
  /** the connection ended, or could not be made */
  onclose: ((event: never) => void) | null;
  /** Sends a frame. */
  send(data: string | Uint8Array<ArrayBuffer>): void;
  /** Ends the connection. */
  close(code?: number, reason?: string): void;
}
