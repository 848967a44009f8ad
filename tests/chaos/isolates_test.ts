import { expect } from "@std/expect";
import { Server } from "../e2e/server.ts";
import { tempFolder } from "../e2e/temp_folder.ts";
import { parseExposition, valueIn } from "../observability/exposition.ts";
import { judge } from "./judge.ts";
import { until } from "./until.ts";
import { WireClient } from "./wire_client.ts";

/** More than a machine that is busy with other things makes an isolate wait. */
const STALL_MS = 2500;
/** Longer than the supervisor has patience, and no endless loop yet. */
const STALL_FOR_MS = 5500;

for (const how of ["throw", "stall"] as const) {
  Deno.test(`[I1–I5] an isolate that dies by a ${how} under load is replaced; its siblings serve on, nothing is lost`, async () => {
    await using folder = await tempFolder();
    await using server = await Server.start({
      main: "tests/chaos/fragile_main.ts",
      provokesErrors: true,
      env: {
        DATA_DIR: folder.path,
        WORKERS: "2",
        WORKER_STALL_MS: String(STALL_MS),
        RATE_LIMIT: "0",
        RATE_LIMIT_PER_USER: "0",
        FRAGILE_HOW: how,
        FRAGILE_FOR_MS: String(STALL_FOR_MS),
      },
    });
    const line = (event: string) => server.lines.find((one) => one.event === event);
    const clients = Array.from({ length: 16 }, (_, n) => new WireClient(server.ws, `c${n}`, ["lobby"]));
    await until("all are in", () => clients.every((client) => client.isIn));
    await until("both isolates serve", () => new Set(clients.map(({ nodeId }) => nodeId)).size === 2);
    let sent = 0;
    const load = setInterval(() => {
      for (const client of clients) client.send("lobby", `message ${++sent}`);
    }, 20);
    await until("messages flow", () => clients.every((client) => client.position("lobby") > 100));

    const homes = clients.map(({ nodeId }) => nodeId);
    Deno.kill(server.pid, "SIGUSR2");
    await until("it is replaced", () => line("isolate_died") !== undefined);
    const victim = line("victim")!.nodeId;
    const cause = how === "throw" ? "error" : "stall";
    expect(line("isolate_died")).toMatchObject({ nodeId: victim, cause, level: "error" });
    const victims = clients.filter((_, n) => homes[n] === victim);
    const siblings = clients.filter((_, n) => homes[n] !== victim);
    // what a loop holds is free once it ends
    if (how === "stall") await until("its loop has ended", () => line("isolate_released") !== undefined);
    const backMs = await until(
      "its members are back",
      () => victims.every((one) => one.isIn && one.nodeId !== victim),
    );
    expect(backMs).toBeLessThan(2000);
    await until("messages flow on", () => clients.every((client) => client.position("lobby") > 400));
    clearInterval(load);
    expect((await judge(server.ws, clients)).stored).toBe(sent);
    // whoever was at the other isolate noticed nothing
    expect(siblings.length).toBeGreaterThan(0);
    for (const { events } of siblings) expect(events.filter(({ ev }) => ev === "close")).toEqual([]);

    // what the dead one had counted is still there, and so is its death
    let metrics = await scrape(server.url);
    const counted = (name: string, labels?: Record<string, string>) =>
      valueIn(metrics, `denbun_${name}`, labels);
    // the new one may still be loading
    while (counted("isolates") !== 2) metrics = await scrape(server.url);
    expect(counted("isolates_replaced_total", { cause })).toBe(1);
    expect(counted("uncaught_total")).toBe(how === "throw" ? 1 : 0);
    expect(counted("hints_total", { direction: "out" })).toBeGreaterThan(sent / 100);
    expect(line("isolate_stuck")).toBeUndefined();

    await Promise.all(clients.map((client) => client.close()));
    expect((await server.kill("SIGTERM")).code).toBe(0);
  });
}

async function scrape(url: string): Promise<ReturnType<typeof parseExposition>> {
  return parseExposition(await (await fetch(`${url}/metrics`)).text());
}
