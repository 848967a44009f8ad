import { BEARER_PREFIX } from "../../protocol/wire.ts";
import type { ClientCodec, WebSocketConstructor } from "../types.ts";
import { createBatches } from "./batches.ts";
import type { Transport } from "./transport.ts";

/** Rooms over RFC 6455. [C1] [C2] */
export function webSocket(base: string, codec: ClientCodec, WebSocket: WebSocketConstructor): Transport {
  return ({ token, name }, on) => {
    const url = base.replace("http", "ws") + "ws" + (name ? "?name=" + encodeURIComponent(name) : "");
    const socket = new WebSocket(url, [codec.subprotocol, ...token ? [BEARER_PREFIX + token] : []]);
    const batches = createBatches(codec, (frame) => {
      try {
        socket.send(frame);
      } catch {
        // it is closing, which `onclose` tells
      }
    });
    socket.binaryType = "arraybuffer";
    // close always follows; without a listener Node's `ws` would throw
    socket.onerror = () => {};
    socket.onmessage = ({ data }: MessageEvent<string | ArrayBuffer>) =>
      on.received(() => codec.decode(data));
    socket.onclose = ({ code, reason }: CloseEvent) => on.closed(code, reason);
    return {
      transport: "ws",
      send: batches.add,
      close(code, reason) {
        batches.flush();
        socket.close(code, reason);
      },
    };
  };
}
