import { expect } from "@std/expect";
import { Server } from "../e2e/server.ts";
import { tempFolder } from "../e2e/temp_folder.ts";
import { RawSocket } from "../harness/raw_socket.ts";
import { eventually, sid, User } from "./harness/mod.ts";

async function guest(server: Server, name: string): Promise<User> {
  const headers = { "content-type": "application/json" };
  const body = JSON.stringify({ name });
  const response = await fetch(`${server.url}/api/session`, { method: "POST", headers, body });
  return new User(server.url, (await response.json()).token);
}

async function metric(server: Server, series: string): Promise<number> {
  const text = await (await fetch(`${server.url}/metrics`)).text();
  const line = text.split("\n").find((one) => one.startsWith(`denbun_${series} `));
  return Number(line?.split(" ")[1]);
}

const WAITING = 'connections{transport="polling",codec="json"}';

Deno.test("[T4] a user's four waiting requests are counted over all isolates of the process", async () => {
  await using folder = await tempFolder();
  await using server = await Server.start({ env: { DATA_DIR: folder.path, WORKERS: "2" } });
  const ann = await guest(server, "ann");
  const aborts = Array.from({ length: 4 }, () => new AbortController());
  const waiting = aborts.map(({ signal }) =>
    ann.fetch("/api/rooms/tea/messages/wait", { signal }).then((response) => response.json(), () => "left")
  );
  await eventually(async () => await metric(server, WAITING) === 4, "four wait");
  for (let n = 0; n < 8; n++) {
    // each over a connection of its own, so over whichever isolate
    const response = await ann.fetch("/api/rooms/tea/messages/wait", { headers: { connection: "close" } });
    expect([response.status, (await response.json()).code]).toEqual([429, "limit_exceeded"]);
  }
  aborts[0]!.abort();
  await eventually(async () => await metric(server, WAITING) === 3, "three wait");
  const another = ann.fetch("/api/rooms/tea/messages/wait?timeoutMs=1");
  expect((await (await another).json()).messages).toEqual([]);
  await (await guest(server, "ben")).say("tea", "hi");
  const [left, ...pages] = await Promise.all(waiting);
  expect(left).toBe("left");
  for (const page of pages) expect(page.messages).toHaveLength(1);
});

Deno.test("[T0] a session's name is its user's on every isolate, and over a restart", async () => {
  await using folder = await tempFolder();
  await using server = await Server.start({ env: { DATA_DIR: folder.path, WORKERS: "2" } });
  const [ann, ben] = await Promise.all([guest(server, "ann"), guest(server, "ben")]);
  const name = sid();
  const status = async (user: User) => {
    const headers = { connection: "close", "denbun-session": name };
    const response = await user.fetch("/api/rooms/tea/messages", { headers });
    await response.body?.cancel();
    return response.status;
  };
  const statuses = async () => {
    const found = new Set<string>();
    for (let n = 0; n < 6; n++) found.add(`${await status(ann)} ${await status(ben)}`);
    return [...found];
  };
  expect(await statuses()).toEqual(["200 403"]);
  await server.kill("SIGTERM");
  await server.restart();
  expect(await statuses()).toEqual(["200 403"]);
});

Deno.test("[T1] [T3] a process that is told to stop ends streams and waits in time, also one nobody reads", async () => {
  await using folder = await tempFolder();
  const env = { DATA_DIR: folder.path, RATE_LIMIT: "0", RATE_LIMIT_PER_USER: "0" };
  await using server = await Server.start({ env });
  const ann = await guest(server, "ann");
  await using stream = await ann.stream("rooms=tea");
  await stream.until("joined_room");
  const waiting = ann.fetch("/api/rooms/quiet/messages/wait");
  using stuck = await RawSocket.open(server.port);
  const request =
    `GET /api/events?rooms=tea HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${ann.token}\r\n\r\n`;
  await stuck.write(new TextEncoder().encode(request));
  // what it does not read has to be more than the kernel takes
  const reading = stream.rest();
  const content = "x".repeat(60_000);
  const full = async () => {
    await ann.say("tea", content);
    return await metric(server, "slow_readers") === 1;
  };
  await eventually(full, "nothing more fits into the connection of who does not read");

  const { code } = await server.kill("SIGTERM");
  expect(code).toBe(0);
  expect((await reading).at(-1)?.envelope.type).toBe("drain");
  expect((await (await waiting).json()).messages).toEqual([]);
});
