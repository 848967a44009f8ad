import { expect } from "@std/expect";
import { chat } from "../../src/features/chat.ts";
import { type Dashboard, dashboard } from "../../src/features/dashboard.ts";
import { Harness, type TestClient } from "../harness/mod.ts";
import { site, Stream } from "../transports_http/harness/mod.ts";

/** A world whose vitals count how often they were asked for. */
function world() {
  let asked = 0;
  const boards: Dashboard[] = [];
  const features = () => {
    const board = dashboard();
    boards.push(board);
    return [board, chat()];
  };
  const harness = new Harness({ features, vitals: () => Promise.resolve({ asked: ++asked }) });
  return { harness, boards, asked: () => asked };
}

// deno-lint-ignore no-explicit-any -- whatever a test expects
const updates = (client: TestClient): any[] =>
  (client.news() as { type: string; payload: unknown }[])
    .filter(({ type }) => type === "metrics_update").map(({ payload }) => payload);

Deno.test("[F2] who joins is told at once, then every second; who joins later is told the last value", async () => {
  const { harness, asked } = world();
  using _ = harness;
  const anna = harness.connect("anna");
  await anna.join("dashboard");
  await harness.settle();
  expect(updates(anna)).toMatchObject([{ roomId: "dashboard", source: "relay", values: { asked: 1 } }]);
  await harness.advance(3000);
  expect(updates(anna).map(({ values }) => values.asked)).toEqual([2, 3, 4]);
  const ben = harness.connect("ben");
  await ben.join("dashboard");
  await harness.settle();
  expect(updates(ben)).toMatchObject([{ values: { asked: 4 } }]);
  expect(asked()).toBe(4);
});

Deno.test("[F2] nobody looks, nothing is measured; the next one to look finds it running again", async () => {
  const { harness, asked } = world();
  using _ = harness;
  await harness.advance(10_000);
  expect(asked()).toBe(0);
  const anna = harness.connect("anna");
  await anna.join("dashboard");
  await harness.advance(2000);
  anna.cut();
  await harness.advance(2000);
  const before = asked();
  await harness.advance(60_000);
  expect(asked()).toBe(before);
  const ben = harness.connect("ben");
  await ben.join("dashboard");
  await harness.advance(1000);
  expect(updates(ben).map(({ values }) => values.asked)).toEqual([before + 1, before + 2]);
});

Deno.test("[F2] each node tells its own readers, not those of others", async () => {
  const { harness } = world();
  using _ = harness;
  const other = harness.node("node-2");
  const anna = harness.connect("anna");
  const ben = harness.connect("ben", { hub: other });
  await anna.join("dashboard");
  await ben.join("dashboard");
  await harness.advance(1000);
  updates(anna);
  updates(ben);
  await harness.advance(3000);
  expect([updates(anna).length, updates(ben).length]).toEqual([3, 3]);
});

Deno.test("[F2] an application's source may be as fast as it likes: readers get the latest, ten times a second", async () => {
  const { harness, boards } = world();
  using _ = harness;
  const other = harness.node("node-2");
  const anna = harness.connect("anna");
  const ben = harness.connect("ben", { hub: other });
  await anna.join("dashboard");
  await ben.join("dashboard");
  await harness.settle();
  updates(anna);
  updates(ben);
  for (let n = 1; n <= 500; n++) {
    boards[0]!.push("orders", { open: n });
    await harness.advance(1);
  }
  await harness.advance(100);
  for (const client of [anna, ben]) {
    const seen = updates(client).filter(({ source }) => source === "orders").map(({ values }) => values.open);
    expect(seen).toEqual([1, 100, 200, 300, 400, 500]);
  }
});

Deno.test("[F2] of more sources than are held back at a time each one's latest value is told, and kept", async () => {
  const { harness, boards } = world();
  using _ = harness;
  const anna = harness.connect("anna");
  await anna.join("dashboard");
  const sources = Array.from({ length: 100 }, (_, n) => `source-${n}`);
  for (const source of sources) for (const open of [1, 2]) boards[0]!.push(source, { open });
  await harness.advance(2000);
  const ben = harness.connect("ben");
  await ben.join("dashboard");
  await harness.settle();
  for (const client of [anna, ben]) {
    const latest = new Map(updates(client).map(({ source, values }) => [source, values.open]));
    expect(sources.filter((source) => latest.get(source) !== 2)).toEqual([]);
  }
});

Deno.test("[F2] who joins on another node, or much later, is told an application's last values", async () => {
  const { harness, boards } = world();
  using _ = harness;
  boards[0]!.push("orders", { open: 1 });
  boards[0]!.push("orders", { open: 2 });
  await harness.advance(5000);
  const ben = harness.connect("ben", { hub: harness.node("node-2") });
  await ben.join("dashboard");
  await harness.settle();
  expect(updates(ben).find(({ source }) => source === "orders")).toMatchObject({ values: { open: 2 } });
});

Deno.test("[F2] what is no source, or the relay's own, is refused", () => {
  const { harness, boards } = world();
  using _ = harness;
  for (
    const [source, values] of [["relay", { a: 1 }], ["", { a: 1 }], ["x", {}], ["x", { a: NaN }]] as const
  ) {
    expect(() => boards[0]!.push(source, values)).toThrow("Cannot push");
  }
});

Deno.test("[F2] over HTTP: a bare stream sees the process's numbers, a server key adds series", async () => {
  const KEY = "the key of our servers, 32 bytes long";
  await using server = site({ serverKeys: [KEY] });
  await using stream = await server.user("ann").stream("rooms=dashboard");
  const own = (await stream.until("metrics_update")).envelope.payload;
  expect(own.source).toBe("relay");
  expect(own.values.connectionsSse).toBe(1);
  expect(own.values.memoryBytes).toBeGreaterThan(1e6);
  const push = (key: string) =>
    fetch(`${server.url}/api/dashboard`, {
      method: "POST",
      headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
      body: JSON.stringify({ source: "orders", values: { open: 12 } }),
    });
  const refused = await push("another key, as long as the right one");
  expect([refused.status, (await refused.json()).code]).toEqual([401, "unauthorized"]);
  const taken = await push(KEY);
  expect([taken.status, await taken.json()]).toEqual([202, { source: "orders" }]);
  const seen = await untilSource(stream, "orders");
  expect(seen.values).toEqual({ open: 12 });
});

// deno-lint-ignore no-explicit-any -- a payload as it came
async function untilSource(stream: Stream, source: string): Promise<any> {
  for (;;) {
    const { payload } = (await stream.until("metrics_update")).envelope;
    if (payload.source === source) return payload;
  }
}
