import { expect } from "@std/expect";
import { readConfig } from "../../src/config.ts";
import { silent } from "../../src/observability/log.ts";
import { isolateMetrics } from "../../src/observability/metrics.ts";
import { supervise } from "../../src/process/supervisor.ts";
import { sqlite } from "../../src/stores/sqlite.ts";
import { freePort } from "../e2e/server.ts";
import { tempFolder } from "../e2e/temp_folder.ts";
import { parseExposition, valueIn } from "../observability/exposition.ts";
import { check } from "../simulation/checker.ts";
import { truthOf } from "./truth.ts";
import { until } from "./until.ts";
import { WireClient } from "./wire_client.ts";

/** More than a machine that is busy with other things makes an isolate wait. */
const STALL_MS = 2500;
/** Longer than the supervisor has patience, and no endless loop yet. */
const STALL_FOR_MS = 5500;

for (const how of ["throw", "stall"] as const) {
  Deno.test(`[I1–I5] an isolate that dies by a ${how} under load is replaced; its siblings serve on, nothing is lost`, async () => {
    await using folder = await tempFolder();
    const store = sqlite(`${folder.path}/denbun.db`);
    const port = freePort();
    const config = readConfig({
      PORT: String(port),
      HOST: "127.0.0.1",
      WORKERS: "2",
      WORKER_STALL_MS: String(STALL_MS),
      RATE_LIMIT: "0",
      RATE_LIMIT_PER_USER: "0",
      LOG_LEVEL: "silent",
    });
    let listening = 0;
    let stuck = 0;
    let released = false;
    const supervisor = supervise({
      config,
      workers: 2,
      storePort: () => store.port(),
      logger: { ...silent, warn: (event) => void (released ||= event === "isolate_released") },
      metrics: isolateMetrics(),
      isolate: new URL("./fragile_isolate.ts", import.meta.url),
      listening: () => listening++,
      stuck: () => stuck++,
    });
    await until("all listen", () => listening > 0, 60_000);
    const ws = `ws://127.0.0.1:${port}/ws`;
    const clients = Array.from({ length: 16 }, (_, n) => new WireClient(ws, `c${n}`, ["lobby"]));
    await until("all are in", () => clients.every((client) => client.isIn));
    await until("both isolates serve", () => new Set(clients.map(({ nodeId }) => nodeId)).size === 2);

    const victim = clients[0]!.nodeId;
    const victims = clients.filter(({ nodeId }) => nodeId === victim);
    const siblings = clients.filter(({ nodeId }) => nodeId !== victim);
    let sent = 0;
    const load = setInterval(() => {
      for (const client of clients) client.send("lobby", `message ${++sent}`);
    }, 20);
    await until("messages flow", () => clients.every((client) => client.position("lobby") > 100));

    using orders = new Orders();
    orders.give({ nodeId: victim, how, forMs: STALL_FOR_MS });
    await until("it is replaced", () => supervisor.replaced === 1);
    // what a loop holds is free once it ends
    if (how === "stall") await until("its loop has ended", () => released);
    const backMs = await until(
      "its members are back",
      () => victims.every((one) => one.isIn && one.nodeId !== victim),
    );
    expect(backMs).toBeLessThan(2000);
    await until("messages flow on", () => clients.every((client) => client.position("lobby") > 400));
    clearInterval(load);
    await until("everything is answered", () => clients.every((client) => client.unanswered === 0));
    const truth = await truthOf(ws, ["lobby"]);
    await until("all have everything", () => clients.every((client) => client.position("lobby") === sent));
    // whoever was at the other isolate noticed nothing
    expect(siblings.length).toBeGreaterThan(0);
    for (const { events } of siblings) expect(events.filter(({ ev }) => ev === "close")).toEqual([]);

    // what the dead one had counted is still there, and so is its death
    const cause = how === "throw" ? "error" : "stall";
    let metrics = await scrape(port);
    const counted = (name: string, labels?: Record<string, string>) =>
      valueIn(metrics, `denbun_${name}`, labels);
    // the new one may still be loading
    while (counted("isolates") !== 2) metrics = await scrape(port);
    expect(counted("isolates_replaced_total", { cause })).toBe(1);
    expect(counted("uncaught_total")).toBe(how === "throw" ? 1 : 0);
    expect(counted("hints_total", { direction: "out" })).toBeGreaterThan(sent / 100);

    const seen = clients.flatMap(({ events }) => events);
    const wants = clients.map((_, n) => ({ ev: "want" as const, client: `c${n}`, room: "lobby" }));
    expect(check([...seen, ...truth, ...wants]).slice(0, 5)).toEqual([]);
    await Promise.all(clients.map((client) => client.close()));
    await supervisor.stop();
    await store.close();
    // a loop that ends is no endless one
    expect(stuck).toBe(0);
  });
}

async function scrape(port: number): Promise<ReturnType<typeof parseExposition>> {
  return parseExposition(await (await fetch(`http://127.0.0.1:${port}/metrics`)).text());
}

/** Tells the fragile isolates what to do. */
class Orders implements Disposable {
  readonly #channel = new BroadcastChannel("denbun-tests-fragile");

  give(order: { readonly nodeId: string; readonly how: "throw" | "stall"; readonly forMs: number }): void {
    this.#channel.postMessage(order);
  }

  [Symbol.dispose](): void {
    this.#channel.close();
  }
}
