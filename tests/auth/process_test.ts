import { expect } from "@std/expect";
import { RawClient } from "../e2e/raw_client.ts";
import { Server } from "../e2e/server.ts";
import { tempFolder } from "../e2e/temp_folder.ts";
import { RawSocket } from "../harness/raw_socket.ts";
import { OLD_SECRET, SECRET, signed, tokenFor } from "./tokens.ts";

const KEY = "the-key-of-our-servers-of-more-than-32-bytes";

const ask = (server: Server, route: string, key = KEY) => {
  const [method, path] = route.split(" ");
  return fetch(server.url + path, { method: method!, headers: { authorization: `Bearer ${key}` } })
    .then(async (answer) => (await answer.body?.cancel(), answer.status));
};

/** One client on each isolate, whichever way the kernel spreads them. */
async function onEach(server: Server, isolates: number, token: string): Promise<RawClient[]> {
  const clients = new Map<string, RawClient>();
  for (let n = 0; n < 100 && clients.size < isolates; n++) {
    const client = await RawClient.open(server.ws, ["denbun.json", `bearer.${token}`]);
    const { nodeId } = client.received[0]!.payload;
    if (clients.has(nodeId)) await client.close();
    else clients.set(nodeId, client);
  }
  expect(clients.size).toBe(isolates);
  return [...clients.values()];
}

Deno.test("[threat A11] a revocation reaches every connection on every isolate within 2 s", async () => {
  await using folder = await tempFolder();
  const env = {
    WORKERS: "2",
    DATA_DIR: folder.path,
    JWT_SECRET: SECRET,
    API_KEY: KEY,
    MAX_CONNECTS_PER_IP: "0",
  };
  await using server = await Server.start({ env });
  const token = await tokenFor("anna", { iat: Math.floor(Date.now() / 1000) - 5 });
  const annas = await onEach(server, 2, token);
  const bens = await onEach(server, 2, await tokenFor("ben"));
  for (const client of [...annas, ...bens]) {
    expect(await client.ask("join_room", { roomId: "board" })).toMatchObject({ success: true });
  }

  await Promise.all(["anna", "ben"].map((userId) => ask(server, `PUT /api/rooms/board/members/${userId}`)));
  expect(await ask(server, "DELETE /api/rooms/board/members/anna")).toBe(204);
  for (const anna of annas) {
    expect((await anna.next(({ type }) => type === "reset")).payload).toMatchObject({ reason: "forbidden" });
  }

  const startMs = performance.now();
  expect(await ask(server, "POST /api/users/anna/revoke")).toBe(204);
  expect(await Promise.all(annas.map(async ({ closed }) => (await closed).code))).toEqual([4501, 4501]);
  expect(performance.now() - startMs).toBeLessThan(2000);
  for (let n = 0; n < 4; n++) {
    const { socket, response } = await RawSocket.shake(server.port, { "Authorization": `Bearer ${token}` });
    socket[Symbol.dispose]();
    expect(response.status).toBe(401);
  }

  expect(await ask(server, "POST /api/users/ben/disconnect")).toBe(204);
  expect(await Promise.all(bens.map(async ({ closed }) => (await closed).code))).toEqual([4510, 4510]);
});

Deno.test("[L9] attempts and wrong credentials of an address are counted over all isolates", async () => {
  await using folder = await tempFolder();
  await using server = await Server.start({
    env: {
      WORKERS: "2",
      DATA_DIR: folder.path,
      JWT_SECRET: SECRET,
      TRUSTED_PROXIES: "127.0.0.1",
      MAX_FAILED_LOGINS_PER_IP: "8",
      MAX_CONNECTS_PER_IP: "12",
      MAX_CONNECTIONS_PER_IP: "0",
    },
  });
  const right = await tokenFor("anna");
  // each over a connection of its own, so to whichever isolate
  const status = async (client: string, token: string) => {
    const { socket, response } = await RawSocket.shake(server.port, {
      "Authorization": `Bearer ${token}`,
      "X-Forwarded-For": client,
    });
    socket[Symbol.dispose]();
    return response.status;
  };
  const statuses = async (client: string, token: string) => {
    const counts: Record<number, number> = {};
    for (let n = 0; n < 24; n++) {
      const found = await status(client, token);
      counts[found] = (counts[found] ?? 0) + 1;
    }
    return counts;
  };
  expect(await statuses("203.0.113.1", "wrong")).toEqual({ 401: 8, 429: 16 });
  expect(await statuses("203.0.113.1", right)).toEqual({ 429: 24 });
  expect(await statuses("203.0.113.2", right)).toEqual({ 101: 12, 429: 12 });
});

Deno.test("[threat A9] no credential of any kind stands in what a relay writes, whatever it logs", async () => {
  await using folder = await tempFolder();
  const env = {
    LOG_LEVEL: "debug",
    MESSAGE_LOG: "1",
    DATA_DIR: folder.path,
    JWT_SECRET: `${SECRET},${OLD_SECRET}`,
    API_KEY: KEY,
    GUESTS: "1",
  };
  await using server = await Server.start({ env });
  const token = await tokenFor("anna");
  const wrong = await signed({ sub: "anna", exp: 9e9 }, "a secret that is nobody's, and long enough");
  const secrets: Record<string, string> = { token, wrong, SECRET, OLD_SECRET, KEY };
  const json = { "content-type": "application/json" };

  const issued = await fetch(`${server.url}/api/tickets`, {
    method: "POST",
    headers: { authorization: `Bearer ${token}` },
  });
  secrets.ticket = (await issued.json()).ticket;
  const begun = await fetch(`${server.url}/api/session`, { method: "POST", headers: json, body: "{}" });
  secrets.guest = (await begun.json()).token;

  const client = await RawClient.open(server.ws, ["denbun.json", `bearer.${token}`]);
  await client.ask("authenticate", { token });
  await client.ask("authenticate", { token: wrong });
  await client.ask("join_room", { roomId: "tea" });
  await client.ask("send_message", { roomId: "tea", content: "the body of a message" });
  secrets.body = "the body of a message";
  client.send(`x${token}`, {});
  await client.ask("ping", {});
  await client.close();
  const paths = [
    `/ws?ticket=${secrets.ticket}`,
    `/ws?ticket=${secrets.ticket}`,
    `/ws?token=${token}`,
    `/ws?name=${wrong}`,
    `/api/session?access_token=${token}`,
    `/${token}`,
  ];
  for (const path of paths) {
    const { socket } = await RawSocket.shake(server.port, { "Cookie": `denbun_session=${wrong}` }, path);
    socket[Symbol.dispose]();
  }
  for (const [key, value] of Object.entries(secrets)) {
    if (key !== "body") await ask(server, "POST /api/users/anna/disconnect", value);
  }
  await server.kill("SIGTERM");

  const written = server.output;
  expect(written).toContain("login_refused");
  expect(written).toContain("message_saved");
  for (const [name, secret] of Object.entries(secrets)) {
    // a token's signature is what makes it one
    const telling = name === "body" ? secret : secret.slice(-30);
    expect([name, written.includes(telling)]).toEqual([name, false]);
  }
  // the control: what is looked for would be found
  expect(written.includes(server.lines[0]!.event)).toBe(true);
});

for (
  const [name, env, told] of [
    [
      "a short secret",
      { JWT_SECRET: "hunter2hunter2" },
      "JWT_SECRET=…: Cannot use a JWT secret: it has 14 bytes",
    ],
    [
      "a placeholder",
      { API_KEY: "changeme-changeme-changeme-changeme" },
      "API_KEY=…: Cannot use a server key",
    ],
    [
      "a private key",
      { JWT_PUBLIC_KEY: "-----BEGIN PRIVATE KEY-----" },
      "JWT_PUBLIC_KEY=…: Cannot read a public key",
    ],
  ] as [string, Record<string, string>, string][]
) {
  Deno.test(`[threat E5] with ${name} it does not start, says why, and does not repeat it`, async () => {
    const command = new Deno.Command(Deno.execPath(), {
      args: ["run", "--frozen", "-A", "main.ts"],
      cwd: new URL("../../", import.meta.url),
      env,
    });
    const { code, stdout, stderr } = await command.output();
    const written = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
    expect(code).toBe(2);
    expect(written).toContain(told);
    for (const value of Object.values(env)) expect(written).not.toContain(value);
  });
}

Deno.test("[C3] guest mode is said loudly at the start, and only then", async () => {
  await using folder = await tempFolder();
  const warned = async (env: Record<string, string>) => {
    await using server = await Server.start({ env: { DATA_DIR: folder.path, ...env } });
    await server.kill("SIGTERM");
    return server.lines.some(({ level, event }) => level === "warn" && event === "guest_mode");
  };
  expect(await warned({})).toBe(true);
  expect(await warned({ JWT_SECRET: SECRET })).toBe(false);
  expect(await warned({ JWT_SECRET: SECRET, GUESTS: "1" })).toBe(true);
});

Deno.test("a start that fails ends the process, and with an error", async () => {
  using taken = Deno.listen({ port: 0, hostname: "127.0.0.1" });
  await using folder = await tempFolder();
  for (
    const env of [{ PORT: String(taken.addr.port), DATA_DIR: folder.path }, { DATA_DIR: "/proc/nowhere" }]
  ) {
    const command = new Deno.Command(Deno.execPath(), {
      args: ["run", "--frozen", "-A", "main.ts"],
      cwd: new URL("../../", import.meta.url),
      env: { HOST: "127.0.0.1", WORKERS: "1", ...env },
      stdout: "null",
      stderr: "null",
    });
    expect((await command.output()).code).toBe(1);
  }
});
