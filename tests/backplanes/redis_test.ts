import { expect } from "@std/expect";
import { redisBackplane } from "../../src/backplanes/redis.ts";
import type { Backplane } from "../../src/hub/ports.ts";
import { silent } from "../../src/observability/log.ts";
import { systemClock } from "../../src/runtime/clock.ts";
import { redis } from "../../src/stores/redis.ts";
import { backplaneContract } from "../contract/backplane_contract.ts";
import { draft } from "../contract/store_contract.ts";
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
  name:
    "redis: a commit is told in the same step, by the store under the backplane's name, and by nobody else",
  ignore,
  async fn() {
    const { soon } = systemClock;
    const end = async (name: string) => {
      const news: unknown[] = [];
      const backplane = redisBackplane(server!.url, {
        prefix: "announced",
        name,
        announced: true,
        logger: silent,
        soon,
      });
      const heard = Promise.withResolvers<void>();
      await new Promise<void>((up) =>
        backplane.subscribe((one) => {
          news.push(one);
          if ((one as { kind: string }).kind === "node_gone") heard.resolve();
        }, up)
      );
      return { backplane, news, heard: heard.promise };
    };
    const [own, other] = [await end("own"), await end("other")];
    const store = redis(server!.url, { prefix: "announced", announceAs: "own", logger: silent });
    const one = draft("tea");
    const [{ epoch }] = await Promise.all([store.append(one), store.append(draft("tea")), store.append(one)]);
    await store.append(one);
    own.backplane.publish({ kind: "hint", roomId: "tea", epoch, offset: 2 });
    own.backplane.publish({ kind: "node_gone", nodeId: "own" });
    other.backplane.publish({ kind: "node_gone", nodeId: "other" });
    await Promise.all([own.heard, other.heard]);
    expect(own.news).toEqual([{ kind: "node_gone", nodeId: "other" }]);
    // one turn, one post; what was there before is not told again
    expect(other.news).toEqual([
      { kind: "hint", roomId: "tea", epoch, offset: 2 },
      { kind: "node_gone", nodeId: "own" },
    ]);
    await Promise.all([own.backplane.close(), other.backplane.close(), store.close()]);
  },
});

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
      await server!.cli("PUBLISH", "{garbage}:news", text);
    }
    await all.promise;
    expect(heard).toEqual(["{", "null", '"text"', "[]", '{"news":{}}', 1, "the last"]);
    backplane.close();
  },
});
