import type { Envelope, JoinedRoom, NewMessage, Saved, Welcome } from "../../../src/protocol/messages.ts";
import type { WireError } from "../../../src/protocol/errors.ts";
import { unbatch } from "../../../src/client/codec.ts";
import type { WebSocketLike } from "../../../src/client/types.ts";

/** A frame as the client sent it. */
export type Sent = Envelope<string, Record<string, unknown>>;

/** Both ends of a WebSocket: the client has the one it knows, the test plays the server. */
export class FakeSocket implements WebSocketLike {
  readonly url: string;
  readonly protocols: string[];
  /** what the client said, oldest first; `take` removes from it */
  readonly sent: Sent[] = [];
  /** how many frames that were */
  frames = 0;
  /** how the client closed it */
  closed: { code: number | undefined; reason: string | undefined } | undefined;
  /** whether the server answers pings */
  alive = true;
  binaryType = "blob";
  onopen: ((event: never) => void) | null = null;
  onmessage: ((event: never) => void) | null = null;
  onerror: ((event: never) => void) | null = null;
  onclose: ((event: never) => void) | null = null;

  constructor(url: string, protocols: string[]) {
    this.url = url;
    this.protocols = protocols;
  }

  send(data: string | Uint8Array<ArrayBuffer>): void {
    if (typeof data !== "string") throw new TypeError("only text is expected");
    this.frames++;
    for (const envelope of unbatch(JSON.parse(data)) as Sent[]) {
      this.sent.push(envelope);
      if (envelope.type === "ping" && this.alive) this.says({ type: "pong", payload: {} });
    }
  }

  close(code?: number, reason?: string): void {
    this.closed ??= { code, reason };
  }

  /** The server says something, as text when it is not an envelope. */
  says(frame: Envelope | string): void {
    const data = typeof frame === "string" ? frame : JSON.stringify(frame);
    this.onmessage?.({ data } as never);
  }

  /** The connection ends. */
  ends(code: number, reason = ""): void {
    this.onerror?.({} as never);
    this.onclose?.({ code, reason } as never);
  }

  /** The oldest frame of a type that was not taken yet. */
  take(type: string): Sent {
    const at = this.sent.findIndex((envelope) => envelope.type === type);
    if (at < 0) throw new Error(`the client sent no ${type}, only [${this.sent.map((sent) => sent.type)}]`);
    return this.sent.splice(at, 1)[0]!;
  }

  /** How many frames of a type wait to be taken. */
  count(type: string): number {
    return this.sent.filter((envelope) => envelope.type === type).length;
  }

  welcome(welcome: Partial<Welcome> = {}, timestamp = "2026-11-21T10:00:00.000Z"): void {
    const payload = {
      connectionId: "connection-1",
      userId: "alice",
      userName: "Alice",
      nodeId: "node-1",
      heartbeatMs: 25_000,
      maxMessageBytes: 65_536,
      ...welcome,
    };
    this.says({ type: "welcome", payload, timestamp });
  }

  acks(request: Sent, payload: Record<string, unknown> = {}): void {
    this.says({ type: "ack", messageId: request.messageId!, payload: { success: true, ...payload } });
  }

  refuses(request: Sent, error: Partial<WireError>): void {
    const full = { code: "internal", message: "no", retryable: false, ...error };
    this.says({ type: "ack", messageId: request.messageId!, payload: { success: false, error: full } });
  }

  /** Answers the next join. */
  joins(answer: Partial<JoinedRoom> = {}): Sent {
    const request = this.take("join_room");
    const { roomId } = request.payload as { roomId: string };
    const offset = answer.offset ?? answer.from ?? 0;
    this.acks(request, {
      roomId,
      epoch: "e1",
      from: offset,
      offset,
      users: [],
      count: 0,
      read: [],
      unread: 0,
      ...answer,
    });
    return request;
  }

  /** Says that the next message is stored. */
  stores(offset: number, saved: Partial<Saved> = {}): Sent {
    const request = this.take("send_message");
    const { roomId } = request.payload as { roomId: string };
    this.acks(request, {
      savedId: `saved-${offset}`,
      roomId,
      epoch: "e1",
      offset,
      duplicate: false,
      ...saved,
    });
    return request;
  }

  message(offset: number, message: Partial<NewMessage> = {}): void {
    const payload = {
      id: `saved-${offset}`,
      roomId: "lobby",
      epoch: "e1",
      offset,
      messageId: `m${offset}`,
      userId: "bob",
      userName: "Bob",
      content: `message ${offset}`,
      replyTo: null,
      timestamp: "2026-11-21T10:00:00.000Z",
      ...message,
    };
    this.says({ type: "new_message", payload });
  }
}
