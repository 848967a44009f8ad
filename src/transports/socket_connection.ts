import { CUT } from "../hub/closing.ts";
import type { Attached } from "../hub/hub_options.ts";
import type { Cancel, Clock, Connection, Logger } from "../hub/ports.ts";
import type { Frame } from "../protocol/codecs/codec.ts";
import { CloseCode } from "../protocol/wire.ts";
import type { OpenSocket, OpenSockets } from "./open_sockets.ts";
import type { Opening, Openings } from "./openings.ts";
import type { Release } from "./places.ts";

/** What all sockets of a listener share. */
export interface SocketHost {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly sockets: OpenSockets | undefined;
  readonly openings: Openings;
}

/** Bytes a UTF-16 unit takes at most. */
const MOST_UTF8 = 3;
const SHED = "the server needs memory";
/** Between two looks whether more has come. */
const LOOK_MS = 2;
/** Who sends without a pause is not waited for longer than this, and may miss why it was closed. */
const PATIENCE_MS = 250;
const EVENTS = ["open", "message", "close", "error"] as const;

/**
 * A socket as the hub sees it, and its own listener. Safe in every state: the hub never learns that a socket is
 * closing. One object for all of it: a process holds very many of them.
 */
export class SocketConnection implements Connection, OpenSocket, Opening, EventListenerObject {
  readonly id: string;
  /** when its last whole message came */
  heardMs: number;
  readonly #socket: WebSocket;
  readonly #host: SocketHost;
  readonly #release: Release;
  #attach: ((connection: Connection) => Attached) | undefined;
  #attached: Attached | undefined;
  /** why the close that follows was no clean one */
  #failure = "";
  /** no more than this is unsent: what was when it was last looked at, and what was sent since */
  #unsentAtMost = 0;
  /** what came is being looked at: more may have come with it */
  #hearing = false;
  /** ends the wait for a moment to close in */
  #closing: Cancel | undefined;

  /** Its place is given back once; `attach` is called when it is open. */
  constructor(
    id: string,
    socket: WebSocket,
    host: SocketHost,
    release: Release,
    attach: (connection: Connection) => Attached,
  ) {
    this.id = id;
    this.heardMs = host.clock.monotonic();
    this.#socket = socket;
    this.#host = host;
    this.#release = release;
    this.#attach = attach;
    host.sockets?.enter(this);
    // of a peer that goes away in the middle of the handshake no event is ever heard
    host.openings.add(this);
    socket.binaryType = "arraybuffer";
    for (const type of EVENTS) socket.addEventListener(type, this);
  }

  send(frame: Frame): void {
    if (this.#socket.readyState !== WebSocket.OPEN || this.#closing) return;
    this.#socket.send(frame);
    this.#unsentAtMost += typeof frame === "string" ? frame.length * MOST_UTF8 : frame.byteLength;
  }

  unsentBytes(): number {
    // a socket that is closing says 0: what is left unsent is what it last said while open
    if (this.#socket.readyState === WebSocket.OPEN) this.#unsentAtMost = this.#socket.bufferedAmount;
    return this.#unsentAtMost;
  }

  takes(mostUnsentBytes: number): boolean {
    // the runtime is asked only if it must be: that takes 3 % of what a frame does
    return this.#unsentAtMost < mostUnsentBytes || this.unsentBytes() < mostUnsentBytes;
  }

  close(code: number, reason: string): void {
    if (this.#closing) return;
    this.#closing = () => {};
    if (!this.#hearing) return this.#end(code, reason);
    this.#endWhenCalm(code, reason, this.heardMs + PATIENCE_MS);
  }

  /** The runtime drops a connection, its close frame unsent, when a message is read right after `close`. [X1] */
  #endWhenCalm(code: number, reason: string, untilMs: number): void {
    const { clock } = this.#host;
    const { heardMs } = this;
    this.#closing = clock.after(LOOK_MS, () => {
      if (this.heardMs === heardMs || clock.monotonic() >= untilMs) return this.#end(code, reason);
      this.#endWhenCalm(code, reason, untilMs);
    });
  }

  #end(code: number, reason: string): void {
    if (this.#socket.readyState <= WebSocket.OPEN) this.#socket.close(code, reason.slice(0, 100));
  }

  shed(): void {
    this.close(CloseCode.heartbeat, SHED);
    // its place stays taken until it is really gone
    this.#attached?.gone(CloseCode.heartbeat, SHED);
  }

  late(): void {
    this.#gone(CUT, "the handshake did not end");
  }

  /** An exception in a listener would end the process. */
  handleEvent(event: Event): void {
    try {
      this.#heard(event);
    } catch (error) {
      this.#host.logger.error("socket_listener_failed", error, { connectionId: this.id });
      this.close(CloseCode.internal, "internal error");
      this.#gone(CloseCode.internal, "internal error");
    }
  }

  #heard(event: Event): void {
    switch (event.type) {
      case "message":
        this.heardMs = this.#host.clock.monotonic();
        this.#hearing = true;
        try {
          return this.#attached?.receive(frameOf((event as MessageEvent).data));
        } finally {
          this.#hearing = false;
        }
      case "open":
        return this.#opened();
      case "error":
        this.#failure = event instanceof ErrorEvent ? event.message : "";
        return;
      case "close":
        // may come twice, or once more after an error [platform]
        return this.#gone(codeOf(event as CloseEvent), (event as CloseEvent).reason || this.#failure);
    }
  }

  #opened(): void {
    const attach = this.#attach;
    this.#attach = undefined;
    // its place was given away
    if (!attach) return this.close(CloseCode.tryLater, "the handshake took too long");
    this.#host.openings.delete(this);
    this.#attached = attach(this);
  }

  #gone(code: number, reason: string): void {
    this.#attach = undefined;
    this.#closing?.();
    this.#host.openings.delete(this);
    this.#host.sockets?.left(this);
    this.#release();
    this.#attached?.gone(code, reason);
  }
}

/** What ended a connection, as the protocol names it. [X] */
function codeOf({ code, wasClean }: CloseEvent): number {
  if (wasClean) return code;
  // the runtime says 0 of a connection that was cut, and 1001 of one that answers no ping
  if (code === 0) return CUT;
  return code === CloseCode.goingAway ? CloseCode.heartbeat : code;
}

function frameOf(data: unknown): Frame {
  return typeof data === "string" ? data : new Uint8Array(data as ArrayBuffer);
}
