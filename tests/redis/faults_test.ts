import { expect } from "@std/expect";
import { judge } from "../chaos/judge.ts";
import { Network } from "../chaos/network.ts";
import { until } from "../chaos/until.ts";
import { WireClient } from "../chaos/wire_client.ts";
import { has } from "../e2e/needs.ts";
import { RawClient } from "../e2e/raw_client.ts";
import type { RunEvent } from "../simulation/events.ts";
import { freePort, Server } from "../e2e/server.ts";
import { RedisServer } from "./redis_server.ts";
import { twoNodes, type World } from "./two_nodes.ts";

const ignore = !await has("redis-server", "--version");
const filtered = await Network.possible();

/** How long a publisher may wait for its error: a command's patience, and the beat that notices. */
const ANSWERED_WITHIN_MS = 3500;
/** How long after its return everything may take to work again. */
const HEALED_WITHIN_MS = 2000;

interface Trouble {
  readonly name: string;
  readonly begin: (world: World) => void | Promise<void>;
  readonly end: (world: World) => void | Promise<void>;
  /** tests/chaos/partition_test.ts does the same with the kernel's own filter, where it may */
  readonly emulated?: boolean;
}

const troubles: readonly Trouble[] = [
  {
    name: "killed and started again",
    begin: ({ redis }) => redis.kill("SIGKILL"),
    end: ({ redis }) => redis.restart(),
  },
  {
    name: "stopped (SIGSTOP)",
    begin: ({ redis }) => redis.signal("SIGSTOP"),
    end: ({ redis }) => redis.signal("SIGCONT"),
  },
  {
    name: "cut off: nothing gets through",
    begin: ({ strait }) => void (strait.weather = "hold"),
    end: ({ strait }) => void (strait.weather = "open"),
    emulated: true,
  },
  {
    name: "cut off: connections are refused",
    begin: ({ strait }) => void (strait.weather = "refuse"),
    end: ({ strait }) => void (strait.weather = "open"),
    emulated: true,
  },
  {
    name: "cut off one way: requests are lost",
    begin: ({ strait }) => void (strait.weather = "holdRequests"),
    end: ({ strait }) => void (strait.weather = "open"),
    emulated: true,
  },
  {
    name: "cut off one way: answers are lost",
    begin: ({ strait }) => void (strait.weather = "holdReplies"),
    end: ({ strait }) => void (strait.weather = "open"),
    emulated: true,
  },
];

for (const { name, begin, end, emulated = false } of troubles) {
  Deno.test({
    name:
      `[I1–I6] Redis ${name}: publishers hear of it, nobody is cut, all is healed within ${HEALED_WITHIN_MS} ms`,
    ignore: ignore || emulated && filtered,
    async fn() {
      await using world = await twoNodes();
      const { far, near } = world;
      const writer = new WireClient(far.server.wsUrl, "writer", ["tea"]);
      const readers = [far, near].map(({ server }, n) =>
        new WireClient(server.wsUrl, `reader-${n}`, ["tea"])
      );
      const clients = [writer, ...readers];
      const probe = await RawClient.open(far.server.wsUrl);
      await using ends = new AsyncDisposableStack();
      ends.defer(() => Promise.all([probe.close(), ...clients.map((client) => client.close())]).then());
      await until("all are in", () => clients.every((client) => client.isIn));
      let sent = 0;
      const load = setInterval(() => void writer.send("tea", `message ${++sent}`), 20);
      ends.defer(() => clearInterval(load));
      await until("messages flow", () => readers.every((reader) => reader.position("tea") > 10));
      expect((await readiness(far.server.url)).body.status).toBe("ok");

      await begin(world);
      const beganMs = performance.now();
      const refused = await probe.ask("send_message", { roomId: "probe", content: "x" });
      expect(performance.now() - beganMs).toBeLessThan(ANSWERED_WITHIN_MS);
      expect(refused).toMatchObject({
        success: false,
        error: { code: "store_unavailable", retryable: true },
      });
      const { status, body } = await readiness(far.server.url);
      expect([status, body.status, body.store]).toEqual([503, "degraded", "unavailable"]);

      await end(world);
      const healedMs = performance.now();
      while (!(await probe.ask("send_message", { roomId: "probe", content: "x" })).success);
      while ((await readiness(far.server.url)).status !== 200);
      expect(performance.now() - healedMs).toBeLessThan(HEALED_WITHIN_MS);
      clearInterval(load);
      const { stored, seen } = await judge(near.server.wsUrl, clients);
      expect(stored).toBe(sent);
      await until(
        "each sees all three",
        () => readers.every((reader) => usersSeen(reader.events).size === 3),
      );

      // nobody was cut, and nobody was told that something was lost
      expect(seen.filter(({ ev }) => ev === "close" || ev === "reset")).toEqual([]);
      expect(uncaught(far.events)).toEqual([]);
    },
  });
}

Deno.test({
  name: "[R2] [R6] Redis restarted empty: members are told of the new log, and no old position counts in it",
  ignore,
  async fn() {
    await using world = await twoNodes();
    const { redis, far, near } = world;
    const members = await Promise.all([far, near].map(({ server }) => RawClient.open(server.wsUrl)));
    const [here, there] = members as [RawClient, RawClient];
    for (const member of members) await member.ask("join_room", { roomId: "tea" });
    let old = { epoch: "", offset: 0 };
    for (let n = 0; n < 20; n++) old = await here.ask("send_message", { roomId: "tea", content: String(n) });
    await there.next(({ type, payload }) => type === "new_message" && payload.offset === 20);

    await redis.kill();
    await redis.empty();
    await redis.restart();
    const resets = await Promise.all(members.map((member) => member.next(({ type }) => type === "reset")));
    const { epoch } = resets[0]!.payload;
    expect(epoch).not.toBe(old.epoch);
    for (const { payload } of resets) expect(payload).toMatchObject({ epoch, offset: 0, reason: "epoch" });
    expect(await here.ask("send_message", { roomId: "tea", content: "anew" })).toMatchObject({
      epoch,
      offset: 1,
    });
    const heard = await there.next(({ type, payload }) => type === "new_message" && payload.epoch === epoch);
    expect(heard.payload).toMatchObject({ content: "anew", offset: 1 });
    for (const offset of [0, 1, 20]) {
      const late = await RawClient.open(near.server.wsUrl);
      const since = { epoch: old.epoch, offset };
      expect(await late.ask("join_room", { roomId: "tea", since })).toMatchObject({
        recovered: false,
        epoch,
      });
      await late.close();
    }
    await Promise.all(members.map((member) => member.close()));
  },
});

Deno.test({
  name: "Redis 300 ms away: everything takes its time, nothing fails and no connection is given up",
  ignore,
  async fn() {
    await using world = await twoNodes();
    const { strait, far, near } = world;
    const listener = await RawClient.open(near.server.wsUrl);
    await listener.ask("join_room", { roomId: "tea" });
    strait.weather = "refuse";
    await until("it is noticed", () => far.events.filter((event) => event === "redis_down").length === 2);
    strait.weather = { lateMs: 150 };
    await until("it is back", () => far.events.filter((event) => event === "redis_up").length === 4);
    const speaker = await RawClient.open(far.server.wsUrl);
    const answers = await Promise.all(
      Array.from(
        { length: 50 },
        (_, n) => speaker.ask("send_message", { roomId: "tea", content: String(n) }),
      ),
    );
    expect(answers.filter(({ success }) => !success)).toEqual([]);
    await listener.next(({ type, payload }) => type === "new_message" && payload.offset === 50);
    expect(listener.messages("tea").map(({ content }) => Number(content))).toEqual([...Array(50).keys()]);
    expect(far.events.filter((event) => event === "redis_down")).toHaveLength(2);
    await Promise.all([listener, speaker].map((client) => client.close()));
  },
});

Deno.test({
  name:
    "[threat E3] Redis not there at the start: the process is up, says degraded, and works once it is there",
  ignore,
  async fn() {
    const port = freePort();
    await using server = await Server.start({ env: { REDIS_URL: `redis://127.0.0.1:${port}` } });
    expect((await fetch(`${server.url}/healthz`).then((response) => response.json())).status).toBe("ok");
    const { status, body } = await readiness(server.url);
    expect([status, body.status, body.store, body.backplane]).toEqual([
      503,
      "degraded",
      "unavailable",
      "unavailable",
    ]);
    const json = { "content-type": "application/json" };
    const session = await fetch(`${server.url}/api/session`, { method: "POST", headers: json, body: "{}" });
    expect((await session.json()).code).toBe("store_unavailable");
    await using _redis = await RedisServer.start([], port);
    const startedMs = performance.now();
    while ((await readiness(server.url)).status !== 200);
    expect(performance.now() - startedMs).toBeLessThan(HEALED_WITHIN_MS);
    const client = await RawClient.open(server.ws);
    expect(await client.ask("send_message", { roomId: "tea", content: "x" })).toMatchObject({
      success: true,
    });
    await client.close();
    // an outage is said once, not with each attempt
    expect(server.lines.filter(({ event }) => event === "redis_unreachable")).toHaveLength(2);
  },
});

async function readiness(url: string): Promise<{ status: number; body: Record<string, unknown> }> {
  const response = await fetch(`${url}/readyz`);
  return { status: response.status, body: await response.json() };
}

/** Who is in the room as far as a client was told. */
function usersSeen(events: readonly RunEvent[]): Set<string> {
  const seen = new Set<string>();
  for (const event of events) {
    if (event.ev === "joined" || event.ev === "users") {
      seen.clear();
      for (const user of event.users ?? []) seen.add(user);
    } else if (event.ev === "came") seen.add(event.user);
    else if (event.ev === "went") seen.delete(event.user);
  }
  return seen;
}

function uncaught(events: readonly string[]): string[] {
  return events.filter((event) => event === "uncaught" || event === "internal_error");
}
