import type { Sealed } from "../sealed.ts";

/** What crosses a connection in one piece. */
export type Frame = string | Uint8Array<ArrayBuffer>;

/** Turns envelopes into frames and back. Chosen once a connection, mixed freely in one room. [C1] */
export interface Codec {
  /** the subprotocol that selects it */
  readonly name: string;
  /** a frame may hold several envelopes: what is sent at once costs one write, not one each */
  readonly batches: boolean;
  /** a frame may be deflated: how long it is says nothing of what is in it */
  readonly deflates: boolean;
  /**
   * The envelopes of one frame, still unchecked.
   * @throws {RelayError} `bad_request` when the frame is not of this codec
   */
  decode(frame: Frame): unknown[];
  /** Bytes of an envelope by itself, neither in a batch nor deflated: what limits count. [L1] */
  sizeOf(envelope: unknown): number;
  /** The frames for these envelopes: the same bytes serve every reader of the codec. */
  encode(sealed: readonly Sealed[]): Frame[];
}
