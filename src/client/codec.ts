import type { Envelope } from "../protocol/messages.ts";
import type { ClientCodec } from "./types.ts";

/** JSON text, one envelope a frame. [C1] */
export const json: ClientCodec<string> = {
  subprotocol: "denbun.json",
  encode: JSON.stringify,
  decode: (data) => unbatch(JSON.parse(data as string)),
};

/** JSON text, a frame is an envelope or a batch of them. [C1] */
export const jsonBatch: ClientCodec<string> = {
  ...json,
  subprotocol: "denbun.json.batch",
  join: (parts) => `{"type":"batch","payload":[${parts}]}`,
};

/** The envelopes of a frame. */
export function unbatch(frame: unknown): Envelope[] {
  const { type, payload } = frame as Envelope<string, Envelope[]>;
  return type === "batch" ? payload : [frame as Envelope];
}
