import { expect } from "@std/expect";
import { redisBackplane } from "../../src/backplanes/redis.ts";
import type { Backplane } from "../../src/hub/ports.ts";
import { silent } from "../../src/observability/log.ts";
import { systemClock } from "../../src/runtime/clock.ts";
import { backplaneContract } from "../contract/backplane_contract.ts";
import { has } from "../e2e/needs.ts";
import { RedisServer } from "../redis/redis_server.ts";

const ignore = !await has("redis-server", "--version");
let server: RedisServer | undefined;

Deno.test.beforeAll(async () => {
  if (!ignore) server = await RedisServer.start(["--appendonly", "no"]);
});
Deno.test.afterAll(async () => await server?.[Symbol.asyncDispose]());

/** One end that hears. */
function open(prefix: string): Promise<Backplane> {
  const { soon } = systemClock;
  const backplane = redisBackplane(server!.url, { prefix, logger: silent, soon });
  return new Promise((resolve) => backplane.subscribe(() => {}, () => resolve(backplane)));
}

if (!ignore) backplaneContract("redis", open);

Deno.test({
  name: "redis: what no relay said is handed on as it came, for the hub to judge",
  ignore,
  async fn() {
    const backplane = await open("garbage");
    const heard: unknown[] = [];
    const all = Promise.withResolvers<void>();
    backplane.subscribe((news) => {
      heard.push(news);
      if (news === "the last") all.resolve();
    });
    for (const text of ["{", "null", '"text"', "[]", '{"news":{}}', '{"news":[1]}', "the last"]) {
      // deno-lint-ignore no-await-in-loop -- in this order
      await server!.cli("PUBLISH", "{garbage}:news", text);
    }
    await all.promise;
    expect(heard).toEqual(["{", "null", '"text"', "[]", '{"news":{}}', 1, "the last"]);
    backplane.close();
  },
});
