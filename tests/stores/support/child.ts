import { expect } from "@std/expect";
import type { Store } from "../../../src/hub/ports.ts";

const APPENDER = new URL("./appender.ts", import.meta.url).pathname;

export interface AppenderOptions {
  readonly path: string;
  readonly callers: number;
  readonly count?: number;
  readonly settleAfter?: number;
  /** runs it under strace with these arguments */
  readonly strace?: readonly string[];
  /** another copy of the program */
  readonly program?: string;
}

/** What the program was told. */
export interface Told {
  readonly kind: "ack" | "nack" | "top" | "done";
  readonly offset: number;
  readonly id: string;
}

/** The appending program in a process of its own. */
export class Appender {
  readonly told: Told[] = [];
  readonly #process: Deno.ChildProcess;
  /** the program itself, which strace would outlive */
  #pid = 0;
  readonly #lines: AsyncIterator<string>;

  constructor({ path, callers, count, settleAfter = 100, strace, program = APPENDER }: AppenderOptions) {
    const work = JSON.stringify({ callers, count, settleAfter });
    const deno = [Deno.execPath(), "run", "--no-check", "-A", program, path, work];
    const [command = "", ...args] = strace ? ["strace", "-f", "-e", "signal=none", ...strace, ...deno] : deno;
    this.#process = new Deno.Command(command, { args, stdout: "piped" }).spawn();
    this.#lines = linesOf(this.#process.stdout);
  }

  get acks(): Told[] {
    return this.told.filter(({ kind }) => kind === "ack");
  }

  /** Reads on until it was told so often. */
  async until(kind: Told["kind"], times: number): Promise<void> {
    let count = 0;
    while (count < times) {
      const line = await this.#lines.next();
      if (line.done) throw new Error(`The program ended before ${times} × ${kind}`);
      if (this.#note(line.value) === kind) count++;
    }
  }

  /** Reads what it still says, and waits for its end. */
  async end(): Promise<Deno.CommandStatus> {
    for (let line = await this.#lines.next(); !line.done; line = await this.#lines.next()) {
      this.#note(line.value);
    }
    return await this.#process.status;
  }

  async kill(): Promise<void> {
    Deno.kill(this.#pid, "SIGKILL");
    await this.end();
  }

  #note(line: string): Told["kind"] | "pid" {
    const [kind, first = "", second = ""] = line.split(" ");
    switch (kind) {
      case "pid":
        this.#pid = Number(first);
        return kind;
      case "ack":
      case "top":
        this.told.push({ kind, offset: Number(first), id: second });
        return kind;
      case "nack":
      case "done":
        this.told.push({ kind, offset: 0, id: first });
        return kind;
      default:
        throw new Error(`Cannot understand the program: "${line}"`);
    }
  }
}

async function* linesOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  let rest = "";
  for await (const text of stream.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split("\n");
    rest = lines.pop()!;
    yield* lines;
  }
}

/** Every message that was acknowledged is there, at its offset, once, in a log without gaps. */
export async function expectKept(store: Store, acks: readonly Told[]): Promise<void> {
  const page = await store.read("room", { after: 0, limit: Number.MAX_SAFE_INTEGER });
  expect(page.entries.map(({ offset }) => offset)).toEqual(page.entries.map((_, n) => n + 1));
  expect(page.offset).toBe(page.entries.length);
  expect(new Set(page.entries.map(({ messageId }) => messageId)).size).toBe(page.entries.length);
  const lost = acks.filter(({ offset, id }) => page.entries[offset - 1]?.id !== id);
  expect(lost).toEqual([]);
}
