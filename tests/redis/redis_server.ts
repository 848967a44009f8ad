import { freePort } from "../e2e/server.ts";
import { tempFolder } from "../e2e/temp_folder.ts";

/** Where a server runs that is not simply on this machine. */
export interface Place {
  /** what its commands begin with, as `nsenter …` */
  readonly enter: readonly string[];
  /** the address it is reached at */
  readonly host: string;
}

const HERE: Place = { enter: [], host: "127.0.0.1" };

/** A real redis-server in a folder of its own. */
export class RedisServer implements AsyncDisposable {
  readonly port: number;
  readonly #folder: AsyncDisposable & { readonly path: string };
  readonly #args: readonly string[];
  readonly #place: Place;
  #child: Deno.ChildProcess;

  private constructor(
    port: number,
    folder: AsyncDisposable & { readonly path: string },
    args: readonly string[],
    place: Place,
  ) {
    this.port = port;
    this.#place = place;
    this.#folder = folder;
    this.#args = args;
    this.#child = this.#spawn();
  }

  /** Starts one and waits until it answers. It syncs its disk before each answer, unless told otherwise. */
  static async start(
    args: readonly string[] = ["--appendonly", "yes", "--appendfsync", "always"],
    port: number = freePort(),
    place: Place = HERE,
  ): Promise<RedisServer> {
    const server = new RedisServer(port, await tempFolder(), args, place);
    await server.answering();
    return server;
  }

  get url(): string {
    return this.at(this.#place.host);
  }

  /** Its URL at another of its addresses. */
  at(host: string): string {
    return `redis://${host}:${this.port}`;
  }

  get folder(): string {
    return this.#folder.path;
  }

  signal(signal: Deno.Signal): void {
    this.#child.kill(signal);
  }

  /** Ends it with a signal and waits until it is gone. */
  async kill(signal: Deno.Signal = "SIGKILL"): Promise<void> {
    this.signal(signal);
    await this.#child.status;
  }

  /** Starts it again on the same port and folder. */
  async restart(): Promise<void> {
    this.#child = this.#spawn();
    await this.answering();
  }

  /** Forgets all it wrote; to be used between `kill` and `restart`. */
  async empty(): Promise<void> {
    for await (const { name } of Deno.readDir(this.folder)) {
      await Deno.remove(`${this.folder}/${name}`, { recursive: true });
    }
  }

  /** What redis-cli says to a command. */
  async cli(...args: string[]): Promise<string> {
    const { stdout } = await this.#command("redis-cli", ["-p", String(this.port), ...args]).output();
    return new TextDecoder().decode(stdout).trim();
  }

  /** Resolves when it answers: when it has read its disk. */
  async answering(): Promise<void> {
    while (!/^(PONG|NOAUTH)/.test(await this.cli("PING"))) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.signal("SIGCONT");
      this.signal("SIGKILL");
    } catch {
      // it is gone already
    }
    await this.#child.status;
    await this.#folder[Symbol.asyncDispose]();
  }

  #spawn(): Deno.ChildProcess {
    const bind = this.#place === HERE ? ["127.0.0.1"] : ["0.0.0.0", "--protected-mode", "no"];
    const args = ["--port", String(this.port), "--bind", ...bind, "--dir", this.folder, "--save", ""];
    args.push("--loglevel", "warning", "--repl-diskless-sync-delay", "0", ...this.#args);
    return this.#command("redis-server", args, "null").spawn();
  }

  #command(name: string, args: readonly string[], stdout: "null" | "piped" = "piped"): Deno.Command {
    const [command, ...rest] = [...this.#place.enter, name, ...args];
    return new Deno.Command(command!, { args: rest, stdout, stderr: "null" });
  }
}
