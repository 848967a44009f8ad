import { expect } from "@std/expect";
import { has } from "../e2e/needs.ts";
import { RawClient } from "../e2e/raw_client.ts";
import { freePort } from "../e2e/server.ts";
import { RedisServer } from "../redis/redis_server.ts";
import { type Node, node } from "../redis/two_nodes.ts";
import { up } from "../redis/up.ts";
import { judge } from "./judge.ts";
import { type Cut, Network } from "./network.ts";
import { until } from "./until.ts";
import { WireClient } from "./wire_client.ts";

const ignore = !await has("redis-server", "--version") || !await Network.possible();

const CUTS: readonly Cut[] = ["drop", "reject", "lost requests", "lost answers"];
/** How long the ways are cut. */
const CUT_MS = 5000;
/** How long a publisher may wait for its error: a command's patience, and the beat that notices. */
const ANSWERED_WITHIN_MS = 3500;
/** How long after its return everything may take to work again. */
const HEALED_WITHIN_MS = 2000;
const SEND_EVERY_MS = 50;

/** A relay, who writes and reads through it, and one who only asks whether it works. */
interface Side {
  readonly how: Cut | "open";
  readonly relay: Node;
  readonly writer: WireClient;
  readonly reader: WireClient;
  readonly probe: RawClient;
}

Deno.test({
  name:
    `[I1–I6] [F9] four relays lose their Redis for ${CUT_MS} ms, each in another way, and a fifth does not: publishers hear of it, all is healed within ${HEALED_WITHIN_MS} ms, nothing acked is lost`,
  ignore,
  async fn() {
    await using ends = new AsyncDisposableStack();
    const network = ends.use(await Network.open(CUTS.length + 1));
    const place = { enter: network.enter, host: network.address(CUTS.length) };
    const redis = ends.use(
      await RedisServer.start(["--appendonly", "yes", "--appendfsync", "always"], freePort(), place),
    );
    const open = async (how: Side["how"], n: number): Promise<Side> => {
      const relay = ends.use(node(redis.at(network.address(n))));
      await up(relay.store);
      const client = (role: string) => new WireClient(relay.server.wsUrl, `${role}-${n}`, ["tea"]);
      return {
        how,
        relay,
        writer: client("w"),
        reader: client("r"),
        probe: await RawClient.open(relay.server.wsUrl),
      };
    };
    const far = await Promise.all(CUTS.map(open));
    const near = await open("open", CUTS.length);
    const sides = [...far, near];
    const clients = sides.flatMap(({ writer, reader }) => [writer, reader]);
    ends.defer(() =>
      Promise.all([...clients, ...sides.map(({ probe }) => probe)].map((one) => one.close())).then()
    );
    await until("all are in", () => clients.every((client) => client.isIn));

    let sent = 0;
    const load = setInterval(() => {
      for (const { writer } of sides) void writer.send("tea", `message ${++sent}`);
    }, SEND_EVERY_MS);
    ends.defer(() => clearInterval(load));
    await until("messages flow", () => sides.every(({ reader }) => reader.position("tea") > 20));

    const turns = ends.use(new Turns());
    const beganMs = performance.now();
    await Promise.all(far.map(({ how }, n) => network.cut(n, how as Cut)));
    const notes = far.map(({ relay, how }) =>
      relay.store.put("notes", how, "refused").catch(({ code }) => code)
    );
    await Promise.all(far.map((side) => refused(side, turns)));
    expect(await Promise.all(notes)).toEqual(far.map(() => "store_unavailable"));
    const topThen = near.reader.position("tea");
    // the way stays cut for a while: that is what is tested
    await pause(beganMs + CUT_MS - performance.now());
    expect(await network.orphans()).toBeGreaterThan(0);
    // by now it is known, and said at once
    await Promise.all(far.map((side) => refused(side, turns)));
    // the control: whoever is not cut off goes on
    expect(near.reader.position("tea")).toBeGreaterThan(topThen);
    expect((await readiness(near)).status).toBe(200);

    await network.heal();
    await Promise.all(far.map((side) => healed(side, turns)));
    for (const { relay, how } of far) await relay.store.put("notes", how, "stored");
    clearInterval(load);
    await until("everything is answered", () => sides.every(({ writer }) => writer.unanswered === 0));

    // what was refused comes late from the kernel's buffers, and undoes nothing that was stored since
    while (await network.orphans() > 0) await pause(50);
    const kept = await near.relay.store.list("notes");
    expect(kept.map(({ value }) => value)).toEqual(far.map(() => "stored"));

    const { stored, seen } = await judge(near.relay.server.wsUrl, clients);
    expect(stored).toBe(sent);
    // nobody was cut, and nobody was told that something was lost
    expect(seen.filter(({ ev }) => ev === "close" || ev === "reset")).toEqual([]);
    for (const { relay, how } of sides) {
      const bad = relay.events.filter((event) => event === "uncaught" || event === "internal_error");
      expect([how, bad]).toEqual([how, []]);
    }
  },
});

/** A publisher hears of it in time, and so does who asks whether the relay works. */
async function refused({ how, relay, probe }: Side, turns: Turns): Promise<void> {
  const startMs = turns.ms;
  const answer = await probe.ask("send_message", { roomId: "probe", content: "x" });
  const tookMs = Math.round(turns.ms - startMs);
  expect([how, answer.success, answer.error?.code, answer.error?.retryable])
    .toEqual([how, false, "store_unavailable", true]);
  expect([how, tookMs < ANSWERED_WITHIN_MS || tookMs]).toEqual([how, true]);
  const { status, body } = await readiness({ relay });
  expect([how, status, body.status, body.store]).toEqual([how, 503, "degraded", "unavailable"]);
}

async function healed({ how, relay, probe }: Side, turns: Turns): Promise<void> {
  const startMs = turns.ms;
  while (!(await probe.ask("send_message", { roomId: "probe", content: "x" })).success) await pause(10);
  while ((await readiness({ relay })).status !== 200) await pause(10);
  const tookMs = Math.round(turns.ms - startMs);
  expect([how, tookMs < HEALED_WITHIN_MS || tookMs]).toEqual([how, true]);
}

/** Time as far as this process had its turn: all the relays are in it, and other work may keep it from the processor. */
class Turns implements Disposable {
  ms = 0;
  readonly #timer: ReturnType<typeof setInterval>;

  constructor(everyMs = 10) {
    let lastMs = performance.now();
    this.#timer = setInterval(() => {
      const nowMs = performance.now();
      this.ms += Math.min(nowMs - lastMs, 2 * everyMs);
      lastMs = nowMs;
    }, everyMs);
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }
}

async function readiness(
  { relay }: Pick<Side, "relay">,
): Promise<{ status: number; body: Record<string, unknown> }> {
  const response = await fetch(`${relay.server.url}/readyz`);
  return { status: response.status, body: await response.json() };
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, Math.max(0, ms)));
}
