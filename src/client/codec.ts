import type { ClientCodec } from "./types.ts";

/** JSON text, one envelope a frame. [C1] */
export const json: ClientCodec = {
  subprotocol: "denbun.json",
  encode: JSON.stringify,
  decode: (data) => [JSON.parse(data as string)],
};
