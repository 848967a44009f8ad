import { expect } from "@std/expect";
import { tempFolder } from "../e2e/temp_folder.ts";

const root = new URL("../../", import.meta.url).pathname;

/** Runs the relay until it ends by itself. */
async function start(env: Record<string, string>): Promise<{ code: number; said: string }> {
  const args = ["run", "--frozen", "--no-check", "-A", "main.ts"];
  const ran = new Deno.Command(Deno.execPath(), { args, cwd: root, env, stdout: "null", stderr: "piped" });
  const { code, stderr } = await ran.output();
  return { code, said: new TextDecoder().decode(stderr).trim() };
}

Deno.test("[E4] what keeps a relay from starting is said in one line", async (t) => {
  await using folder = await tempFolder();
  const notAFolder = `${folder.path}/file`;
  await Deno.writeTextFile(notAFolder, "");
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const HOST = "127.0.0.1";
  const PORT = String(listener.addr.port);
  const unused = `${folder.path}/data`;
  const cases: Record<string, { env: Record<string, string>; said: RegExp }> = {
    "a data folder that cannot be made": { env: { DATA_DIR: notAFolder, PORT: "0" }, said: /file/ },
    "a port that is taken": { env: { STORE: "memory", HOST, PORT }, said: /PORT/ },
    "a port that is taken, with isolates": {
      env: { DATA_DIR: unused, WORKERS: "2", HOST, PORT },
      said: /PORT/,
    },
  };
  for (const [name, { env, said }] of Object.entries(cases)) {
    await t.step(name, async () => {
      const end = await start({ LOG_LEVEL: "silent", ...env });
      expect(end.code).toBe(1);
      const lines = end.said.split("\n");
      expect(lines).toHaveLength(1);
      expect(lines[0]).toMatch(/^Cannot start: /);
      expect(lines[0]).toMatch(said);
    });
  }
});
