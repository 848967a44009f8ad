import { expect } from "@std/expect";
import { setup } from "./harness/mod.ts";

Deno.test("[H2] a ping every 25 s, and none before the welcome", async () => {
  const { clock, relay, socket, welcome } = await setup();
  await clock.advance(9000);
  expect(socket().count("ping")).toBe(0);
  await welcome();
  await clock.advance(24_999);
  expect(socket().count("ping")).toBe(0);
  await clock.advance(1);
  expect(socket().take("ping")).toEqual({ type: "ping", payload: {} });
  await clock.advance(25_000);
  expect(socket().count("ping")).toBe(1);
  relay.close();
});

Deno.test("[C4] a server that wants to hear more often is obeyed; one that says nothing of it is not", async () => {
  const eager = await setup();
  await eager.welcome({ heartbeatMs: 10_000 });
  await eager.clock.advance(30_000);
  expect(eager.socket().count("ping")).toBe(3);
  eager.relay.close();
  const silent = await setup();
  await silent.welcome({ heartbeatMs: 0 });
  await silent.clock.advance(30_000);
  expect(silent.socket().count("ping")).toBe(1);
  silent.relay.close();
});

Deno.test("[H2] no frame at all for 10 s after a ping: the connection is dead", async () => {
  const { clock, relay, socket, sockets, welcome } = await setup();
  await welcome();
  socket().alive = false;
  await clock.advance(34_999);
  expect(relay.state.status).toBe("online");
  await clock.advance(1);
  expect(sockets[0]!.closed?.code).toBe(4001);
  expect(relay.state).toEqual({ status: "reconnecting", attempt: 1, retryInMs: 1000 });
  relay.close();
});

for (const frame of [`{"type":"pong","payload":{}}`, `{"type":"from_the_future","payload":{}}`, "garbage"]) {
  Deno.test(`[H2] any frame is a sign of life: ${frame}`, async () => {
    const { clock, relay, socket, welcome } = await setup();
    await welcome();
    socket().alive = false;
    await clock.advance(34_999);
    socket().says(frame);
    await clock.advance(15_000);
    expect(relay.state.status).toBe("online");
    relay.close();
  });
}

for (const hint of ["goOffline", "goOnline", "show"] as const) {
  Deno.test(`[H2] a change of the network or the page makes a connection prove itself: ${hint}`, async () => {
    const { clock, network, relay, socket, welcome } = await setup();
    await welcome();
    socket().alive = false;
    network[hint]();
    expect(socket().count("ping")).toBe(1);
    await clock.advance(10_000);
    expect(relay.state.status).not.toBe("online");
    relay.close();
    expect(clock.pending).toBe(0);
  });
}

Deno.test("[H2] asking twice does not give a dead connection more time", async () => {
  const { clock, network, relay, socket, welcome } = await setup();
  await welcome();
  socket().alive = false;
  network.show();
  await clock.advance(9000);
  network.show();
  await clock.advance(1000);
  expect(relay.state.status).toBe("reconnecting");
  relay.close();
});
