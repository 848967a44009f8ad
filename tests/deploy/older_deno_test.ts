/**
 * Deno Deploy may run an older Deno than ours. What runs there is tested on one here: the stores in memory and KV,
 * the backplane over KV, and two whole relays. Its `deno test` does not know all of deno.json, so it is given the part
 * that it does.
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

Deno.test({
  name: "what runs on Deno Deploy runs on the Deno that its page names",
  ignore: !await has("npx", "-y", OLDER, "--version"),
  async fn() {
    await using folder = await tempFolder();
    const config = `${folder.path}/deno.json`;
    const { imports, unstable } = JSON.parse(await Deno.readTextFile(new URL("deno.json", ROOT)));
    await Deno.writeTextFile(config, JSON.stringify({ imports, unstable }));
    const options = ["--quiet", "--allow-all", "--no-check", "--no-lock", `--config=${config}`];
    const { success, stdout, stderr } = await new Deno.Command("npx", {
      args: ["-y", OLDER, "test", ...options, ...TESTS],
      cwd: ROOT,
      // older ones trust a list of their own, behind a proxy that is none
      env: { DENO_TLS_CA_STORE: "system,mozilla", NO_COLOR: "1" },
    }).output();
    const said = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes)).join("\n");
    const [, passed, failed] = said.match(/(\d+) passed.*?\| (\d+) failed/) ?? [];
    expect({ success, failed, said: success ? "" : said }).toEqual({ success: true, failed: "0", said: "" });
    expect(Number(passed)).toBeGreaterThan(80);
  },
});
