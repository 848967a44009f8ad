import { expect } from "@std/expect";
import { Crowd, verdict } from "../deploy/crowd.ts";
import { Front } from "../deploy/front.ts";
import { has } from "../e2e/needs.ts";
import { RawClient } from "../e2e/raw_client.ts";
import { Server } from "../e2e/server.ts";
import { RedisServer } from "../redis/redis_server.ts";

const hasRedis = await has("redis-server", "--version");

const hasNginx = await has("nginx", "-v");

export async function behindBalancer(): Promise<void> {
  if (!hasRedis || !hasNginx) return;
  await using redis = await RedisServer.start();
  const env = { REDIS_URL: redis.url, TRUSTED_PROXIES: "127.0.0.1" };
  await using one = await Server.start({ env });
  await using other = await Server.start({ env });
  await using front = await Front.start("round_robin", [one.port, other.port]);
  using crowd = new Crowd(front.url, { clients: 4, rooms: 1, everyMs: 20 });
  await crowd.allBack();
  crowd.talk();
  await crowd.until(() => crowd.members.every(({ heard }) => heard.length > 0));
  await one.kill("SIGTERM");
  await crowd.allBack();
  expect(verdict(crowd, await crowd.silence())).toEqual({ lost: 0, doubled: 0, disordered: 0, gaps: 0 });
}

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
