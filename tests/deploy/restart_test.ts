import { expect } from "@std/expect";
import { has } from "../e2e/needs.ts";
import { Server } from "../e2e/server.ts";
import { RedisServer } from "../redis/redis_server.ts";
import { Crowd, verdict } from "./crowd.ts";
import { Front } from "./front.ts";

const ignore = !await has("nginx", "-v") || !await has("redis-server", "--version");
const RIGHT = { lost: 0, doubled: 0, disordered: 0, gaps: 0 };

/** Two relays on one Redis, as compose.yaml has them. */
async function relays(redis: RedisServer): Promise<[Server, Server]> {
  const env = { REDIS_URL: redis.url, TRUSTED_PROXIES: "127.0.0.1", LOG_LEVEL: "info" };
  return await Promise.all([Server.start({ env }), Server.start({ env })]);
}

async function ready(server: Server): Promise<void> {
  for (;;) {
    const response = await fetch(`${server.url}/readyz`);
    await response.body?.cancel();
    if (response.ok) return;
  }
}

async function connections(server: Server): Promise<number> {
  const text = await (await fetch(`${server.url}/metrics`)).text();
  const lines = text.matchAll(/^\w*connections\{[^}]*\} (\d+)/gm);
  return [...lines].reduce((sum, [, count]) => sum + Number(count), 0);
}

Deno.test({
  name:
    "[M18] two processes are restarted in turn under 500 clients: none lost, none doubled, all back, spread",
  ignore,
  async fn() {
    await using redis = await RedisServer.start();
    const [one, two] = await relays(redis);
    await using _one = one;
    await using _two = two;
    await using front = await Front.start("round_robin", [one.port, two.port]);
    using crowd = new Crowd(front.url, { clients: 500, rooms: 10, everyMs: 250 });
    await crowd.allBack();
    crowd.talk();
    for (const [server, inTime] of [[one, true], [two, false]] as const) {
      const there = await connections(server);
      expect(there).toBeGreaterThan(100);
      expect((await server.kill("SIGTERM")).code).toBe(0);
      await server.restart();
      await ready(server);
      // once as they were told, and once all at the same moment
      if (!inTime) { for (const { relay } of crowd.members) relay.reconnectNow(); }
      await crowd.allBack();
      const waits = crowd.takeWaits().toSorted((a, b) => a - b);
      expect(waits.length).toBeGreaterThanOrEqual(there);
      // everybody was told a moment of its own: in no tenth of a second more than a third
      const tenths = Map.groupBy(waits, (ms) => Math.floor(ms / 100));
      expect(Math.max(...[...tenths.values()].map((some) => some.length)) / waits.length).toBeLessThan(1 / 3);
      expect(waits.at(-1)! - waits[0]!).toBeGreaterThan(500);
    }
    const stored = await crowd.silence();
    expect(stored.size).toBe(10);
    expect(verdict(crowd, stored)).toEqual(RIGHT);
  },
});

for (const upstream of ["round_robin", "ip_hash", "caddy"]) {
  Deno.test({
    name: `[M18] behind ${upstream} a client whose process died goes on at the other`,
    ignore: ignore || upstream === "caddy" && !await has("caddy", "version"),
    async fn() {
      await using redis = await RedisServer.start();
      const [one, two] = await relays(redis);
      await using _one = one;
      await using _two = two;
      await using front = await Front.start(upstream, [one.port, two.port]);
      using crowd = new Crowd(front.url, { clients: 20, rooms: 2, everyMs: 50 });
      await crowd.allBack();
      crowd.talk();
      const counts = [await connections(one), await connections(two)];
      expect(counts.some((count) => count === 20)).toBe(upstream === "ip_hash");
      const [dying, staying] = counts[0]! > 0 ? [one, two] : [two, one];
      await dying.kill("SIGKILL");
      await crowd.until(() => crowd.members.some(({ isBack }) => !isBack));
      await crowd.allBack();
      expect(await connections(staying)).toBe(20);
      const stored = await crowd.silence();
      expect(verdict(crowd, stored)).toEqual(RIGHT);
    },
  });
}
