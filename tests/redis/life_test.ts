import { expect } from "@std/expect";
import type { Position } from "../../src/protocol/position.ts";
import type { Fields, Store } from "../../src/hub/ports.ts";
import { silent } from "../../src/observability/log.ts";
import { redis } from "../../src/stores/redis.ts";
import { draft } from "../contract/store_contract.ts";
import { has } from "../e2e/needs.ts";
import { RedisServer } from "./redis_server.ts";
import { up } from "./up.ts";

const ignore = !await has("redis-server", "--version");

const ALWAYS = ["--appendonly", "yes", "--appendfsync", "always"];
const EVERY_SECOND = ["--appendonly", "yes", "--appendfsync", "everysec"];

/** A store with five messages in it, and the position they reach. */
async function five(url: string, logger = silent): Promise<{ store: Store; position: Position }> {
  const store = redis(url, { logger });
  let position: Position = { epoch: "", offset: 0 };
  for (let n = 0; n < 5; n++) position = await store.append(draft("tea"));
  return { store, position };
}

async function positionOf(store: Store): Promise<Position> {
  const [{ epoch, offset } = { epoch: "", offset: 0 }] = await store.heads(["tea"]);
  return { epoch, offset };
}

function test(name: string, fn: () => Promise<void>): void {
  Deno.test({ name: `[R1] redis: ${name}`, ignore, fn });
}

test("a restart that can have lost nothing keeps the epoch, for who was there and who was not", async () => {
  await using server = await RedisServer.start(ALWAYS);
  const { store, position } = await five(server.url);
  await server.kill();
  await server.restart();
  expect(await positionOf(await up(store))).toMatchObject({ epoch: position.epoch, offset: 5 });
  const other = redis(server.url, { logger: silent });
  expect(await positionOf(other)).toMatchObject({ epoch: position.epoch, offset: 5 });
  await Promise.all([store.close(), other.close()]);
});

test("a restart of a server that writes its disk later begins a new epoch; the log goes on under it", async () => {
  await using server = await RedisServer.start(EVERY_SECOND);
  const { store, position } = await five(server.url);
  await server.kill("SIGTERM");
  await server.restart();
  const after = await positionOf(await up(store));
  expect(after.offset).toBe(5);
  expect(after.epoch).not.toBe(position.epoch);
  expect(await store.append(draft("tea"))).toMatchObject({ epoch: after.epoch, offset: 6 });
  await store.close();
});

test("a server that began to sync always only after the restart proves nothing", async () => {
  await using server = await RedisServer.start(EVERY_SECOND);
  const { store, position } = await five(server.url);
  await server.kill();
  await server.restart();
  await server.cli("CONFIG", "SET", "appendfsync", "always");
  expect((await positionOf(await up(store))).epoch).not.toBe(position.epoch);
  await store.close();
});

test("an emptied server is a new epoch, with a restart and without", async () => {
  await using server = await RedisServer.start(ALWAYS);
  const reasons: unknown[] = [];
  const note = (event: string, fields?: Fields) =>
    void (event === "epoch_ended" && reasons.push(fields?.reason));
  const { store, position } = await five(server.url, { ...silent, warn: note });
  await server.cli("FLUSHALL");
  const flushed = await store.append(draft("tea"));
  expect(reasons).toEqual(["the server is empty, or was emptied"]);
  expect(flushed).toMatchObject({ outcome: "stored", offset: 1 });
  expect(flushed.epoch).not.toBe(position.epoch);
  await server.kill();
  await server.empty();
  await server.restart();
  const empty = await positionOf(await up(store));
  expect(empty.offset).toBe(0);
  expect([position.epoch, flushed.epoch]).not.toContain(empty.epoch);
  await store.close();
});

test("two nodes that come back to another server agree on one epoch", async () => {
  await using server = await RedisServer.start(["--appendonly", "no"]);
  const { store } = await five(server.url);
  const others = Array.from({ length: 8 }, () => redis(server.url, { logger: silent }));
  await Promise.all(others.map(positionOf));
  await server.kill();
  await server.restart();
  const epochs = await Promise.all(
    [store, ...others].map(async (one) => (await positionOf(await up(one))).epoch),
  );
  expect(new Set(epochs).size).toBe(1);
  await Promise.all([store, ...others].map((one) => one.close()));
});

test("a backup that was restored is noticed by who saw more of a log, before anything is written into it", async () => {
  await using server = await RedisServer.start(ALWAYS);
  const { store, position } = await five(server.url);
  const backup = `${server.folder}-backup`;
  await copy(server.folder, backup);
  for (let n = 0; n < 5; n++) await store.append(draft("tea"));
  await server.kill();
  await server.empty();
  await copy(backup, server.folder);
  await Deno.remove(backup, { recursive: true });
  await server.restart();
  const { epoch, offset } = await (await up(store)).append(draft("tea"));
  expect(offset).toBe(6);
  expect(epoch).not.toBe(position.epoch);
  await store.close();
});

test("a log that got shorter while nobody looked ends its epoch, and the call is not answered from it", async () => {
  await using server = await RedisServer.start(ALWAYS);
  const { store, position } = await five(server.url);
  await server.cli("HSET", "{denbun}:head:tea", "top", "3");
  await server.cli("XTRIM", "{denbun}:log:tea", "MAXLEN", "3");
  await expect(store.heads(["tea"])).rejects.toMatchObject({ code: "store_unavailable" });
  const after = await positionOf(store);
  expect(after.offset).toBe(3);
  expect(after.epoch).not.toBe(position.epoch);
  await store.close();
});

test("a room's key that was taken away: what is left of the log goes on, and what is gone is said to be", async () => {
  await using server = await RedisServer.start(ALWAYS);
  const { store, position: { epoch } } = await five(server.url);
  const head = async () => (await store.heads(["tea"]))[0];
  await server.cli("DEL", "{denbun}:head:tea");
  expect(await head()).toEqual({ roomId: "tea", epoch, offset: 5, oldest: 1 });
  expect(await store.append(draft("tea"))).toMatchObject({ epoch, offset: 6 });
  expect((await store.read("tea", { after: 0, limit: 10 })).entries.map(({ offset }) => offset))
    .toEqual([1, 2, 3, 4, 5, 6]);

  await server.cli("DEL", "{denbun}:log:tea");
  expect(await head()).toEqual({ roomId: "tea", epoch, offset: 6, oldest: 7 });
  expect(await store.append(draft("tea"))).toMatchObject({ epoch, offset: 7 });
  const page = await store.read("tea", { after: 0, limit: 10 });
  expect([page.oldest, page.entries.map(({ offset }) => offset)]).toEqual([7, [7]]);
  expect(await head()).toEqual({ roomId: "tea", epoch, offset: 7, oldest: 7 });

  // with both of them gone nothing says how far it was, but who saw it
  await server.cli("DEL", "{denbun}:head:tea", "{denbun}:log:tea");
  await expect(store.heads(["tea"])).rejects.toMatchObject({ code: "store_unavailable" });
  expect((await positionOf(store)).epoch).not.toBe(epoch);
  await store.close();
});

test("what was sent on a connection that was given up does nothing, however late it comes", async () => {
  await using server = await RedisServer.start(ALWAYS);
  const { store } = await five(server.url);
  const [key] = (await server.cli("KEYS", "{denbun}:connection:*")).split("\n");
  expect(await server.cli("GET", key!)).toBe("1");
  await server.cli("CLIENT", "KILL", "TYPE", "normal");
  await up(store);
  expect(await server.cli("GET", key!)).toBe("2");
  // as if the next connection were there already, and this one's words were still on their way
  await server.cli("SET", key!, "3");
  for (
    const late of [
      () => store.put("t", "k", "late"),
      () => store.append(draft("tea")),
      () => store.delete("t", "k"),
      () => store.retain("tea", 5),
    ]
  ) {
    await expect(late()).rejects.toMatchObject({ code: "store_unavailable" });
  }
  expect(await server.cli("EXISTS", "{denbun}:rows:t")).toBe("0");
  expect(await server.cli("HGET", "{denbun}:head:tea", "top")).toBe("5");
  // the control: it is the connection that was refused
  await server.cli("SET", key!, "2");
  expect(await store.put("t", "k", "in time")).toEqual({ ok: true, version: 1 });
  await store.close();
});

test("a replica that takes over begins a new epoch", async () => {
  await using master = await RedisServer.start(ALWAYS);
  await using replica = await RedisServer.start(ALWAYS);
  const { store, position } = await five(master.url);
  await replica.cli("REPLICAOF", "127.0.0.1", String(master.port));
  while (await replica.cli("XLEN", "{denbun}:log:tea") !== "5") {
    await new Promise((done) => setTimeout(done, 20));
  }
  const follower = redis(replica.url, { logger: silent });
  await expect(follower.ready()).rejects.toMatchObject({ code: "store_unavailable" });
  await master.kill();
  await replica.cli("REPLICAOF", "NO", "ONE");
  const after = await positionOf(await up(follower));
  expect(after.offset).toBe(5);
  expect(after.epoch).not.toBe(position.epoch);
  await Promise.all([follower.close(), store.close()]);
});

test("a master that becomes a replica is left at its first refusal", async () => {
  await using server = await RedisServer.start(ALWAYS);
  await using other = await RedisServer.start(ALWAYS);
  const { store } = await five(server.url);
  await server.cli("REPLICAOF", "127.0.0.1", String(other.port));
  await expect(store.append(draft("tea"))).rejects.toMatchObject({ code: "store_unavailable" });
  await server.cli("REPLICAOF", "NO", "ONE");
  expect((await positionOf(await up(store))).epoch).not.toBe("");
  await store.close();
});

async function copy(from: string, to: string): Promise<void> {
  await Deno.mkdir(to, { recursive: true });
  const { success } = await new Deno.Command("cp", { args: ["-r", `${from}/.`, to] }).output();
  expect(success).toBe(true);
}
