/** What the deployment files name exists, and the programs they are for take them. */
import { expect } from "@std/expect";
import { variables } from "../../src/config.ts";
import { has } from "../e2e/needs.ts";
import { freePort } from "../e2e/server.ts";
import { tempFolder } from "../e2e/temp_folder.ts";
import { frontConfig } from "./front.ts";

const ROOT = new URL("../../", import.meta.url);
const read = (path: string) => Deno.readTextFile(new URL(path, ROOT));
const { tasks, deploy, unstable } = JSON.parse(await read("deno.json"));
const dockerfile = await read("Dockerfile");
const compose = await read("compose.yaml");
const unit = await read("deploy/systemd/denbun@.service");
const all = (text: string, pattern: RegExp) => [...text.matchAll(pattern)].map(([, found]) => found!);

/** Variables of Deno's own that the files set. */
const DENOS = ["DENO_DIR", "DENO_NO_UPDATE_CHECK", "DENO_VERSION"];
const known = (name: string) => variables.includes(name) || DENOS.includes(name);

async function missing(paths: readonly string[]): Promise<string[]> {
  const found = await Promise.all(
    paths.map((path) => Deno.stat(new URL(path, ROOT)).then(() => "", () => path)),
  );
  return found.filter((path) => path !== "");
}

async function run(command: string, ...args: string[]): Promise<{ success: boolean; said: string }> {
  const { success, stdout, stderr } = await new Deno.Command(command, { args }).output();
  const text = new TextDecoder();
  return { success, said: text.decode(stdout) + text.decode(stderr) };
}

Deno.test("deno.json tells Deno Deploy how to build and what to run", async () => {
  expect(deploy.build).toBe("deno task build");
  expect(tasks).toHaveProperty("build");
  expect(await missing([deploy.runtime.entrypoint])).toEqual([]);
  expect(unstable).toContain("kv");
});

Deno.test("deno task serve is start without its build", () => {
  expect(tasks.serve.command).toBe(tasks.start.command);
  expect(tasks.serve).not.toHaveProperty("dependencies");
});

Deno.test("Dockerfile: its paths, tasks, variables and version are the project's, and it is not root", async () => {
  const copied = all(dockerfile, /^COPY --from=build (?:--chown=\S+ )?(.+) \S+$/gm).flatMap((paths) =>
    paths.split(" ")
  );
  const own = copied.filter((path) => path.startsWith("/app/")).map((path) => path.slice(5));
  expect(own).toContain("main.ts");
  // what the build makes is not there before it
  expect(await missing(own.filter((path) => path !== "static/dist"))).toEqual([]);
  expect(await missing(all(dockerfile, /[\s"](\w[\w./]*\.ts)(?=[\s"])/g))).toEqual([]);
  for (const task of [...all(dockerfile, /deno task (\w+)/g), ...all(dockerfile, /"task", "(\w+)"/g)]) {
    expect(tasks).toHaveProperty(task);
  }
  const set = all(dockerfile, /^ENV (.+)$/gm).flatMap((line) => all(line, /([A-Z_]+)=/g));
  expect(set.filter((name) => !known(name))).toEqual([]);
  expect(set).toContain("DATA_DIR");
  expect(all(dockerfile, /^USER (\d+)/gm).map(Number).every((id) => id > 0)).toBe(true);
  expect(dockerfile).toMatch(/^USER /m);
  expect(dockerfile).toMatch(/^HEALTHCHECK /m);
  const [version] = all(dockerfile, /DENO_VERSION=([\d.]+)/g);
  expect(all(await read(".ci/run"), /deno@(2\.9\.\d+)/g)[0]).toBe(version);
  expect(all(await read("README.md"), /deno@([\d.]+)/g)[0]).toBe(version);
});

Deno.test("every module that is loaded as a Worker is in the image's cache, too", async () => {
  const [cached] = all(dockerfile, /--entrypoint ((?:.|\\\n)+?\.ts)\n/g);
  const workers: string[] = [];
  for await (const path of sources("src/")) {
    for (const target of all(await read(path), /new (?:Worker|URL)\((?:\s*new URL\()?\s*"(\.[^"]+\.ts)"/g)) {
      workers.push(new URL(target, new URL(path, ROOT)).pathname.slice(ROOT.pathname.length));
    }
  }
  expect(workers.length).toBeGreaterThan(1);
  expect(workers.filter((path) => !cached!.includes(path))).toEqual([]);
});

Deno.test("the image gets the packages that the relay loads, and no others", async () => {
  await using folder = await tempFolder();
  const paths = ["deno.json", "deno.lock", "main.ts", "src", "deploy"].map((path) =>
    new URL(path, ROOT).pathname
  );
  expect(await run("cp", "-r", ...paths, folder.path)).toEqual({ success: true, said: "" });
  const deno = (...args: string[]) =>
    new Deno.Command(Deno.execPath(), { args, cwd: folder.path, env: { PORT: "none" } }).output();
  const [trim] = all(dockerfile, /^RUN deno (run .+ deploy\/image\.ts)$/gm);
  expect((await deno(...trim!.split(" "))).success).toBe(true);
  const { imports } = JSON.parse(await Deno.readTextFile(`${folder.path}/deno.json`));
  expect(Object.keys(imports)).toEqual(expect.arrayContaining(["hono", "redis", "yjs", "zod"]));
  for (const name of ["@std/expect", "playwright-core", "preact", "typescript"]) {
    expect(imports).not.toHaveProperty(name);
  }
  // what the container does: the lock fits, and everything is found
  const entries = all(dockerfile, /--entrypoint ((?:.|\\\n)+?\.ts)\n/g)[0]!.split(/[\s\\]+/);
  expect((await deno("install", "--entrypoint", ...entries)).success).toBe(true);
  // it loads all of itself before it finds that something is wrong
  const { code, stderr } = await deno("run", "--frozen", "--cached-only", "-A", "main.ts");
  expect([code, new TextDecoder().decode(stderr)]).toEqual([2, expect.stringContaining("PORT")]);
});

async function* sources(folder: string): AsyncGenerator<string> {
  for await (const { name, isDirectory } of Deno.readDir(new URL(folder, ROOT))) {
    if (isDirectory) yield* sources(`${folder}${name}/`);
    else if (name.endsWith(".ts")) yield folder + name;
  }
}

Deno.test("compose.yaml: variables, files and ports are the project's", async () => {
  const [environment] = all(compose, /environment: &\S+\n((?: {4}.+\n)+)/g);
  const set = all(environment!, /^ {4}([A-Z_]+):/gm);
  expect(set).toContain("REDIS_URL");
  expect(set.filter((name) => !known(name))).toEqual([]);
  const mounted = all(compose, /- \.\/(\S+?):\S+/g);
  expect(mounted.length).toBeGreaterThan(1);
  expect(await missing(mounted)).toEqual([]);
  const upstream = await read("deploy/nginx/compose.conf");
  const port = all(dockerfile, /^EXPOSE (\d+)$/gm)[0];
  expect(all(upstream, /server (\w+):\d+/g)).toEqual(all(compose, /^ {2}(relay\d): \*relay$/gm));
  expect(all(upstream, /server \w+:(\d+)/g)).toEqual([port, port]);
  expect(dockerfile).toContain(`PORT=${port}`);
  const [subnet] = all(compose, /subnet: (\S+?) \}/g);
  expect(compose).toContain(`TRUSTED_PROXIES: ${subnet}`);
});

Deno.test("the systemd unit: its variables and its task are the project's", async () => {
  const set = all(unit, /^Environment=(.+)$/gm).flatMap((line) => all(line, /([A-Z_]+)=/g));
  expect(set.filter((name) => !known(name))).toEqual([]);
  const settings = all(await read("deploy/systemd/denbun.env"), /^#?([A-Z_]+)=/gm);
  expect(settings).toContain("REDIS_URL");
  expect(settings.filter((name) => !known(name))).toEqual([]);
  expect(tasks).toHaveProperty(all(unit, /^ExecStart=\S+ task (\w+)$/gm)[0]!);
  expect(unit).toMatch(/^Restart=always$/m);
  // the relay forwards nothing to anybody: a second signal would end it at once
  expect(unit).toMatch(/^KillMode=mixed$/m);
});

Deno.test({
  name: "the systemd unit is one that systemd takes, and is well fenced",
  ignore: !await has("systemd-analyze", "--version"),
  async fn() {
    await using folder = await tempFolder();
    const path = `${folder.path}/denbun@.service`;
    await Deno.writeTextFile(path, unit.replace("/usr/local/bin/deno", Deno.execPath()));
    expect(await run("systemd-analyze", "verify", "--man=no", path)).toEqual({ success: true, said: "" });
    const { said } = await run("systemd-analyze", "security", "--offline=true", "--no-pager", path);
    const [exposure] = all(said, /exposure level for \S+: ([\d.]+)/g);
    expect(Number(exposure)).toBeLessThan(2);
    // the control: it does not take everything
    await Deno.writeTextFile(path, unit.replace("Restart=always", "Restart=perhaps"));
    expect((await run("systemd-analyze", "verify", "--man=no", path)).said).toContain("perhaps");
  },
});

for (const upstream of ["round_robin", "ip_hash", "compose"]) {
  Deno.test({
    name: `nginx takes server.conf with ${upstream}.conf`,
    ignore: !await has("nginx", "-v"),
    async fn() {
      await using folder = await tempFolder();
      const path = await frontConfig(folder.path, { upstream, ports: [8001, 8002], port: freePort() });
      // with max_fails a server that failed once gets one client a fail_timeout, because a WebSocket does not end
      expect(await read(`deploy/nginx/${upstream}.conf`)).not.toMatch(/^ *server (?!.*max_fails=0).*;/m);
      expect(await run("nginx", "-t", "-q", "-p", folder.path, "-c", path, "-e", "stderr"))
        .toEqual({ success: true, said: "" });
    },
  });
}

Deno.test({
  name: "Caddy takes the Caddyfile",
  ignore: !await has("caddy", "version"),
  async fn() {
    const path = new URL("deploy/Caddyfile", ROOT).pathname;
    const { success, said } = await run("caddy", "validate", "--adapter", "caddyfile", "--config", path);
    expect(said).toContain("Valid configuration");
    expect(success).toBe(true);
  },
});
