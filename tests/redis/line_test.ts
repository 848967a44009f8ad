import { expect } from "@std/expect";
import { silent } from "../../src/observability/log.ts";
import { movedTo, speaksForAnother } from "../../src/redis/errors.ts";
import { RedisLine } from "../../src/redis/line.ts";
import { Pending } from "../../src/redis/pending.ts";
import { redis } from "../../src/stores/redis.ts";
import { draft } from "../contract/store_contract.ts";
import { freePort } from "../e2e/server.ts";
import { has } from "../e2e/needs.ts";
import { RedisServer } from "./redis_server.ts";
import { up } from "./up.ts";

const ignore = !await has("redis-server", "--version");

Deno.test("a line takes no more than it was told to, in commands and in text", async () => {
  const pending = new Pending(3, 10);
  const [first, second, third] = [4, 5, 0].map((characters) => pending.add(characters)!);
  expect(pending.add(0)).toBeUndefined();
  first!.resolve("done");
  expect(await first!.answer).toBe("done");
  expect(pending.size).toBe(2);
  const refused = [second, third].map((one) => expect(one!.answer).rejects.toThrow("over"));
  pending.refuseAll(new Error("over"));
  await Promise.all(refused);
  expect(pending.size).toBe(0);
  await pending.settled();
  // an answer that comes after its time changes nothing
  first!.reject(new Error("late"));
  expect(pending.add(11)).toBeDefined();
  expect(pending.add(0)).toBeUndefined();
});

Deno.test("a command of a line that is down is refused at once, and closing does not wait for a server", async () => {
  const line = new RedisLine({
    url: `redis://127.0.0.1:${freePort()}`,
    name: "test",
    logger: silent,
    greet: () => Promise.resolve(),
  });
  await expect(line.command("PING")).rejects.toThrow("no connection");
  await line.begun;
  expect(line.isUp).toBe(false);
  await expect(line.command("PING")).rejects.toThrow("no connection");
  await line.close();
});

Deno.test("which errors mean that another server has to be asked, and where it is", () => {
  const means = (message: string) => speaksForAnother(new Error(message));
  expect(means("READONLY You can't write against a read only replica.")).toBe(true);
  expect(means("ERR Error running script (call to f_1): @user_script:9: -READONLY You can't write")).toBe(
    true,
  );
  expect(means("LOADING Redis is loading the dataset in memory")).toBe(true);
  expect(means("OOM command not allowed when used memory > 'maxmemory'.")).toBe(false);
  expect(means("ERR unknown command 'READONLY_'")).toBe(false);
  const to = (message: string) => movedTo("rediss://user:pass@one:6379/0", new Error(message));
  expect(to("MOVED 866 two:6380")).toBe("rediss://user:pass@two:6380/0");
  expect(to("MOVED 866 :6380")).toBe("rediss://user:pass@one:6380/0");
  expect(to("MOVED 866 ::1:6380")).toBe("rediss://user:pass@[::1]:6380/0");
  expect(to("no answer")).toBeUndefined();
});

Deno.test({
  name: "[A3] a full Redis refuses, is said once in the log, and takes messages again when there is room",
  ignore,
  async fn() {
    await using server = await RedisServer.start();
    const refused: string[] = [];
    const logger = {
      ...silent,
      warn: (event: string) => void (event === "redis_refused" && refused.push(event)),
    };
    const store = await up(redis(server.url, { logger }));
    await server.cli("CONFIG", "SET", "maxmemory", "1");
    for (let n = 0; n < 5; n++) {
      await expect(store.append(draft("tea"))).rejects.toMatchObject({ code: "store_unavailable" });
    }
    await expect(store.ready()).rejects.toMatchObject({ code: "store_unavailable" });
    expect(refused).toHaveLength(1);
    await server.cli("CONFIG", "SET", "maxmemory", "0");
    expect(await store.append(draft("tea"))).toMatchObject({ outcome: "stored", offset: 1 });
    await store.close();
  },
});
