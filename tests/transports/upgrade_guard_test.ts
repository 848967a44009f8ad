import { expect } from "@std/expect";
import { Hono, type MiddlewareHandler } from "hono";
import { listen, serve } from "../harness/server.ts";
import { Opcode, RawSocket } from "../harness/raw_socket.ts";
import { silent } from "../../src/observability/log.ts";
import { type Relay, relay } from "../../src/relay.ts";
import { memory } from "../../src/stores/memory.ts";
import type { ServeHandler } from "../../src/transports/upgrade_guard.ts";

/** What middleware of an application around the relay may do. */
const middleware: Record<string, MiddlewareHandler> = {
  "throws before next()": () => {
    throw new Error("before");
  },
  "throws after next()": async (_, next) => {
    await next();
    throw new Error("after");
  },
  "reads a header after next()": async (c, next) => {
    await next();
    c.header("x-agent", c.req.header("user-agent") ?? "none");
  },
  "reads the address after next()": async (c, next) => {
    await next();
    c.header("x-address", String((c.env as Deno.ServeHandlerInfo<Deno.NetAddr>).remoteAddr.hostname));
  },
  "answers something else after next()": async (c, next) => {
    await next();
    c.res = new Response("mine", { status: 418 });
  },
};

function around(relay: Relay, uses: MiddlewareHandler): Hono {
  const app = new Hono();
  app.onError(() => new Response("sorry", { status: 500 }));
  app.use(uses);
  app.route("/realtime", relay.app);
  app.get("/", (c) => c.text("the application's own page"));
  return app;
}

for (const [name, uses] of Object.entries(middleware)) {
  Deno.test(`[M31] a middleware that ${name} cannot close the listener`, async () => {
    await using server = listen({}, (relay) => relay.guard(around(relay, uses).fetch));
    for (let n = 0; n < 3; n++) {
      const { socket, response } = await RawSocket.shake(server.port, {}, "/realtime/ws");
      using _ = socket;
      if (name === "throws before next()") {
        expect(response.status).toBe(500);
        continue;
      }
      expect(response.status).toBe(101);
      await socket.until("welcome");
      await socket.send(Opcode.text, '{"type":"ping"}');
      expect((await socket.json()).type).toBe("pong");
    }
    // the application's own pages are what it made of them, and there
    const page = await fetch(`${server.url}/`);
    expect([200, 418, 500]).toContain(page.status);
    await page.body?.cancel();
  });
}

Deno.test("[M31] a guard around a guarded handler cannot be undone by what stands between them", async () => {
  const between: (relay: Relay) => ServeHandler = (relay) => async (request, info) => {
    await relay.fetch(request, info);
    throw new Error("after");
  };
  await using server = listen({}, (relay) => relay.guard(between(relay)));
  for (let n = 0; n < 3; n++) {
    const { socket, response } = await RawSocket.shake(server.port);
    using _ = socket;
    expect(response.status).toBe(101);
    await socket.until("welcome");
  }
});

// what is left of a listener that was closed so is not the test's to clean up
const unclean = { sanitizeOps: false, sanitizeResources: false };

Deno.test(
  "[M31] without the guard the listener is closed: the tests above can fail",
  unclean,
  async () => {
    const running = relay({ store: memory(), logger: silent });
    const server = serve(around(running, middleware["throws after next()"]!).fetch);
    using _ = await RawSocket.ask(server.port, {}, "/realtime/ws");
    // resolves by itself, without anybody having asked it to stop
    await server.finished;
    await expect(Deno.connect({ hostname: "127.0.0.1", port: server.port })).rejects.toThrow();
    running.close();
  },
);
