import { TextLineStream } from "./text_line_stream.ts";

export interface Line {
  readonly level: string;
  readonly event: string;
  readonly [field: string]: unknown;
}

/** Lines of errors that nobody caught. */
const UNCAUGHT = ["uncaught", "isolate_died", "isolate_stuck"];
const ROOT = new URL("../../", import.meta.url).pathname;

/** A relay as a user runs it: its own process, its own folder, its log read line by line. */
export class Server {
  readonly port: number;
  readonly lines: Line[] = [];
  /** all that it wrote, whatever it is */
  output = "";
  readonly #env: Record<string, string>;
  readonly #options: ServerOptions;
  #child: Deno.ChildProcess;
  #reading: Promise<void>;

  private constructor(
    child: Deno.ChildProcess,
    port: number,
    options: ServerOptions & { env: Record<string, string> },
  ) {
    this.#child = child;
    this.port = port;
    this.#env = { ...options.env, PORT: String(port) };
    this.#options = options;
    this.#reading = Promise.resolve();
  }

  /** Starts one on a free port and waits until it listens. */
  static async start(options: ServerOptions = {}): Promise<Server> {
    const port = freePort();
    const env = { LOG_LEVEL: "info", HOST: "127.0.0.1", ...options.env, PORT: String(port) };
    const server = new Server(spawn(env, options), port, { ...options, env });
    await server.#listening();
    return server;
  }

  /** The relay's own process, also when a command runs it. */
  get pid(): number {
    const { pid } = this.#child;
    if (!this.#options.wrap) return pid;
    return Number(Deno.readTextFileSync(`/proc/${pid}/task/${pid}/children`).trim().split(" ")[0]);
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  get ws(): string {
    return `ws://127.0.0.1:${this.port}/ws`;
  }

  /** Ends it with a signal and waits until it is gone. */
  async kill(signal: Deno.Signal): Promise<Deno.CommandStatus> {
    Deno.kill(this.pid, signal);
    return await this.gone();
  }

  /** Waits until it has ended. Fails when it met an error nobody caught: each of them is a bug. [G22] */
  async gone(): Promise<Deno.CommandStatus> {
    const status = await this.#child.status;
    await this.#reading;
    const uncaught = this.lines.find(({ event }) => UNCAUGHT.includes(event));
    if (uncaught && !this.#options.provokesErrors) {
      throw new Error(`the server did not catch an error: ${JSON.stringify(uncaught)}`);
    }
    return status;
  }

  /** Starts it again on the same port and folder. */
  async restart(): Promise<void> {
    this.#child = spawn(this.#env, this.#options);
    await this.#listening();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const uncaught = this.#options.provokesErrors ? 0 : await this.#uncaught();
    try {
      Deno.kill(this.pid, "SIGKILL");
    } catch {
      // it is gone already
    }
    await this.gone();
    if (uncaught > 0) throw new Error(`the server did not catch ${uncaught} errors`);
  }

  /** What it counts itself; 0 when it is gone or does not answer: then its log alone has to say it. */
  async #uncaught(): Promise<number> {
    const abort = new AbortController();
    const timer = setTimeout(() => abort.abort(), 1000);
    try {
      const text = await (await fetch(`${this.url}/metrics`, { signal: abort.signal })).text();
      return Number(/^denbun_uncaught_total (\S+)$/m.exec(text)?.[1]);
    } catch {
      return 0;
    } finally {
      clearTimeout(timer);
    }
  }

  #listening(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#reading = this.#read(resolve).finally(() =>
        reject(new Error("the server ended before it listened"))
      );
    });
  }

  async #read(listening: () => void): Promise<void> {
    const lines = this.#child.stdout.pipeThrough(new TextDecoderStream()).pipeThrough(new TextLineStream());
    for await (const text of lines) {
      this.output += `${text}\n`;
      if (!text.startsWith("{")) continue;
      const line = JSON.parse(text) as Line;
      this.lines.push(line);
      if (line.event === "listening") listening();
    }
  }
}

export interface ServerOptions {
  readonly env?: Record<string, string>;
  /** a command that runs the server, as `strace -f` */
  readonly wrap?: readonly string[];
  /** the test makes it meet errors that nobody catches */
  readonly provokesErrors?: boolean;
  /** what runs: `main.ts`, by default */
  readonly main?: string;
  /** the flags it runs with: all permissions, by default */
  readonly permissions?: (env: Record<string, string>) => readonly string[];
}

function spawn(
  env: Record<string, string>,
  { wrap = [], main = "main.ts", permissions = () => ["-A"] }: ServerOptions,
): Deno.ChildProcess {
  const [command, ...args] = [...wrap, Deno.execPath(), "run", "--frozen", ...permissions(env), main];
  return new Deno.Command(command!, { args, cwd: ROOT, env, stdout: "piped", stderr: "inherit" }).spawn();
}

/** A port that was free a moment ago. */
export function freePort(): number {
  using listener = Deno.listen({ port: 0, hostname: "127.0.0.1" });
  return listener.addr.port;
}
