import { expect } from "@std/expect";
import { redis } from "../../src/stores/redis.ts";
import { silent } from "../../src/observability/log.ts";
import { draft, storeContract } from "../contract/store_contract.ts";
import { has } from "../e2e/needs.ts";
import { up } from "../redis/up.ts";
import { RedisServer } from "../redis/redis_server.ts";

const ignore = !await has("redis-server", "--version");
let server: RedisServer | undefined;
let stores = 0;

Deno.test.beforeAll(async () => {
  if (!ignore) server = await RedisServer.start(["--appendonly", "no"]);
});
Deno.test.afterAll(async () => await server?.[Symbol.asyncDispose]());

Deno.test({
  name: "[R5] redis: rooms nobody writes to are trimmed by writes to others",
  ignore,
  async fn() {
    const retention = { retentionMessages: 1, retentionHours: 1 };
    const store = redis(server!.url, { ...retention, logger: silent, prefix: "quiet" });
    const timestampMs = Date.now() - 2 * 3_600_000;
    // young when they came, so that they stayed
    const young = redis(server!.url, { logger: silent, prefix: "quiet" });
    for (let n = 0; n < 100; n++) await young.append(draft("quiet", { timestampMs }));
    const oldest = async () => (await store.heads(["quiet"]))[0]!.oldest;
    expect(await oldest()).toBe(1);
    while (await oldest() < 100) await store.append(draft("busy"));
    expect((await store.read("quiet", { after: 0, limit: 10 })).entries.map(({ offset }) => offset)).toEqual([
      100,
    ]);
    // the keys went with their messages
    expect(await server!.cli("HLEN", "{quiet}:sent:quiet")).toBe("1");
    await Promise.all([store.close(), young.close()]);
  },
});

if (!ignore) {
  storeContract(
    "redis",
    (options) => up(redis(server!.url, { ...options, logger: silent, prefix: `store-${++stores}` })),
  );
}
