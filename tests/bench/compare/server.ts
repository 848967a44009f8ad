import { type Contender, PEERS } from "./contenders.ts";

/** A contender that runs, in a folder of its own. */
export interface Running extends AsyncDisposable {
  /** seconds of CPU it has used; nothing where the system does not tell */
  cpuS(): number | undefined;
}

/** Clock ticks a second in /proc, on every Linux of today. */
const TICKS = 100;

/** @throws {Error} when it does not listen within 10 s */
export async function start({ command: [program, ...args], env }: Contender, port: number): Promise<Running> {
  const folder = await Deno.makeTempDir({ prefix: "denbun-bench-" });
  const process = new Deno.Command(program!, {
    args,
    cwd: PEERS,
    env: { ...env, PORT: String(port), HOST: "127.0.0.1", DATA_DIR: folder },
    stdout: "null",
    stderr: "null",
  }).spawn();
  await listens(port);
  return {
    cpuS() {
      try {
        const stat = Deno.readTextFileSync(`/proc/${process.pid}/stat`);
        const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
        return (Number(fields[11]) + Number(fields[12])) / TICKS;
      } catch {
        return undefined;
      }
    },
    async [Symbol.asyncDispose]() {
      process.kill("SIGKILL");
      await process.status;
      await Deno.remove(folder, { recursive: true });
    },
  };
}

async function listens(port: number): Promise<void> {
  for (let tries = 0; tries < 100; tries++) {
    try {
      (await Deno.connect({ port, hostname: "127.0.0.1" })).close();
      return;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
  throw new Error(`nothing listens on port ${port}`);
}
