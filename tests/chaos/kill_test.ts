import { expect } from "@std/expect";
import { Server } from "../e2e/server.ts";
import { tempFolder } from "../e2e/temp_folder.ts";
import { judge } from "./judge.ts";
import { load } from "./load.ts";
import { until } from "./until.ts";
import { WireClient } from "./wire_client.ts";

const ROUNDS = 20;
const ROOMS = ["north", "east", "south", "west"];
const PUBLISHERS = 10;
const SUBSCRIBERS = 8;
/** messages a second of all publishers together */
const PER_SECOND = 500;
const LOAD_MS = 500;

Deno.test(`[I1–I6] ${ROUNDS} times kill -9 under ${PER_SECOND} messages/s on two isolates: nothing acked is lost or doubled`, async () => {
  await using folder = await tempFolder();
  const env = {
    DATA_DIR: folder.path,
    WORKERS: "2",
    RATE_LIMIT: "0",
    RATE_LIMIT_PER_USER: "0",
    LOG_LEVEL: "info",
  };
  await using server = await Server.start({ env: { ...env, RETENTION_MESSAGES: "100000" } });
  const publishers = Array.from(
    { length: PUBLISHERS },
    (_, n) => new WireClient(server.ws, `p${n}`, [ROOMS[n % 4]!]),
  );
  const subscribers = Array.from(
    { length: SUBSCRIBERS },
    (_, n) => new WireClient(server.ws, `s${n}`, ROOMS),
  );
  const clients = [...publishers, ...subscribers];
  await until("all are in", () => clients.every((client) => client.isIn));

  let sent = 0;
  for (let round = 0; round < ROUNDS; round++) {
    await load({
      publishers,
      perSecond: PER_SECOND,
      forMs: LOAD_MS,
      roomOf: (n) => ROOMS[n % 4]!,
      text: () => `message ${++sent}`,
    });
    await server.kill("SIGKILL");
    await server.restart();
    await until("all are in again", () => clients.every((client) => client.isIn));
  }
  const { stored } = await judge(server.ws, clients);
  expect(stored).toBe(sent);
  expect(await uncaught(server.url)).toBe(0);
  await Promise.all(clients.map((client) => client.close()));
});

async function uncaught(url: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  return Number(/^denbun_uncaught_total (\S+)$/m.exec(text)![1]);
}
