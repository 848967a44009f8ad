import { expect } from "@std/expect";
import { readConfig } from "../../src/config.ts";
import { permissionFlags, readable } from "../../src/process/permissions.ts";
import { Server } from "../e2e/server.ts";
import { tempFolder } from "../e2e/temp_folder.ts";

const ROOT = new URL("../../", import.meta.url);
const { tasks } = JSON.parse(await Deno.readTextFile(new URL("deno.json", ROOT)));
const start: string = tasks.start.command;

/** What each of these may do that a relay has no business with. */
const TRESPASS = `
const attempts = {
  "read a file": () => Deno.readTextFile("/etc/passwd"),
  "read beside its folders": () => Deno.readTextFile("deno.json"),
  "write a file": () => Deno.writeTextFile("static/dist/chat.html", "mine"),
  "write beside its folders": () => Deno.writeTextFile("stolen.txt", "x"),
  "run a program": () => new Deno.Command("true").output(),
  "load a library": () => Deno.dlopen("/lib/x86_64-linux-gnu/libc.so.6", {}),
  "ask for cloud secrets": () => fetch("http://169.254.169.254/", { signal: AbortSignal.timeout(50) }),
  "call out": () => Deno.connect({ hostname: "192.0.2.1", port: 443, signal: AbortSignal.timeout(50) }),
  "read another variable": () => Deno.env.get("HOME"),
  "list all variables": () => Deno.env.toObject(),
  "ask about the system": () => Deno.hostname(),
};
const done = {};
for (const [name, attempt] of Object.entries(attempts)) {
  try { await attempt(); done[name] = "done"; } catch (error) { done[name] = error.name; }
}
console.log(JSON.stringify(done));
`;

async function trespass(flags: readonly string[]): Promise<Record<string, string>> {
  await using folder = await tempFolder();
  const script = `${folder.path}/trespass.ts`;
  await Deno.writeTextFile(script, TRESPASS);
  const args = ["run", "--no-config", "--no-lock", ...flags, script];
  // away from the tree: the control does what it can
  await Deno.mkdir(`${folder.path}/static/dist`, { recursive: true });
  await Deno.writeTextFile(`${folder.path}/deno.json`, "{}");
  const { stdout } = await new Deno.Command(Deno.execPath(), { args, cwd: folder.path }).output();
  return JSON.parse(new TextDecoder().decode(stdout));
}

Deno.test("[threat E4] a relay may do nothing but its work", async () => {
  const done = await trespass(permissionFlags(readConfig({})));
  expect(Object.values(done).filter((name) => name !== "NotCapable")).toEqual([]);
  expect(Object.keys(done).length).toBe(11);
});

Deno.test("[threat E4] the control: with all permissions most of it works, and nothing is refused", async () => {
  const done = await trespass(["-A"]);
  expect(Object.values(done)).not.toContain("NotCapable");
  expect(Object.values(done).filter((name) => name === "done").length).toBeGreaterThan(5);
});

Deno.test("[threat E4] deno task start runs with these permissions, and with no others", () => {
  expect(start).toBe(
    "deno run --frozen --v8-flags=--max-semi-space-size=8 $(deno run --frozen --allow-env src/process/permissions.ts) main.ts --all-cores",
  );
});

Deno.test("permissions follow the configuration: address, key server and folder", () => {
  const flags = (environment: Record<string, string>) => permissionFlags(readConfig(environment));
  expect(flags({})).toEqual([
    "--no-prompt",
    `--allow-env=${readable.join(",")}`,
    "--allow-net=0.0.0.0:8000",
    "--allow-read=src,static/dist,./data",
    "--allow-write=./data",
  ]);
  const own = flags({
    HOST: "::1",
    PORT: "9000",
    DATA_DIR: "/srv/denbun",
    JWT_JWKS_URL: "https://id.example/.well-known/jwks.json",
  });
  expect(own.slice(2)).toEqual([
    "--allow-net=[::1]:9000,id.example:443",
    "--allow-read=src,static/dist,/srv/denbun",
    "--allow-write=/srv/denbun",
  ]);
  const shared = flags({
    REDIS_URL: "rediss://user:secret@redis.example/1",
    JWT_JWKS_URL: "https://id.example/keys",
  });
  expect(shared.slice(2)).toEqual([
    "--allow-net=0.0.0.0:8000,id.example:443,redis.example:6379",
    "--allow-read=src,static/dist",
  ]);
  expect(() => flags({ DATA_DIR: "/srv/my data" })).toThrow("spaces or commas");
  expect(() => flags({ DATA_DIR: "/,/etc" })).toThrow("spaces or commas");
});

Deno.test("[threat E4] a relay of several isolates works with no more than these permissions", async () => {
  await using folder = await tempFolder();
  await using server = await Server.start({
    env: { WORKERS: "2", DATA_DIR: folder.path },
    permissions: (env) => permissionFlags(readConfig(env)),
  });
  const ready = await fetch(`${server.url}/readyz`);
  expect(await ready.json()).toMatchObject({ status: "ok", store: "ok" });
  const page = await fetch(`${server.url}/`);
  expect([200, 404]).toContain(page.status);
  await page.body?.cancel();
  const session = await fetch(`${server.url}/api/session`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: "{}",
  });
  expect(session.status).toBe(200);
  await session.body?.cancel();
  const metrics = await fetch(`${server.url}/metrics`);
  expect(await metrics.text()).toContain("denbun_");
  expect(server.lines.filter(({ level }) => level === "error")).toEqual([]);
});
