import { expect } from "@std/expect";
import { RawClient } from "./raw_client.ts";
import { Server } from "./server.ts";
import { tempFolder } from "./temp_folder.ts";

const ROOM = "busy";
const SECONDS = 8;
const PER_SECOND = 1000;
const CONTENT = "x".repeat(2000);

Deno.test("[R4] a reader that stops reading costs no memory, is told it is behind, and catches up completely", async () => {
  await using folder = await tempFolder();
  const limits = { RATE_LIMIT: "0", RATE_LIMIT_PER_USER: "0", RETENTION_MESSAGES: "100000" };
  await using server = await Server.start({ env: { DATA_DIR: folder.path, ...limits } });
  const slow = await SlowReader.join(server.ws);
  const quick = await RawClient.open(server.ws);
  await quick.ask("join_room", { roomId: ROOM });
  const sender = await RawClient.open(server.ws);
  await sender.ask("send_message", { roomId: ROOM, content: "first" });
  await slow.next((one) => one.type === "new_message");

  // the same load without anybody slow first: what the runtime's heaps grow to by themselves is not the reader's
  const other = await RawClient.open(server.ws);
  await other.ask("join_room", { roomId: "warm" });
  await paced(
    SECONDS * PER_SECOND,
    (n) => sender.send("send_message", { roomId: "warm", content: CONTENT }, `w-${n}`),
  );
  await other.next((one) => one.type === "new_message" && one.payload.offset === SECONDS * PER_SECOND);
  await other.close();
  const before = await rssBytes(server.pid);

  const total = SECONDS * PER_SECOND;
  const sentMs = await paced(
    total,
    (n) => sender.send("send_message", { roomId: ROOM, content: CONTENT }, `n-${n}`),
  );
  await quick.next((one) => one.type === "new_message" && one.payload.offset === total + 1);
  const grown = await rssBytes(server.pid) - before;
  // the log lane keeps nothing for a slow reader: 16 MB of messages wait for it in the store alone
  expect(await queuedBytes(server.url)).toBeLessThan(1024 * 1024);
  // and the process as a whole stays within what the runtime's heaps move by under such a load
  expect(grown).toBeLessThan(128 * 1024 * 1024);

  // the others were not disturbed: everything, in order, and the last of it promptly
  const heard = quick.messages(ROOM).map(({ offset }) => offset);
  expect(heard).toEqual(Array.from({ length: total + 1 }, (_, n) => n + 1));
  expect(performance.now() - sentMs).toBeLessThan(5000);

  const behind = await slow.next((one) => one.type === "behind");
  expect(behind.payload).toMatchObject({ roomId: ROOM });
  await slow.next((one) => one.type === "new_message" && one.payload.offset === total + 1);
  expect(slow.offsets).toEqual(Array.from({ length: total + 1 }, (_, n) => n + 1));
  // the word that it is behind stands where the gap in time is
  expect(slow.offsets.indexOf(behind.payload.offset)).toBeGreaterThan(0);

  await slow.close();
  await Promise.all([quick.close(), sender.close()]);
});

/** Sends `total` messages evenly at the test's rate; returns when the last one left. */
function paced(total: number, send: (n: number) => void): Promise<number> {
  return new Promise((resolve) => {
    const startMs = performance.now();
    let n = 0;
    const timer = setInterval(() => {
      const due = Math.min(total, Math.floor((performance.now() - startMs) / 1000 * PER_SECOND));
      while (n < due) send(n++);
      if (n < total) return;
      clearInterval(timer);
      resolve(performance.now());
    }, 5);
  });
}

async function rssBytes(pid: number): Promise<number> {
  const status = await Deno.readTextFile(`/proc/${pid}/status`);
  return Number(/VmRSS:\s+(\d+)/.exec(status)![1]) * 1024;
}

/** What waits in the relay for its readers, by its own account. */
async function queuedBytes(url: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  const lines = text.split("\n").filter((line) => line.startsWith("denbun_queue_bytes{"));
  expect(lines.length).toBeGreaterThan(0);
  return lines.reduce((sum, line) => sum + Number(line.split(" ")[1]), 0);
}

interface Envelope {
  readonly type: string;
  readonly payload: { readonly offset: number };
}

/** A client that reads only when it is asked to. */
class SlowReader {
  readonly offsets: number[] = [];
  readonly #stream: WebSocketStream;
  readonly #reader: ReadableStreamDefaultReader<string | Uint8Array>;

  private constructor(stream: WebSocketStream, readable: ReadableStream<string | Uint8Array>) {
    this.#stream = stream;
    this.#reader = readable.getReader();
  }

  static async join(url: string): Promise<SlowReader> {
    const stream = new WebSocketStream(url);
    const { readable, writable } = await stream.opened;
    const writer = writable.getWriter();
    await writer.write(JSON.stringify({ type: "join_room", payload: { roomId: ROOM }, messageId: "j" }));
    const client = new SlowReader(stream, readable);
    await client.next((one) => one.type === "ack");
    return client;
  }

  /** Reads on until one fits. */
  async next(fits: (one: Envelope) => boolean): Promise<Envelope> {
    for (;;) {
      const { value, done } = await this.#reader.read();
      if (done) throw new Error("the connection closed before it came");
      const one = JSON.parse(value as string) as Envelope;
      if (one.type === "new_message") this.offsets.push(one.payload.offset);
      if (fits(one)) return one;
    }
  }

  async close(): Promise<void> {
    this.#reader.releaseLock();
    this.#stream.close({ code: 1000 });
    await this.#stream.closed.catch(() => {});
  }
}
