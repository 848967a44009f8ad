import { expect } from "@std/expect";
import { RawClient } from "../e2e/raw_client.ts";
import { Server } from "../e2e/server.ts";
import { tempFolder } from "../e2e/temp_folder.ts";
import { RawSocket } from "../harness/raw_socket.ts";
import { until } from "./until.ts";
import { WireClient } from "./wire_client.ts";

const MIB = 1024 * 1024;
const ROOM_MIB = 128;

function rssMib(pid: number): number {
  const status = Deno.readTextFileSync(`/proc/${pid}/status`);
  return Number(/VmRSS:\s+(\d+)/.exec(status)![1]) / 1024;
}

/** A fragment of 1 MiB of a text that never ends, masked with zeros. */
function fragment(first: boolean): Uint8Array<ArrayBuffer> {
  const frame = new Uint8Array(14 + MIB).fill(0x61);
  frame.set([first ? 0x01 : 0x00, 0x80 | 127]);
  new DataView(frame.buffer).setBigUint64(2, BigInt(MIB));
  frame.fill(0, 10, 14);
  return frame;
}

/** Sends so many fragments of one message, unless the server ends it, or it is enough. Returns how many left. */
async function attack(
  port: number,
  count: number,
  everyMs: number,
  isEnough = () => false,
): Promise<number> {
  const { socket } = await RawSocket.shake(port);
  using _ = socket;
  for (let n = 0; n < count; n++) {
    if (isEnough()) return n;
    try {
      await socket.write(fragment(n === 0));
    } catch {
      return n;
    }
    if (everyMs > 0) await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
  return count;
}

Deno.test("[H0] [threat C2] a message of ever more fragments ends with its isolate, gives its memory back, and the others go on", async () => {
  await using folder = await tempFolder();
  const env = { DATA_DIR: folder.path, WORKERS: "2", RATE_LIMIT: "0", RATE_LIMIT_PER_USER: "0" };
  let limitMib: number;
  {
    // the control: without a limit all of it is kept
    await using server = await Server.start({ env });
    limitMib = Math.round(rssMib(server.pid)) + ROOM_MIB;
    expect(await attack(server.port, 2 * ROOM_MIB, 0)).toBe(2 * ROOM_MIB);
    expect(rssMib(server.pid)).toBeGreaterThan(limitMib);
  }
  const options = { env: { ...env, MAX_MEMORY_MB: String(limitMib) }, provokesErrors: true };
  await using server = await Server.start(options);
  const victims = Array.from({ length: 8 }, (_, n) => new WireClient(server.ws, `v${n}`, ["tea"]));
  await until("all are in", () => victims.every((victim) => victim.isIn));
  const before = victims.map(({ nodeId }) => nodeId);
  const talk = setInterval(() => victims.forEach((victim, n) => victim.send("tea", `${n}`)), 50);
  const sent = await attack(server.port, 30 * ROOM_MIB, 3);
  expect(sent).toBeLessThan(30 * ROOM_MIB);
  await until("the attacked isolate is replaced", () => server.lines.some(({ cause }) => cause === "memory"));
  const ended = server.lines.find(({ cause }) => cause === "memory")!.nodeId;
  await until("all are in again", () => victims.every((one) => one.isIn && one.nodeId !== ended));
  clearInterval(talk);
  await until("everything is answered", () => victims.every((victim) => victim.unanswered === 0));
  // who was elsewhere noticed nothing
  expect(
    victims.map(({ nodeId }) => nodeId).filter((nodeId, n) => before[n] !== ended && nodeId !== before[n]),
  )
    .toEqual([]);
  await until("the memory is given back", () => rssMib(server.pid) < limitMib);
  await Promise.all(victims.map((victim) => victim.close()));
});

Deno.test("[H0] [threat C2] a process of one isolate drains, and ends with 71 to be started again", async () => {
  await using folder = await tempFolder();
  const env = { DATA_DIR: folder.path, MAX_MEMORY_MB: "256" };
  await using server = await Server.start({ env, provokesErrors: true });
  const victim = await RawClient.open(server.ws);
  const saying = victim.ask("send_message", { roomId: "tea", content: "kept" });
  const talk = setInterval(() => victim.send("ping", {}), 100);
  let isEnding = false;
  const attacking = attack(server.port, 30 * ROOM_MIB, 3, () => isEnding);
  await victim.next(({ type }) => type === "drain");
  // what has to be shown is shown; a busy machine is to have the time for the rest
  isEnding = true;
  clearInterval(talk);
  expect((await victim.closed).code).toBe(1012);
  expect((await server.gone()).code).toBe(71);
  expect(await saying).toMatchObject({ success: true });
  expect(await attacking).toBeLessThan(30 * ROOM_MIB);
});
