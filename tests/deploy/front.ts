import { freePort } from "../e2e/server.ts";
import { tempFolder } from "../e2e/temp_folder.ts";

const NGINX = new URL("../../deploy/nginx/", import.meta.url);
const CADDYFILE = new URL("../../deploy/Caddyfile", import.meta.url);

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

/** The same of `deploy/Caddyfile`, without a certificate. */
async function caddyConfig(folder: string, { ports, port }: Omit<FrontOptions, "upstream">): Promise<string> {
  const [first, second] = ports;
  const moved = (await Deno.readTextFile(CADDYFILE))
    .replace("127.0.0.1:8001", `127.0.0.1:${first}`)
    .replace("127.0.0.1:8002", `127.0.0.1:${second}`)
    .replace("{$DENBUN_SITE:localhost}", `http://127.0.0.1:${port}`);
  const path = `${folder}/Caddyfile`;
  await Deno.writeTextFile(path, `{\n\tadmin off\n}\n${moved}`);
  return path;
}

/** Debian's nginx or Caddy with the project's own configuration, before two relays. Ends with `await using`. */
export class Front implements AsyncDisposable {
  readonly port: number;
  readonly #folder: AsyncDisposable & { readonly path: string };
  readonly #process: Deno.ChildProcess;

  private constructor(
    port: number,
    folder: AsyncDisposable & { readonly path: string },
    command: string,
    args: readonly string[],
  ) {
    this.port = port;
    this.#folder = folder;
    const env = { XDG_DATA_HOME: folder.path, XDG_CONFIG_HOME: folder.path };
    this.#process = new Deno.Command(command, { args: [...args], env, stdout: "null", stderr: "null" })
      .spawn();
  }

  /** `upstream`: one of `deploy/nginx`, or `caddy` */
  static async start(upstream: string, ports: readonly [number, number]): Promise<Front> {
    const folder = await tempFolder();
    const { path } = folder;
    const port = freePort();
    const front = upstream === "caddy"
      ? new Front(port, folder, "caddy", ["run", "--config", await caddyConfig(path, { ports, port })])
      : new Front(port, folder, "nginx", [
        ...["-p", path, "-c", await frontConfig(path, { upstream, ports, port })],
        ...["-e", `${path}/error.log`],
      ]);
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
    let ended = false;
    this.#process.status.then(() => ended = true);
    while (!ended) {
      try {
        using _connection = await Deno.connect({ hostname: "127.0.0.1", port: this.port });
        return;
      } catch {
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    }
    throw new Error("the proxy ended before it listened");
  }
}
