import type { Logger } from "../hub/ports.ts";
import { within } from "../hub/within.ts";
import { systemClock } from "../runtime/clock.ts";
import type { ServeHandler } from "../transports/upgrade_guard.ts";

export interface ServeOptions {
  readonly port: number;
  readonly hostname: string;
  /** others listen on the same port too */
  readonly reusePort: boolean;
  readonly logger: Logger;
  readonly handler: ServeHandler;
  readonly listening: (address: Deno.NetAddr) => void;
}

/** A listener that stays. */
export interface Serving {
  /** Takes no new connections and waits for the requests under way. */
  stop(): Promise<void>;
}

const RELISTEN_MS = 500;
const STOP_WITHIN_MS = 500;

/**
 * Serves until stopped. When the process runs out of file descriptors the runtime ends the listener for good, and
 * an ended listener would leave a process that lives and hears nobody: so it listens again, and sockets that are
 * open stay open.
 * @throws when the address cannot be listened on at the start
 */
export function serve({ port, hostname, reusePort, logger, handler, listening }: ServeOptions): Serving {
  let stopped = false;
  let server = listen();
  async function keepListening(): Promise<void> {
    while (!stopped) {
      try {
        await server.finished;
        if (stopped) return;
        logger.error("listener_ended", new Error("the listener ended by itself"));
      } catch (error) {
        logger.error("listener_failed", error);
      }
      await new Promise((resolve) => setTimeout(resolve, RELISTEN_MS));
      if (!stopped) server = relisten() ?? server;
    }
  }
  function listen(): Deno.HttpServer<Deno.NetAddr> {
    return Deno.serve({ port, hostname, reusePort, onListen: listening }, handler);
  }
  function relisten(): Deno.HttpServer<Deno.NetAddr> | undefined {
    try {
      return listen();
    } catch (error) {
      logger.error("listen_failed", error);
      return undefined;
    }
  }
  const kept = keepListening();
  return {
    async stop() {
      stopped = true;
      // a peer that went away in the middle of its upgrade leaves a socket that never ends: it is not waited for
      await within(systemClock, STOP_WITHIN_MS, server.shutdown().then(() => kept));
    },
  };
}
