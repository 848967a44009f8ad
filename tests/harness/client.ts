import type { Attached } from "../../src/hub/hub_options.ts";
import type { Codec } from "../../src/protocol/codecs/codec.ts";
import type { Ack, Envelope, JoinedRoom, ServerMessages } from "../../src/protocol/messages.ts";
import { Sealed } from "../../src/protocol/sealed.ts";
import type { FakeConnection } from "./connection.ts";

type Sent = Envelope & { readonly timestamp: string };
/** An envelope as it arrived, its payload by its type. */
export type Arrived = {
  [T in keyof ServerMessages]: { type: T; payload: ServerMessages[T]; messageId?: string; timestamp: string };
}[keyof ServerMessages];

/** Real time after which an ack is not coming: signatures are verified outside the test's own turns. */
const PATIENCE_MS = 5000;

/** One end of a conversation with the hub, frame by frame. */
export class TestClient {
  readonly connection: FakeConnection;
  readonly #attached: Attached;
  readonly #codec: Codec;
  readonly #settle: () => Promise<void>;
  #seen = 0;
  #asked = 0;

  constructor(connection: FakeConnection, attached: Attached, codec: Codec, settle: () => Promise<void>) {
    this.connection = connection;
    this.#attached = attached;
    this.#codec = codec;
    this.#settle = settle;
  }

  get userId(): string {
    return this.#attached.session.identity.userId;
  }

  get closed(): FakeConnection["closed"] {
    return this.connection.closed;
  }

  /** Sends one envelope and waits for nothing. */
  send(type: string, payload: unknown, messageId?: string): void {
    const envelope = messageId === undefined ? { type, payload } : { type, payload, messageId };
    for (const frame of this.#codec.encode([Sealed.of(envelope)])) this.raw(frame);
  }

  /** Sends a frame as it is. */
  raw(frame: string | Uint8Array<ArrayBuffer>): void {
    this.#attached.receive(frame);
  }

  /** Sends one envelope and returns its ack. */
  async ask<T = Record<string, unknown>>(
    type: string,
    payload: unknown,
    messageId = `${this.connection.id}-${++this.#asked}`,
  ): Promise<Ack<T>> {
    const before = this.acks(messageId).length;
    this.send(type, payload, messageId);
    const endMs = performance.now() + PATIENCE_MS;
    for (;;) {
      // what a thread of the runtime computes takes its own time
      await this.#settle();
      const ack = this.acks(messageId)[before];
      if (ack) return ack as Ack<T>;
      if (performance.now() > endMs) throw new Error(`no ack for ${type} "${messageId}"`);
    }
  }

  /** Joins a room that lets one in. */
  async join(roomId: string, options: object = {}): Promise<JoinedRoom> {
    const ack = await this.ask<JoinedRoom>("join_room", { roomId, ...options });
    if (!ack.success) throw new Error(ack.error.message);
    return ack;
  }

  /** Everything that arrived so far. */
  all(): Arrived[] {
    return this.connection.arrived.flatMap((frame) => this.#codec.decode(frame) as Sent[] as Arrived[]);
  }

  /** What arrived since this was last asked. */
  news(): Arrived[] {
    const all = this.all();
    const news = all.slice(this.#seen);
    this.#seen = all.length;
    return news;
  }

  /** The payloads of one type, in their order. */
  of<T extends keyof ServerMessages>(type: T): ServerMessages[T][] {
    return this.all().filter((one) => one.type === type).map((one) => one.payload as ServerMessages[T]);
  }

  /** The acks for one messageId. */
  acks(messageId: string): Ack[] {
    return this.all().filter((one) => one.type === "ack" && one.messageId === messageId)
      .map((one) => one.payload as Ack);
  }

  /** The offsets of the durable messages that arrived, in the order they did. */
  offsets(roomId: string): number[] {
    return this.all().filter((one) => one.type === "new_message" || one.type === "event")
      .map((one) => one.payload as { roomId: string; offset?: number })
      .filter((payload) => payload.roomId === roomId && payload.offset !== undefined)
      .map((payload) => payload.offset!);
  }

  /** The network drops this client. */
  cut(code = 1006): void {
    this.#attached.gone(code, "");
  }
}
