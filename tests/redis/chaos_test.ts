import { expect } from "@std/expect";
import { judge } from "../chaos/judge.ts";
import { load } from "../chaos/load.ts";
import { until } from "../chaos/until.ts";
import { WireClient } from "../chaos/wire_client.ts";
import { has } from "../e2e/needs.ts";
import { Server } from "../e2e/server.ts";
import { RedisServer } from "./redis_server.ts";

const ignore = !await has("redis-server", "--version");

const ROUNDS = 2;
const ROOMS = ["north", "east"];
const PUBLISHERS = 6;
const SUBSCRIBERS = 6;
/** messages a second of all publishers together */
const PER_SECOND = 300;
const LOAD_MS = 700;

Deno.test({
  name:
    `[I1–I7] ${ROUNDS} times kill -9 of one of two relays, and of their Redis, under load: each acked message once, in one order`,
  ignore,
  async fn() {
    await using redis = await RedisServer.start();
    const env = {
      REDIS_URL: redis.url,
      RATE_LIMIT: "0",
      RATE_LIMIT_PER_USER: "0",
      RETENTION_MESSAGES: "100000",
    };
    await using one = await Server.start({ env });
    await using other = await Server.start({ env });
    const servers = [one, other];
    const client = (name: string, n: number, rooms: readonly string[]) =>
      new WireClient(servers[n % 2]!.ws, `${name}${n}`, rooms);
    const publishers = Array.from({ length: PUBLISHERS }, (_, n) => client("p", n, [ROOMS[(n >> 1) % 2]!]));
    const subscribers = Array.from({ length: SUBSCRIBERS }, (_, n) => client("s", n, ROOMS));
    const clients = [...publishers, ...subscribers];
    await until("all are in", () => clients.every((one) => one.isIn));

    let sent = 0;
    const underLoad = async (kill: () => Promise<void>) => {
      const from = sent;
      const loaded = load({
        publishers,
        perSecond: PER_SECOND,
        forMs: LOAD_MS,
        roomOf: (n) => ROOMS[(n >> 1) % 2]!,
        text: () => `message ${++sent}`,
      });
      await until("messages flow", () => sent > from + PER_SECOND * LOAD_MS / 2000);
      await kill();
      await loaded;
      await until("all are in again", () => clients.every((one) => one.isIn));
    };
    for (let round = 0; round < ROUNDS; round++) {
      const server = servers[round % 2]!;
      await underLoad(async () => {
        await server.kill("SIGKILL");
        await server.restart();
      });
      await underLoad(async () => {
        await redis.kill("SIGKILL");
        await redis.restart();
      });
    }
    const { stored, seen } = await judge(one.ws, clients);
    expect(stored).toBe(sent);
    // Redis wrote its disk before each answer: nobody had to be told that something was lost
    expect(seen.filter((event) => event.ev === "reset")).toEqual([]);
    await Promise.all(clients.map((one) => one.close()));
  },
});
