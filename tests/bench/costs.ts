/**
 * What things cost one process, in memory and processor time: what docs/scaling.md computes with. The processor time
 * is the relay's own, so a busy machine changes it little; appends a second are of the whole machine.
 *
 *     deno run -A tests/bench/costs.ts
 */
import { kv } from "../../src/stores/kv.ts";
import { redis } from "../../src/stores/redis.ts";
import { sqlite } from "../../src/stores/sqlite.ts";
import type { Store } from "../../src/hub/ports.ts";
import { silent } from "../../src/observability/log.ts";
import { Server } from "../e2e/server.ts";
import { tempFolder } from "../e2e/temp_folder.ts";
import { RedisServer } from "../redis/redis_server.ts";
import { up } from "../redis/up.ts";

const ENV = { STORE: "memory", RATE_LIMIT: "0", RATE_LIMIT_PER_USER: "0", LOG_LEVEL: "info" };
const TICKS_A_SECOND = 100;

const say = (name: string, value: string) =>
  Deno.stdout.writeSync(new TextEncoder().encode(`${name.padEnd(58)} ${value}\n`));

/** Processor seconds of a process so far. */
function processorSeconds(pid: number): number {
  const fields = Deno.readTextFileSync(`/proc/${pid}/stat`).split(") ")[1]!.split(" ");
  return (Number(fields[11]) + Number(fields[12])) / TICKS_A_SECOND;
}

function residentBytes(pid: number): number {
  return Number(Deno.readTextFileSync(`/proc/${pid}/statm`).split(" ")[1]) * 4096;
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** A member that only counts. */
class Member {
  heard = 0;
  readonly joined: Promise<void>;
  readonly #socket: WebSocket;

  constructor(ws: string, room: string) {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.joined = promise;
    this.#socket = new WebSocket(ws, ["denbun.json.batch"]);
    this.#socket.onmessage = ({ data }: MessageEvent<string>) => {
      if (data.includes('"welcome"')) this.send("join_room", { roomId: room });
      if (data.includes('"ack"')) resolve();
      this.heard += data.split('"type":"new_message"').length - 1;
    };
  }

  send(type: string, payload: object): void {
    this.#socket.send(JSON.stringify({ type, payload, messageId: crypto.randomUUID() }));
  }

  close(): void {
    this.#socket.close();
  }
}

async function gather(server: Server, count: number, perRoom: number): Promise<Member[]> {
  const members: Member[] = [];
  while (members.length < count) {
    const some = Array.from(
      { length: Math.min(200, count - members.length) },
      (_, n) => new Member(server.ws, `room-${Math.floor((members.length + n) / perRoom)}`),
    );
    await Promise.all(some.map(({ joined }) => joined));
    members.push(...some);
  }
  return members;
}

async function idle(count: number, perRoom: number): Promise<void> {
  await using server = await Server.start({ env: ENV });
  // what a first connection loads is not counted
  for (const member of await gather(server, 50, perRoom)) member.close();
  await pause(1000);
  const before = residentBytes(server.pid);
  const members = await gather(server, count, perRoom);
  await pause(2000);
  const each = (residentBytes(server.pid) - before) / count;
  const from = processorSeconds(server.pid);
  await pause(10_000);
  const idleSeconds = processorSeconds(server.pid) - from;
  say(`memory of a connection, ${count} in rooms of ${perRoom}`, `${(each / 1000).toFixed(1)} kB`);
  say(
    `processor of a connection that says nothing`,
    `${(idleSeconds / 10 / count * 1e6).toFixed(2)} µs a second`,
  );
  for (const member of members) member.close();
}

/** `rate` messages a second in each room for some seconds. */
async function deliveries(rooms: number, perRoom: number, rate: number, seconds = 6): Promise<void> {
  await using server = await Server.start({ env: ENV });
  const members = await gather(server, rooms * perRoom, perRoom);
  const content = "x".repeat(200);
  const everyMs = Math.max(20, 1000 / rate);
  const from = processorSeconds(server.pid);
  const endMs = performance.now() + seconds * 1000;
  let [owed, sent] = [0, 0];
  while (performance.now() < endMs) {
    for (owed += rate * everyMs / 1000; owed >= 1; owed--) {
      for (let room = 0; room < rooms; room++) {
        members[room * perRoom]!.send("send_message", { roomId: `room-${room}`, content });
        sent++;
      }
    }
    await pause(everyMs);
  }
  const wanted = sent * perRoom;
  const heard = () => members.reduce((sum, member) => sum + member.heard, 0);
  while (heard() < wanted) await pause(50);
  const spent = processorSeconds(server.pid) - from;
  say(
    `a delivery, ${rooms} rooms of ${perRoom}, ${rate} messages a second each`,
    `${(spent / wanted * 1e6).toFixed(2)} µs (${Math.round(wanted / spent)} a processor second)`,
  );
  for (const member of members) member.close();
}

async function appends(name: string, store: Store, callers: number, seconds = 4): Promise<void> {
  const endMs = performance.now() + seconds * 1000;
  let count = 0;
  const took: number[] = [];
  await Promise.all(Array.from({ length: callers }, async (_, caller) => {
    while (performance.now() < endMs) {
      const id = crypto.randomUUID();
      const fromMs = performance.now();
      await store.append({
        roomId: `room-${caller % 10}`,
        id,
        type: "new_message",
        userId: "u",
        userName: "U",
        messageId: id,
        timestampMs: Date.now(),
        body: JSON.stringify({ content: "x".repeat(200), replyTo: null }),
      });
      took.push(performance.now() - fromMs);
      count++;
    }
  }));
  const p99 = took.sort((a, b) => a - b)[Math.floor(took.length * 0.99)]!;
  say(
    `${name}, ${callers} at once`,
    `${Math.round(count / seconds)} appends a second, p99 ${p99.toFixed(1)} ms`,
  );
}

await idle(3000, 10);
await idle(3000, 1000);
await deliveries(1, 1000, 5);
await deliveries(1, 1000, 100);
await deliveries(100, 10, 5);
await deliveries(100, 10, 50);

await using folder = await tempFolder();
await using server = await RedisServer.start();
const stores: [string, () => Promise<Store>][] = [
  ["SQLite", () => Promise.resolve(sqlite(`${folder.path}/costs.db`))],
  ["Redis, appendfsync always", () => up(redis(server.url, { logger: silent }))],
  ["Deno KV in a file", () => Promise.resolve(kv({ open: () => Deno.openKv(`${folder.path}/costs.kv`) }))],
];
for (const [name, open] of stores) {
  const store = await open();
  for (const callers of [1, 100, 1000]) await appends(name, store, callers);
  await store.close();
}
