import { freePort } from "../e2e/server.ts";
import { tempFolder } from "../e2e/temp_folder.ts";

const NGINX = new URL("../../deploy/nginx/", import.meta.url);

export interface FrontOptions {
  /** the upstream of `deploy/nginx` that is taken: `round_robin`, `ip_hash` or `compose` */
  readonly upstream: string;
  /** where the two relays really are */
  readonly ports: readonly [number, number];
  /** where nginx listens */
  readonly port: number;
}

/** Writes the files of `deploy/nginx` as an operator installs them, moved to free ports and a folder of one's own. */
export async function frontConfig(folder: string, { upstream, ports, port }: FrontOptions): Promise<string> {
  const files = await Promise.all(
    [`${upstream}.conf`, "server.conf"].map((name) => Deno.readTextFile(new URL(name, NGINX))),
  );
  const [first, second] = ports;
  const moved = files.join("\n")
    .replaceAll(/(127\.0\.0\.1:8001|relay1:8000)/g, `127.0.0.1:${first}`)
    .replaceAll(/(127\.0\.0\.1:8002|relay2:8000)/g, `127.0.0.1:${second}`)
    .replace("listen 80;", `listen 127.0.0.1:${port};`)
    .replace("/var/log/nginx", folder);
  const temps = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
  const path = `${folder}/nginx.conf`;
  await Deno.writeTextFile(
    path,
    `daemon off;
worker_processes 1;
worker_rlimit_nofile 8192;
pid ${folder}/pid;
error_log ${folder}/error.log;
events { worker_connections 4096; }
http {
  ${temps.map((name) => `${name}_temp_path ${folder}/${name};`).join("\n  ")}
${moved}
}
`,
  );
  return path;
}

/** Debian's nginx with the project's own configuration, before two relays. Ends with `await using`. */
export class Front implements AsyncDisposable {
  readonly port: number;
  readonly #folder: AsyncDisposable & { readonly path: string };
  readonly #process: Deno.ChildProcess;

  private constructor(port: number, folder: AsyncDisposable & { readonly path: string }, config: string) {
    this.port = port;
    this.#folder = folder;
    const args = ["-p", folder.path, "-c", config, "-e", `${folder.path}/error.log`];
    this.#process = new Deno.Command("nginx", { args, stdout: "null", stderr: "inherit" }).spawn();
  }

  static async start(upstream: string, ports: readonly [number, number]): Promise<Front> {
    const folder = await tempFolder();
    const port = freePort();
    const front = new Front(port, folder, await frontConfig(folder.path, { upstream, ports, port }));
    await front.#listening();
    return front;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  get ws(): string {
    return `ws://127.0.0.1:${this.port}/ws`;
  }

  /** What it logged of the requests. */
  get log(): string {
    return Deno.readTextFileSync(`${this.#folder.path}/denbun.log`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#process.kill("SIGTERM");
    await this.#process.status;
    await this.#folder[Symbol.asyncDispose]();
  }

  async #listening(): Promise<void> {
    for (;;) {
      try {
        // deno-lint-ignore no-await-in-loop -- until it listens
        using _connection = await Deno.connect({ hostname: "127.0.0.1", port: this.port });
        return;
      } catch {
        // deno-lint-ignore no-await-in-loop -- see above
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    }
  }
}
