import { redis } from "../../src/stores/redis.ts";
import { silent } from "../../src/observability/log.ts";
import { storeContract } from "../contract/store_contract.ts";
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

if (!ignore) {
  storeContract(
    "redis",
    (options) => up(redis(server!.url, { ...options, logger: silent, prefix: `store-${++stores}` })),
  );
}
