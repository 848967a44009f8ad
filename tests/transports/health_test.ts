import { expect } from "@std/expect";
import { memory } from "../../src/stores/memory.ts";
import { ControlledStore } from "../harness/mod.ts";
import { listen } from "../harness/server.ts";

Deno.test("[S2] /healthz answers while the process does", async () => {
  const store = new ControlledStore(memory());
  await using server = listen({ store });
  store.failing = "before";
  const response = await fetch(`${server.url}/healthz`);
  expect(response.status).toBe(200);
  expect(await response.json()).toEqual({ status: "ok" });
});

Deno.test("[S2] /readyz is 200 while the store would take a write, else 503", async () => {
  const store = new ControlledStore(memory());
  await using server = listen({ store });
  const ready = async () => {
    const response = await fetch(`${server.url}/readyz`);
    return [response.status, await response.json()];
  };
  expect(await ready()).toEqual([200, { status: "ok", store: "ok", backplane: "ok", draining: false }]);
  store.failing = "before";
  expect(await ready()).toEqual([503, {
    status: "degraded",
    store: "unavailable",
    backplane: "ok",
    draining: false,
  }]);
  store.failing = undefined;
  expect((await ready())[0]).toBe(200);
});

Deno.test("[S2] /readyz is 503 while the node drains", async () => {
  await using server = listen();
  await server.relay.drain(100);
  const response = await fetch(`${server.url}/readyz`);
  expect([response.status, await response.json()])
    .toEqual([503, { status: "unavailable", store: "ok", backplane: "ok", draining: true }]);
});

Deno.test("[S2] /api/status says how the relay is set up, and no secret", async () => {
  const KEY = "the key of our servers, 32 bytes long";
  await using server = listen({
    serverKeys: [KEY],
    allowedOrigins: ["https://app.example"],
    about: { store: "sqlite" },
  });
  const answer = await fetch(`${server.url}/api/status`);
  const text = await answer.text();
  expect(JSON.parse(text)).toEqual({
    guests: true,
    tokens: false,
    serverKey: true,
    otherOrigins: true,
    messageLimit: true,
    store: "sqlite",
  });
  for (const secret of [KEY, "app.example"]) expect(text).not.toContain(secret);
});
