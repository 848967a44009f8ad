/**
 * A program that appends to a store file, of Deno KV when it is named `.kv`, until it has what it was asked for, or is
 * killed, and says on its standard output what it was told about each message: `ack <offset> <id>`,
 * `nack <id> <reason>`. A refused message is sent again under its key, as a client would. Its first line is `pid <pid>`.
 *
 *     appender.ts <path> {"callers": 8, "count": 1000, "settleAfter": 100}
 */
import { RelayError } from "../../../src/protocol/errors.ts";
import { kv } from "../../../src/stores/kv.ts";
import { sqlite } from "../../../src/stores/sqlite.ts";

interface Work {
  readonly callers: number;
  /** messages each caller appends; endlessly, if there is no number */
  readonly count?: number;
  readonly settleAfter: number;
}

const [path = "", work = "{}"] = Deno.args;
const { callers, count = Infinity, settleAfter } = JSON.parse(work) as Work;
const encoder = new TextEncoder();
const store = path.endsWith(".kv") ? kv({ open: () => Deno.openKv(path) }) : sqlite(path, { settleAfter });

say(`pid ${Deno.pid}`);
await Promise.all(Array.from({ length: callers }, () => run()));
await store.close();
say("done");

async function run(): Promise<void> {
  for (let n = 0; n < count; n++) {
    const id = crypto.randomUUID();
    while (!await append(id));
  }
}

async function append(id: string): Promise<boolean> {
  try {
    const { offset } = await store.append({
      roomId: "room",
      id,
      type: "new_message",
      userId: "yamada",
      userName: "Yamada",
      messageId: id,
      timestampMs: Date.now(),
      body: JSON.stringify({ content: `message ${id}` }),
    });
    say(`ack ${offset} ${id}`);
    return true;
  } catch (error) {
    if (!(error instanceof RelayError) || error.code !== "store_unavailable") throw error;
    say(`nack ${id} ${(error.cause as Error).message}`);
    const { offset } = await store.read("room", { after: 0, limit: 1 });
    say(`top ${offset}`);
    await new Promise((resolve) => setTimeout(resolve, error.retryAfterMs ?? 0));
    return false;
  }
}

function say(line: string): void {
  Deno.stdout.writeSync(encoder.encode(`${line}\n`));
}
