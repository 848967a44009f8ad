import { expect } from "@std/expect";
import { redisBackplane } from "../../src/backplanes/redis.ts";
import { silent } from "../../src/observability/log.ts";
import { systemClock } from "../../src/runtime/clock.ts";
import { redis } from "../../src/stores/redis.ts";
import { draft } from "../contract/store_contract.ts";
import { has } from "../e2e/needs.ts";
import { RawClient } from "../e2e/raw_client.ts";
import { RedisServer } from "./redis_server.ts";
import { node } from "./two_nodes.ts";
import { up } from "./up.ts";

const ignore = !await has("redis-server", "--version");

/** Everything a store does, once. */
async function useAll(url: string): Promise<void> {
  const store = await up(redis(url, { logger: silent }));
  const { offset } = await store.append(draft("tea"));
  expect((await store.read("tea", { after: offset - 1, limit: 1 })).entries).toHaveLength(1);
  await store.append(draft("coffee"));
  expect(await store.heads(["tea", "coffee"])).toHaveLength(2);
  await store.retain("tea", 1);
  await store.put("t", "k", "1", { ttlMs: 60_000 });
  expect(await store.get("t", "k")).toMatchObject({ value: "1" });
  expect(await store.list("t")).toHaveLength(1);
  await store.delete("t", "k");
  await store.close();
}

Deno.test({
  name: "[threat E2] the user that the document names can do all the relay does, and nothing else",
  ignore,
  async fn() {
    await using server = await RedisServer.start();
    const document = await Deno.readTextFile(new URL("../../docs/redis.md", import.meta.url));
    const command = /ACL SETUSER .*/.exec(document)![0].replace(">…", ">secret").split(" ");
    expect(await server.cli(...command)).toBe("OK");
    const url = server.url.replace("redis://", "redis://denbun:secret@");
    await useAll(url);
    const { soon } = systemClock;
    const [one, other] = [1, 2].map(() => redisBackplane(url, { logger: silent, soon }));
    const heard = new Promise((resolve) =>
      other!.subscribe(resolve, () => one!.publish({ kind: "node", nodeId: "n" }))
    );
    await new Promise<void>((resolve) => one!.subscribe(() => {}, resolve));
    one!.publish({ kind: "node", nodeId: "n" });
    expect(await heard).toEqual({ kind: "node", nodeId: "n" });
    await Promise.all([one!.close(), other!.close()]);

    const asUser = (...args: string[]) =>
      server.cli("--no-auth-warning", "--user", "denbun", "--pass", "secret", ...args);
    const refused = [
      ["FLUSHALL"],
      ["FLUSHDB"],
      ["KEYS", "*"],
      ["CONFIG", "SET", "appendfsync", "no"],
      ["SHUTDOWN"],
      ["GET", "another"],
      ["SET", "another", "1"],
      ["PUBLISH", "another", "1"],
      ["ACL", "LIST"],
    ];
    for (const args of refused) expect(await asUser(...args)).toMatch(/NOPERM/);
    expect(await asUser("EXISTS", "{denbun}:life")).toBe("1");
  },
});

Deno.test({
  name:
    "a cluster of three masters: all keys are in one slot, the node that has it is found, and news reach everybody",
  ignore,
  async fn() {
    const cluster = ["--cluster-enabled", "yes", "--appendonly", "yes", "--appendfsync", "always"];
    await using masters = new AsyncDisposableStack();
    const nodes: RedisServer[] = [];
    for (const slots of [["0", "5460"], ["5461", "10922"], ["10923", "16383"]]) {
      const master = masters.use(await RedisServer.start(cluster));
      await master.cli("CLUSTER", "ADDSLOTSRANGE", ...slots);
      // each takes part under a configuration of its own
      await master.cli("CLUSTER", "SET-CONFIG-EPOCH", String(nodes.push(master)));
    }
    for (const master of nodes) await nodes[0]!.cli("CLUSTER", "MEET", "127.0.0.1", String(master.port));
    for (const master of nodes) {
      while (!(await master.cli("CLUSTER", "INFO")).includes("cluster_state:ok")) {
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    }
    for (const master of nodes) await useAll(master.url);
    const lengths = await Promise.all(nodes.map((master) => master.cli("XLEN", "{denbun}:log:tea")));
    expect(lengths.filter((length) => length === "3")).toHaveLength(1);
    // the control: two of them lead elsewhere
    expect(lengths.filter((length) => length.startsWith("MOVED"))).toHaveLength(2);
    // another prefix is another slot
    expect(
      new Set(
        await Promise.all(
          ["denbun", "other", "third"].map((tag) => nodes[0]!.cli("CLUSTER", "KEYSLOT", `{${tag}}:life`)),
        ),
      ).size,
    )
      .toBe(3);

    // two relays that came in by different doors
    await using here = node(nodes[0]!.url);
    await using there = node(nodes[1]!.url);
    await Promise.all([up(here.store), up(there.store)]);
    const clients = await Promise.all([here, there].map(({ server }) => RawClient.open(server.wsUrl)));
    for (const client of clients) await client.ask("join_room", { roomId: "green" });
    await clients[0]!.ask("send_message", { roomId: "green", content: "hello" });
    const heard = await clients[1]!.next(({ type }) => type === "new_message");
    expect(heard.payload).toMatchObject({ content: "hello", offset: 1 });
    await Promise.all(clients.map((client) => client.close()));
  },
});
