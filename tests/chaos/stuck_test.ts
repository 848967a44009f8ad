import { expect } from "@std/expect";
import { RawClient } from "../e2e/raw_client.ts";
import { Server } from "../e2e/server.ts";
import { tempFolder } from "../e2e/temp_folder.ts";
import { until } from "./until.ts";

Deno.test("[F18] a loop that never ends: the siblings serve on, are drained, and the process ends with 70", async () => {
  await using folder = await tempFolder();
  const env = { DATA_DIR: folder.path, WORKERS: "2", WORKER_STALL_MS: "1000" };
  await using server = await Server.start({ env, main: "tests/chaos/fragile_main.ts", provokesErrors: true });
  const clients: RawClient[] = [];
  const nodeOf = (client: RawClient) => client.received[0]!.payload.nodeId as string;
  while (new Set(clients.map(nodeOf)).size < 2) clients.push(await RawClient.open(server.ws));
  for (const client of clients) await client.ask("join_room", { roomId: "tea" });

  Deno.kill(server.pid, "SIGUSR2");
  const line = (event: string) => server.lines.find((one) => one.event === event);
  await until("it is replaced", () => line("isolate_died") !== undefined);
  const victim = line("victim")!.nodeId;
  expect(line("isolate_died")).toMatchObject({ nodeId: victim, cause: "stall" });
  expect(line("isolate_stuck")).toBeUndefined();
  const siblings = clients.filter((client) => nodeOf(client) !== victim);
  expect(siblings.length).toBeGreaterThan(0);
  const saved = await Promise.all(
    siblings.map((client, n) => client.ask("send_message", { roomId: "tea", content: `${n}` })),
  );

  expect((await server.gone()).code).toBe(70);
  expect(line("isolate_stuck")).toMatchObject({ level: "error", nodeId: victim });
  for (const sibling of siblings) {
    expect((await sibling.closed).code).toBe(1012);
    expect(sibling.received.at(-1)?.type).toBe("drain");
  }

  // whoever starts it again finds what was acknowledged
  await server.restart();
  const reader = await RawClient.open(server.ws);
  const page = await reader.ask("get_history", { roomId: "tea" });
  expect(page.messages.map(({ payload }: { payload: { offset: number } }) => payload.offset))
    .toEqual(saved.map(({ offset }) => offset).sort((one, other) => one - other));
  await reader.close();
});
