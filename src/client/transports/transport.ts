/** The transport port: the link knows these two sides and nothing of sockets, streams or requests. */
import type { Envelope } from "../../protocol/messages.ts";
import type { TransportName } from "../types.ts";

/** Who connects. All of it may be absent: then a guest without a name does. */
export interface Credential {
  token?: string | undefined;
  name?: string | undefined;
}

/** What a transport tells the link, which does not listen any more after `closed` or its own `close`. */
export interface WireEvents {
  /** A frame came, the first one a `welcome`. `read` may throw: that is reported, and the connection goes on. */
  received(read: () => Envelope[]): void;
  closed(code: number, reason: string): void;
  /** What another connection would show. */
  credential(): Promise<Credential>;
}

/** One connection being made, or made. */
export interface Wire {
  readonly transport: TransportName;
  /** Throws only when the envelope cannot be encoded. Not called before the server's first frame. */
  send(envelope: Envelope): void;
  close(code: number, reason: string): void;
}

/** Begins to connect. May throw when it cannot even try. */
export type Transport = (credential: Credential, on: WireEvents) => Wire;
