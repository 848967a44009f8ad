/**
 * MessagePack for the Denbun client: smaller than JSON where there are numbers, and bytes travel as bytes.
 *
 *     import { connect } from "@denbun/client";
 *     import { msgpack } from "@denbun/client/msgpack";
 *     const relay = connect("https://example.test", { codec: msgpack });
 *
 * @module
 */
import { joinParts, pack, unpack } from "../protocol/codecs/msgpack.ts";
import { Bounds } from "../protocol/wire.ts";
import { unbatch } from "./codec.ts";
import type { ClientCodec } from "./types.ts";

/** A page of history stands around its messages: batch, list, ack, payload, list. [J1f] */
const MAX_DEPTH = Bounds.depth + 8;

/** MessagePack, a frame is an envelope or a batch of them. [C1] */
export const msgpack: ClientCodec<Uint8Array<ArrayBuffer>> = {
  subprotocol: "denbun.msgpack",
  encode: pack,
  join: joinParts,
  decode(data) {
    if (typeof data === "string") throw new TypeError("Cannot read frame: it is text");
    return unbatch(unpack(new Uint8Array(data), MAX_DEPTH));
  },
};
