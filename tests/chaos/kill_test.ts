import { expect } from "@std/expect";
import { Server } from "../e2e/server.ts";
import { tempFolder } from "../e2e/temp_folder.ts";
import { check } from "../simulation/checker.ts";
import type { RunEvent } from "../simulation/events.ts";
import { load } from "./load.ts";
import { truthOf } from "./truth.ts";
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
  await until("everything is answered", () => publishers.every((client) => client.unanswered === 0));
  const truth = await truthOf(server.ws, ROOMS);
  const tops = new Map(
    truth.flatMap((event) => event.ev === "top" ? [[event.room, event.offset] as const] : []),
  );
  await until(
    "all have everything",
    () => subscribers.every((client) => ROOMS.every((room) => client.position(room) === tops.get(room))),
  );
  expect(await uncaught(server.url)).toBe(0);
  const seen = clients.flatMap((client) => client.events);
  await Promise.all(clients.map((client) => client.close()));

  const wants = subscribers.flatMap((_, n) =>
    ROOMS.map((room): RunEvent => ({ ev: "want", client: `s${n}`, room }))
  );
  const events: RunEvent[] = [...seen, ...truth, ...wants];
  expect(check(events).slice(0, 5)).toEqual([]);
  expect([...tops.values()].reduce((sum, top) => sum + top, 0)).toBe(sent);
  // the checker is not blind: with one message taken out of the history it must complain
  const robbed = events.filter((event) =>
    !(event.ev === "log" && event.room === "north" && event.offset === 7)
  );
  expect(check(robbed).length).toBeGreaterThan(0);
});

async function uncaught(url: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  return Number(/^denbun_uncaught_total (\S+)$/m.exec(text)![1]);
}
