import type { Limits } from "../../../src/hub/limits.ts";
import { User } from "./user.ts";

const ROOT = new URL("../../../", import.meta.url);

export interface ChildOptions {
  readonly limits?: Partial<Limits>;
  /** beyond its newest 1,000 messages a room keeps those that are younger */
  readonly retentionHours?: number;
  /** whether the runtime aborts a request's signal also when it was answered, as it does without the flag */
  readonly legacyAbort?: boolean;
}

/** A relay in a process of its own. Ends with `await using`. */
export class Child implements AsyncDisposable {
  readonly url: string;
  readonly #process: Deno.ChildProcess;

  private constructor(process: Deno.ChildProcess, port: number) {
    this.#process = process;
    this.url = `http://127.0.0.1:${port}`;
  }

  static async start(options: ChildOptions = {}): Promise<Child> {
    const { limits = {}, retentionHours = 24, legacyAbort = false } = options;
    const config = legacyAbort ? await configWithout("no-legacy-abort") : undefined;
    const flags = config === undefined ? ["--frozen"] : [`--config=${config}`, "--no-lock"];
    const script = new URL("served.ts", import.meta.url).pathname;
    const process = new Deno.Command(Deno.execPath(), {
      args: ["run", ...flags, "-A", script, JSON.stringify({ limits, retentionHours })],
      cwd: ROOT,
      stdout: "piped",
      // the runtime prints a line for each stream that is cut, and one about the legacy behaviour
      stderr: "null",
    }).spawn();
    const reader = process.stdout.getReader();
    let line = "";
    while (!line.includes("\n")) {
      const { value, done } = await reader.read();
      if (done) throw new Error("the relay ended before it listened");
      line += new TextDecoder().decode(value);
    }
    await reader.cancel();
    if (config !== undefined) await Deno.remove(config);
    return new Child(process, Number(line));
  }

  user(token: string): User {
    return new User(this.url, token);
  }

  get rssBytes(): number {
    const status = Deno.readTextFileSync(`/proc/${this.#process.pid}/status`);
    return Number(/VmRSS:\s+(\d+) kB/.exec(status)![1]) * 1024;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#process.kill("SIGKILL");
    await this.#process.status;
  }
}

/** The project's configuration without one of its unstable flags, in a file that the process reads once. */
async function configWithout(flag: string): Promise<string> {
  const { imports, unstable, compilerOptions } = JSON.parse(
    await Deno.readTextFile(new URL("deno.json", ROOT)),
  );
  const path = await Deno.makeTempFile({ prefix: "denbun-", suffix: ".json" });
  const config = { imports, compilerOptions, unstable: unstable.filter((one: string) => one !== flag) };
  await Deno.writeTextFile(path, JSON.stringify(config));
  return path;
}
