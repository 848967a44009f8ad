import { type Relay, relay, type RelayOptions } from "../../src/relay.ts";
import { silent } from "../../src/observability/log.ts";
import { memory } from "../../src/stores/memory.ts";
import { systemIds } from "../../src/runtime/ids.ts";
import type { CountsByAddress } from "../../src/transports/address_counts.ts";
import { ConnectionCount } from "../../src/transports/connection_count.ts";
import type { Places } from "../../src/transports/places.ts";
import { type ServeHandler, UpgradeGuard } from "../../src/transports/upgrade_guard.ts";
import { webSocketHandler, type WebSocketOptions } from "../../src/transports/websocket.ts";

/** A relay that listens on a port of its own. Ends with `await using`. */
export interface Listening extends AsyncDisposable {
  readonly relay: Relay;
  readonly port: number;
  /** `http://127.0.0.1:port` */
  readonly url: string;
  /** `ws://127.0.0.1:port/ws` */
  readonly wsUrl: string;
}

/**
 * Starts a relay on a memory store. `around` may put another handler around it, as an application does that mounts
 * the relay in an app of its own.
 */
export function listen(
  options: Partial<RelayOptions> = {},
  around: (relay: Relay) => ServeHandler = (relay) => relay.fetch,
): Listening {
  const store = options.store ?? memory();
  const running = relay({ logger: silent, ...options, store });
  const { port, stop } = serve(around(running));
  return {
    relay: running,
    port,
    url: `http://127.0.0.1:${port}`,
    wsUrl: `ws://127.0.0.1:${port}/ws`,
    async [Symbol.asyncDispose]() {
      running.close();
      await stop();
      if (!options.store) await store.close();
    },
  };
}

/** Counts the connections of addresses by these places, and nothing else. */
export function countedBy(connections: Places): CountsByAddress {
  const any = { count: () => 0, exceeded: () => 0 };
  return { connections, connects: any, failures: any };
}

/**
 * As `listen`, with options of the WebSocket transport that a relay does not hand on. Everybody is let in, as
 * `user-1`, `user-2`, … from this address.
 */
export function listenWith(options: Partial<WebSocketOptions>, address = "127.0.0.1"): Listening {
  return listen({}, ({ hub }) => {
    const guard = new UpgradeGuard();
    let count = 0;
    const handler = webSocketHandler({
      hub,
      ids: systemIds,
      logger: silent,
      authenticate: () => Promise.resolve({ identity: { userId: `user-${++count}`, userName: "User" } }),
      originAllowed: () => true,
      offered: () => [],
      places: new ConnectionCount(0),
      upgraded: guard.note,
      ...options,
    });
    return guard.wrap((request) => handler(request, address), () => new Response(null, { status: 500 }));
  });
}

/** Serves on an ephemeral port. */
export function serve(handler: ServeHandler): {
  port: number;
  finished: Promise<void>;
  stop: () => Promise<void>;
} {
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, handler);
  return { port: server.addr.port, finished: server.finished, stop: () => server.shutdown() };
}
