import { expect } from "@std/expect";
import { has } from "../e2e/needs.ts";
import { RawClient } from "../e2e/raw_client.ts";
import { Server } from "../e2e/server.ts";
import { tempFolder } from "../e2e/temp_folder.ts";
import { until } from "./until.ts";

/** File descriptors that are left when the attack begins. */
const LEFT = 20;

async function setLimit(pid: number, descriptors: number): Promise<void> {
  const args = ["--pid", String(pid), `--nofile=${descriptors}:${descriptors}`];
  expect((await new Deno.Command("prlimit", { args }).output()).success).toBe(true);
}

/** Connections that say nothing, until there are no more descriptors to take them. */
async function connectIdle(server: Server): Promise<Deno.Conn[]> {
  const idle: Deno.Conn[] = [];
  while (idle.length < 200 && !server.lines.some(({ event }) => event === "listener_failed")) {
    try {
      idle.push(await Deno.connect({ port: server.port, hostname: "127.0.0.1" }));
    } catch {
      // nobody listens at this moment
    }
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  return idle;
}

const ignore = !await has("prlimit", "--version");

for (const workers of ["1", "2"]) {
  const name =
    `[G18] [threat D2] without file descriptors ${workers} isolates keep their sockets, and listen again when there are some`;
  Deno.test({ name, ignore }, async () => {
    await using folder = await tempFolder();
    await using server = await Server.start({ env: { DATA_DIR: folder.path, WORKERS: workers } });
    const { pid } = server;
    const clients = await Promise.all(Array.from({ length: 4 }, () => RawClient.open(server.ws)));
    for (const client of clients) await client.ask("join_room", { roomId: "tea" });
    const used = [...Deno.readDirSync(`/proc/${pid}/fd`)].length;
    await setLimit(pid, used + LEFT);

    const idle = await connectIdle(server);
    await until(
      "the runtime ended a listener",
      () => server.lines.some(({ event }) => event === "listener_failed"),
    );
    for (const client of clients) {
      expect(await client.ask("send_message", { roomId: "tea", content: "still here" })).toMatchObject({
        success: true,
      });
    }

    for (const connection of idle) connection.close();
    const startMs = performance.now();
    let back: RawClient | undefined;
    while (!back) back = await RawClient.open(server.ws).catch(() => undefined);
    expect(performance.now() - startMs).toBeLessThan(2000);
    expect(server.pid).toBe(pid);
    await Promise.all([back, ...clients].map((client) => client.close()));
  });
}
