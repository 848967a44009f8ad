import { expect } from "@std/expect";
import { silent } from "../../src/observability/log.ts";
import { serve } from "../../src/process/serve.ts";
import { RawSocket } from "../harness/raw_socket.ts";
import type { ServeHandler } from "../../src/transports/upgrade_guard.ts";

async function listening(handler: ServeHandler) {
  const { promise, resolve } = Promise.withResolvers<Deno.NetAddr>();
  const options = { port: 0, hostname: "127.0.0.1", reusePort: false, logger: silent, handler };
  const serving = serve({ ...options, listening: resolve });
  return { serving, port: (await promise).port };
}

Deno.test("[X3] a listener that stops waits for the requests under way, and takes no new ones", async () => {
  const asked = Promise.withResolvers<void>();
  const answer = Promise.withResolvers<Response>();
  const { serving, port } = await listening(() => {
    asked.resolve();
    return answer.promise;
  });
  const response = fetch(`http://127.0.0.1:${port}/`);
  await asked.promise;
  const stopped = serving.stop();
  answer.resolve(new Response("late but complete"));
  expect(await (await response).text()).toBe("late but complete");
  await stopped;
  await expect(Deno.connect({ hostname: "127.0.0.1", port })).rejects.toThrow();
});

// the upgrade of a caller that has gone is an operation of the runtime that never ends
const unclean = { sanitizeOps: false, sanitizeResources: false };

Deno.test(
  "[X3] a caller that vanished in the middle of its upgrade does not hold up the stop",
  unclean,
  async () => {
    const upgraded = Promise.withResolvers<void>();
    const vanished = Promise.withResolvers<void>();
    const { serving, port } = await listening(async (request) => {
      if (!request.headers.has("upgrade")) return new Response("here");
      const { response } = Deno.upgradeWebSocket(request);
      upgraded.resolve();
      await vanished.promise;
      return response;
    });
    const socket = await RawSocket.ask(port);
    await upgraded.promise;
    socket[Symbol.dispose]();
    // answers on other connections: by then the server has seen the end of this one
    for (let n = 0; n < 20; n++) {
      await (await fetch(`http://127.0.0.1:${port}/`, { headers: { connection: "close" } })).text();
    }
    vanished.resolve();
    await serving.stop();
  },
);
