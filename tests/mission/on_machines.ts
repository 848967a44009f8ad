import { expect } from "@std/expect";
import { has } from "../e2e/needs.ts";
import { RawClient } from "../e2e/raw_client.ts";
import { Server } from "../e2e/server.ts";
import { RedisServer } from "../redis/redis_server.ts";

const hasRedis = await has("redis-server", "--version");

export async function hearEachOther(): Promise<void> {
  if (!hasRedis) return;
  await using redis = await RedisServer.start();
  const env = { REDIS_URL: redis.url };
  await using one = await Server.start({ env });
  await using other = await Server.start({ env });
  const here = await RawClient.open(`${one.ws}?name=anna`);
  const there = await RawClient.open(`${other.ws}?name=ben`);
  await here.ask("join_room", { roomId: "tea" });
  const joined = await there.ask("join_room", { roomId: "tea" });
  expect(joined.count).toBe(2);
  const saved = await here.ask("send_message", { roomId: "tea", content: "hello" });
  const heard = await there.next(({ type }) => type === "new_message");
  expect(heard.payload).toMatchObject({ content: "hello", offset: saved.offset, epoch: saved.epoch });
  await Promise.all([here, there].map((client) => client.close()));
}
