import { expect } from "@std/expect";
import { RawClient } from "../e2e/raw_client.ts";
import { Server } from "../e2e/server.ts";
import { tempFolder } from "../e2e/temp_folder.ts";

const STALL_MS = 500;

Deno.test("[F16] a process that was stopped for longer than an isolate may be silent goes on with the same isolates", async () => {
  await using folder = await tempFolder();
  const env = { DATA_DIR: folder.path, WORKERS: "2", WORKER_STALL_MS: String(STALL_MS) };
  await using server = await Server.start({ env });
  const clients = await Promise.all(Array.from({ length: 8 }, () => RawClient.open(server.ws)));
  for (const client of clients) await client.ask("join_room", { roomId: "tea" });
  for (let round = 0; round < 2; round++) {
    Deno.kill(server.pid, "SIGSTOP");
    // the pause itself is what is tested
    await new Promise((resolve) => setTimeout(resolve, 3 * STALL_MS));
    Deno.kill(server.pid, "SIGCONT");
    const sent = await Promise.all(
      clients.map((client, n) => client.ask("send_message", { roomId: "tea", content: `${round} ${n}` })),
    );
    const top = Math.max(...sent.map(({ offset }) => offset));
    for (const client of clients) {
      await client.next(({ type, payload }) => type === "new_message" && payload.offset === top);
    }
  }
  const metrics = await (await fetch(`${server.url}/metrics`)).text();
  expect(metrics).toMatch(/^denbun_isolates_replaced_total\{cause="stall"\} 0$/m);
  await Promise.all(clients.map((client) => client.close()));
});
