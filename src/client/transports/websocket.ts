import { BEARER_PREFIX } from "../../protocol/wire.ts";
import type { Settings } from "../settings.ts";
import type { WebSocketConstructor } from "../types.ts";
import { createBatches } from "./batches.ts";
import type { Transport } from "./transport.ts";

/** How often a handshake fails before HTTP is asked why: a page is not told. */
const FAILURES = 3;

/** Rooms over RFC 6455. [C1] [C2] */
export function webSocket(
  base: string,
  WebSocket: WebSocketConstructor,
  { codec, fetch }: Settings,
): Transport {
  let failures = 0;

  /** Whether the server will not have this token. What else may be wrong is not asked. */
  async function refuses(token: string): Promise<boolean> {
    const { status, body } = await fetch(base + "api/session", {
      headers: { authorization: "Bearer " + token },
      credentials: "omit",
    });
    await body?.cancel();
    return status === 401;
  }

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
    failures++;
    socket.onmessage = ({ data }: MessageEvent<string | ArrayBuffer>) => {
      failures = 0;
      on.received(() => codec.decode(data));
    };
    socket.onclose = async ({ code, reason }: CloseEvent) => {
      const isRefused = token && failures && failures % FAILURES === 0 &&
        await refuses(token).catch(() => false);
      on.closed(isRefused ? 4000 : code, reason);
    };
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
