import { has } from "../e2e/needs.ts";

/** How a way is cut: `drop` loses all, `lost requests` and `lost answers` one direction, `reject` answers with RST. */
export type Cut = "drop" | "reject" | "lost requests" | "lost answers";

/**
 * A network of its own (a namespace of the kernel's), reached over a pair of virtual cards. What runs in it has several
 * addresses, each of which can be cut off with the kernel's own filter. Gone with all that is in it when it is disposed.
 */
export class Network implements AsyncDisposable {
  readonly #subnet: string;
  /** keeps the namespace */
  readonly #holder: Deno.ChildProcess;

  private constructor(subnet: string, holder: Deno.ChildProcess) {
    this.#subnet = subnet;
    this.#holder = holder;
  }

  /**
   * Whether one can be made here. The right to do so is none that can be installed: where it is missing a line says so,
   * under CI too.
   */
  static async possible(): Promise<boolean> {
    if (!await has("nft", "--version")) return false;
    try {
      await using _network = await Network.open(1);
      return true;
    } catch (error) {
      // deno-lint-ignore no-console -- the line that says so
      console.log(
        `skipped: no network of its own can be made here: ${(error as Error).message.split("\n")[0]}`,
      );
      return false;
    }
  }

  /** Makes one with so many addresses. */
  static async open(addresses: number): Promise<Network> {
    const id = crypto.getRandomValues(new Uint16Array(1))[0]!;
    const holder = new Deno.Command("unshare", {
      args: ["--net", "sleep", "infinity"],
      stdout: "null",
      stderr: "null",
    }).spawn();
    // 198.18.0.0/15 is set aside for tests of networks
    const network = new Network(`198.${18 + (id >> 15)}.${(id >> 7) & 255}`, holder);
    try {
      await network.#connect(`denbun${id}`, addresses);
      return network;
    } catch (error) {
      await network[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** The nth address of what runs in it, from 0. */
  address(n: number): string {
    return `${this.#subnet}.${n + 2}`;
  }

  /** What a command in it begins with. */
  get enter(): readonly string[] {
    return ["nsenter", "--net", "--target", String(this.#holder.pid)];
  }

  /** Cuts the way to its nth address. */
  async cut(n: number, how: Cut): Promise<void> {
    const requests = `add rule inet cut requests ip daddr ${this.address(n)}`;
    const answers = `add rule inet cut answers ip saddr ${this.address(n)}`;
    const rules: Readonly<Record<Cut, readonly string[]>> = {
      "drop": [`${requests} drop`, `${answers} drop`],
      "reject": [`${requests} ip protocol tcp reject with tcp reset`],
      "lost requests": [`${requests} drop`],
      "lost answers": [`${answers} drop`],
    };
    await this.#filter(rules[how]);
  }

  /** Connections to it that were given up here, and whose last words the kernel still tries to bring there. */
  async orphans(): Promise<number> {
    const args = ["-tnH", "state", "fin-wait-1", "dst", `${this.#subnet}.0/25`];
    const { stdout } = await new Deno.Command("ss", { args }).output();
    return new TextDecoder().decode(stdout).split("\n").filter((line) => line !== "").length;
  }

  /** All ways are open again. */
  async heal(): Promise<void> {
    await this.#filter(["flush table inet cut"]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.#holder.kill("SIGKILL");
    } catch {
      // it never lived: it was not allowed to
    }
    await this.#holder.status;
  }

  async #connect(id: string, addresses: number): Promise<void> {
    const [here, there] = [`${id}a`, `${id}b`];
    const pid = String(this.#holder.pid);
    await this.#entered();
    await run("ip", "link", "add", here, "type", "veth", "peer", "name", there, "netns", pid);
    await run("ip", "address", "add", `${this.#subnet}.1/25`, "dev", here);
    await run("ip", "link", "set", here, "up");
    await this.#inside("ip", "link", "set", "lo", "up");
    for (let n = 0; n < addresses; n++) {
      await this.#inside("ip", "address", "add", `${this.address(n)}/25`, "dev", there);
    }
    await this.#inside("ip", "link", "set", there, "up");
    await this.#filter([
      "add table inet cut",
      "add chain inet cut requests { type filter hook input priority 0 ; }",
      "add chain inet cut answers { type filter hook output priority 0 ; }",
    ]);
  }

  /** Resolves when the holder is in a namespace of its own. */
  async #entered(): Promise<void> {
    const namespaceOf = (pid: number | "self") => Deno.readLink(`/proc/${pid}/ns/net`);
    const ours = await namespaceOf("self");
    let ended = false;
    this.#holder.status.then(() => ended = true);
    while (await namespaceOf(this.#holder.pid).catch(() => ours) === ours) {
      if (ended) throw new Error("unshare: not permitted");
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
  }

  async #filter(rules: readonly string[]): Promise<void> {
    for (const rule of rules) {
      await this.#inside("nft", rule);
    }
  }

  async #inside(...command: string[]): Promise<void> {
    await run(...this.enter, ...command);
  }
}

async function run(...[command, ...args]: string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command(command!, { args, stdout: "null" }).output();
  if (!success) throw new Error(`${command}: ${new TextDecoder().decode(stderr).trim()}`);
}
