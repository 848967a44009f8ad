import { expect } from "@std/expect";
import { Harness, type TestClient, unhurried } from "../harness/mod.ts";

const hello = { roomId: "tea", content: "hello" };

Deno.test("[X3] every client is told when to come back, then closed 1012", async () => {
  using relay = new Harness();
  const clients = [await relay.member("anna", "tea"), relay.connect("ben")];
  await relay.drain();
  for (const client of clients) {
    const last = client.all().at(-1)!;
    expect(last.type).toBe("drain");
    const { retryAfterMs } = last.payload as { retryAfterMs: number };
    expect(retryAfterMs).toBeGreaterThanOrEqual(0);
    expect(retryAfterMs).toBeLessThanOrEqual(1000);
    expect(client.closed).toMatchObject({ code: 1012 });
  }
  expect(relay.hub.sessionCount).toBe(0);
});

Deno.test("[X3] the waits are spread, the more the more clients there are", async () => {
  using relay = new Harness();
  const clients: TestClient[] = [];
  for (let n = 0; n < 4000; n++) clients.push(relay.connect(`user-${n}`));
  await relay.drain();
  const waits = clients.map((client) => client.of("drain")[0]!.retryAfterMs);
  expect(Math.max(...waits)).toBeLessThanOrEqual(15_000);
  expect(Math.max(...waits)).toBeGreaterThan(14_000);
  const busiest = Math.max(
    ...Array.from(
      { length: 10 },
      (_, n) => waits.filter((ms) => ms >= n * 1500 && ms < (n + 1) * 1500).length,
    ),
  );
  expect(busiest).toBeLessThan(600);
  expect(clients.every(({ closed }) => closed?.code === 1012)).toBe(true);
});

Deno.test("[X3] a message that was taken is stored and answered before the end", async () => {
  using relay = new Harness();
  const anna = await relay.member("anna", "tea");
  const release = relay.store.hold("append");
  anna.send("send_message", hello, "m1");
  await relay.settle();
  const draining = relay.hub.drain();
  await relay.settle();
  expect(anna.closed).toBeUndefined();
  release();
  await relay.settle();
  await draining;
  expect(anna.acks("m1")).toMatchObject([{ success: true, offset: 1 }]);
  expect(anna.closed).toMatchObject({ code: 1012 });
});

Deno.test("[X3] of many messages in flight each is answered", async () => {
  using relay = new Harness({ limits: unhurried });
  const clients: TestClient[] = [];
  for (let n = 0; n < 20; n++) clients.push(relay.connect(`user-${n}`));
  const release = relay.store.hold("append");
  clients.forEach((client) => {
    for (let n = 0; n < 20; n++) client.send("send_message", hello, `m${n}`);
  });
  await relay.settle();
  const draining = relay.hub.drain();
  release();
  await relay.advance(3000);
  await draining;
  for (const client of clients) {
    for (let n = 0; n < 20; n++) expect(client.acks(`m${n}`)).toMatchObject([{ success: true }]);
  }
});

Deno.test("[X3] a message whose commit fails during the drain is answered so", async () => {
  using relay = new Harness();
  const anna = await relay.member("anna", "tea");
  const release = relay.store.hold("append");
  anna.send("send_message", hello, "m1");
  await relay.settle();
  const draining = relay.hub.drain();
  await relay.settle();
  relay.store.failing = "after";
  release();
  await relay.settle();
  await draining;
  expect(anna.acks("m1")).toMatchObject([{ success: false, error: { code: "store_unavailable" } }]);
});

Deno.test("[X3] what waited behind a slow request was not begun, and is not stored later", async () => {
  using relay = new Harness();
  const anna = relay.connect("anna");
  const release = relay.store.hold("heads");
  anna.send("join_room", { roomId: "tea" }, "m1");
  anna.send("send_message", hello, "m2");
  await relay.settle();
  await relay.drain();
  release();
  await relay.advance(3000);
  expect(relay.store.calls).not.toContain("append");
});

Deno.test("[X3] a store that does not answer holds the drain up for its time and no longer", async () => {
  using relay = new Harness();
  const anna = await relay.member("anna", "tea");
  const release = relay.store.hold("append");
  anna.send("send_message", hello, "m1");
  const draining = relay.hub.drain(3000);
  await relay.advance(2900);
  expect(anna.closed).toBeUndefined();
  await relay.advance(100);
  await draining;
  expect(anna.closed).toMatchObject({ code: 1012 });
  release();
  await relay.settle();
});

Deno.test("[X3] messages that come during the drain are refused as draining, which is retryable", async () => {
  using relay = new Harness();
  const anna = await relay.member("anna", "tea");
  const release = relay.store.hold("append");
  anna.send("send_message", hello, "m1");
  await relay.settle();
  const draining = relay.hub.drain();
  anna.send("send_message", hello, "m2");
  await relay.settle();
  expect(anna.acks("m2")).toMatchObject([{ success: false, error: { code: "draining", retryable: true } }]);
  release();
  await relay.advance(3000);
  await draining;
  expect(relay.store.calls.filter((call) => call === "append").length).toBe(1);
});

Deno.test("[X3] a drain and a close leave no timer behind", async () => {
  const relay = new Harness();
  const anna = await relay.member("anna", "tea");
  await relay.member("ben", "tea");
  anna.send("typing_start", { roomId: "tea" });
  await relay.drain(0);
  relay[Symbol.dispose]();
  await relay.settle();
  expect(relay.clock.timers).toBe(0);
});
