/**
 * Deno Deploy may run an older Deno than ours, and builds with the same. What runs there is tested on one here: its
 * install and build commands, the stores in memory and KV, the backplane over KV, and two whole relays. Its `deno test`
 * does not know all of deno.json, so it is given the part that it does.
 */
import { expect } from "@std/expect";
import { has } from "../e2e/needs.ts";
import { tempFolder } from "../e2e/temp_folder.ts";

const OLDER = "deno@2.5.7";
const ROOT = new URL("../../", import.meta.url);
const TESTS = [
  "tests/stores/memory_test.ts",
  "tests/stores/kv_test.ts",
  "tests/backplanes/kv_test.ts",
  "tests/process/neighbours_test.ts",
  "tests/process/platform_test.ts",
  "tests/e2e/kv_test.ts",
];

const ignore = !await has("npx", "-y", OLDER, "--version");

/** older ones trust a list of their own, behind a proxy that is none */
const ENV = { DENO_TLS_CA_STORE: "system,mozilla", NO_COLOR: "1" };

/** Runs the older one; what it said is in the error when it failed. */
async function older(args: readonly string[], cwd: string | URL): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command("npx", {
    args: ["-y", OLDER, ...args],
    cwd,
    env: ENV,
  }).output();
  const said = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes)).join("\n");
  if (!success) throw new Error(`deno ${args.join(" ")}: ${said}`);
  return said;
}

Deno.test({
  name: "Deno Deploy's install and build commands work on the Deno that its page names",
  ignore,
  async fn() {
    await using folder = await tempFolder();
    const sources = ["deno.json", "deno.lock", "main.ts", "src", "static"].map((name) =>
      new URL(name, ROOT).pathname
    );
    expect((await new Deno.Command("cp", { args: ["-r", ...sources, folder.path] }).output()).success).toBe(
      true,
    );
    // what was built here with ours, if it was, proves nothing
    await Deno.remove(`${folder.path}/static/dist`, { recursive: true }).catch(() => {});
    const { deploy } = JSON.parse(await Deno.readTextFile(new URL("deno.json", ROOT)));
    for (const command of [deploy.install, deploy.build]) {
      const [deno, ...args] = command.split(" ");
      expect(deno).toBe("deno");
      await older(args, folder.path);
    }
    const built = Array.from(Deno.readDirSync(`${folder.path}/static/dist`), ({ name }) => name);
    expect(built).toContain("chat.js");
  },
});

Deno.test({
  name: "what runs on Deno Deploy runs on the Deno that its page names",
  ignore,
  async fn() {
    await using folder = await tempFolder();
    const config = `${folder.path}/deno.json`;
    const { imports, unstable } = JSON.parse(await Deno.readTextFile(new URL("deno.json", ROOT)));
    await Deno.writeTextFile(config, JSON.stringify({ imports, unstable }));
    const options = ["--quiet", "--allow-all", "--no-check", "--no-lock", `--config=${config}`];
    const said = await older(["test", ...options, ...TESTS], ROOT);
    const [, passed, failed] = said.match(/(\d+) passed.*?\| (\d+) failed/) ?? [];
    expect(failed).toBe("0");
    expect(Number(passed)).toBeGreaterThan(80);
  },
});
