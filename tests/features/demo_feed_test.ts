import { expect } from "@std/expect";
import { chat } from "../../src/features/chat.ts";
import { demoFeed } from "../../src/features/demo_feed.ts";
import { pricesAt } from "../../src/features/demo_feed/prices.ts";
import { Harness } from "../harness/mod.ts";
import { site } from "../transports_http/harness/mod.ts";

const features = () => [demoFeed(), chat()];
Deno.test("[M32] prices and lines are made while somebody reads, and not before or after", async () => {
  using world = new Harness({ features });
  await world.advance(10_000);
  expect(await world.store.heads(["feed:log"])).toMatchObject([{ offset: 0 }]);
  const anna = world.connect("anna");
  await anna.join("feed:log");
  await anna.join("feed:prices");
  await world.advance(7000);
  const got = anna.news() as { type: string }[];
  expect(got.filter(({ type }) => type === "log_line")).toHaveLength(10);
  expect(got.filter(({ type }) => type === "prices")).toHaveLength(28);
  anna.cut();
  await world.advance(3000);
  const [before] = await world.store.heads(["feed:log"]);
  await world.advance(60_000);
  expect(await world.store.heads(["feed:log"])).toEqual([before]);
});

Deno.test("[M32] two nodes that both have readers write each line once and quote the same prices", async () => {
  using world = new Harness({ features });
  const second = world.node("node-2");
  const anna = world.connect("anna");
  const ben = world.connect("ben", { hub: second });
  for (const client of [anna, ben]) {
    await client.join("feed:log");
    await client.join("feed:prices");
  }
  await world.advance(7000);
  const [annas, bens] = [anna.all(), ben.all()] as { type: string; payload: object }[][];
  const of = (all: typeof annas, type: string) => all!.filter((one) => one.type === type);
  expect(of(annas, "log_line")).toHaveLength(10);
  expect(of(annas, "log_line").map(({ payload }) => payload)).toEqual(
    of(bens, "log_line").map(({ payload }) => payload),
  );
  expect(of(annas, "prices").map(({ payload }) => payload)).toEqual(
    of(bens, "prices").map(({ payload }) => payload),
  );
});

Deno.test("[M32] a reader that takes nothing for a while gets every line, and of the prices the latest", async () => {
  using world = new Harness({ features, limits: { unsentBytes: 2000 } });
  const anna = world.connect("anna");
  await anna.join("feed:log");
  await anna.join("feed:prices");
  anna.connection.stall();
  await world.advance(28_000);
  anna.connection.resume();
  await world.advance(250);
  const got = anna.all() as unknown as { type: string; payload: { offset: number; prices: object } }[];
  const of = (type: string) => got.filter((one) => one.type === type).map(({ payload }) => payload);
  expect(of("log_line").map(({ offset }) => offset)).toEqual(Array.from({ length: 40 }, (_, n) => n + 1));
  // 112 times they changed
  expect(of("prices").length).toBeLessThan(15);
  expect(of("prices").at(-1)!.prices).toEqual(pricesAt(Math.round(world.clock.now() / 250)));
});

Deno.test("[M32] prices follow from the time, move, and stay sensible", () => {
  expect(pricesAt(1000)).toEqual(pricesAt(1000));
  expect(pricesAt(1001)).not.toEqual(pricesAt(1000));
  for (let n = 0; n < 5000; n += 7) {
    const tea = pricesAt(n).find(({ symbol }) => symbol === "TEA")!;
    expect(Math.abs(tea.cents - 4250)).toBeLessThan(250);
  }
});

Deno.test("[M32] a rush is for somebody who is known, and one at a time for all", async () => {
  await using server = site({ features: features() });
  const begun = await server.user("ann").post("/api/demo/rush", {});
  expect([begun.status, (await begun.json()).lines]).toEqual([202, 8000]);
  const again = await server.user("ben").post("/api/demo/rush", {});
  expect([again.status, (await again.json()).code]).toEqual([429, "rate_limited"]);
  const nobody = await fetch(`${server.url}/api/demo/rush`, {
    method: "POST",
    headers: { "content-type": "application/json" },
  });
  expect([nobody.status, (await nobody.json()).code]).toEqual([401, "unauthorized"]);
});
