import { expect } from "@std/expect";
import { has } from "./needs.ts";
import { RawClient } from "./raw_client.ts";
import { Server } from "./server.ts";
import { tempFolder } from "./temp_folder.ts";

const SYSCALLS = "trace=fsync,fdatasync,write,writev,sendto,sendmsg";

Deno.test("[A1] the disk has every message before its ack leaves, seen from outside by strace", async () => {
  if (!await has("strace", "-o", "/dev/null", "true")) return;
  await using folder = await tempFolder();
  const trace = `${folder.path}/trace`;
  const wrap = ["strace", "-f", "-qq", "-s", "400", "-o", trace, "-e", SYSCALLS];
  await using server = await Server.start({ env: { DATA_DIR: folder.path }, wrap });
  const client = await RawClient.open(server.ws);
  const ids = Array.from({ length: 50 }, (_, n) => `probe-${n}`);
  // one at a time: each message then needs a sync of its own
  for (const id of ids) {
    expect(await client.ask("send_message", { roomId: "lobby", content: "x" }, id)).toMatchObject({
      success: true,
    });
  }
  await client.close();
  await server.kill("SIGTERM");

  expect(acksWithoutSync(await Deno.readTextFile(trace), ids)).toEqual([]);
});

Deno.test("[A1] the check above sees an ack that came before the sync", () => {
  const sync = "7 fdatasync(12) = 0";
  const ack = (id: string) =>
    `9 writev(30, [{iov_base="{\\"type\\":\\"ack\\",\\"messageId\\":\\"${id}\\"}"}], 1) = 90`;
  expect(acksWithoutSync([sync, ack("probe-1"), sync, ack("probe-2")].join("\n"), ["probe-1", "probe-2"]))
    .toEqual([]);
  expect(acksWithoutSync([sync, ack("probe-1"), ack("probe-2")].join("\n"), ["probe-1", "probe-2"])).toEqual([
    "probe-2",
  ]);
  expect(acksWithoutSync([sync].join("\n"), ["probe-1"])).toEqual(["probe-1"]);
});

/** The ids whose ack was not preceded by a sync that finished after the ack before it. */
function acksWithoutSync(trace: string, ids: readonly string[]): string[] {
  const waiting = new Set(ids);
  const wrong: string[] = [];
  let synced = false;
  for (const line of trace.split("\n")) {
    if (/(fsync|fdatasync)(\(\d+\)| resumed>\)?).*= 0/.test(line)) synced = true;
    const id = /\\"ack\\".*\\"messageId\\":\\"(probe-\d+)\\"/.exec(line)?.[1];
    if (id === undefined || !waiting.delete(id)) continue;
    if (!synced) wrong.push(id);
    synced = false;
  }
  return [...wrong, ...waiting];
}
