import { expect } from "@std/expect";
import { RawClient } from "../e2e/raw_client.ts";
import { Server } from "../e2e/server.ts";
import { tempFolder } from "../e2e/temp_folder.ts";

const BURST = 20_000;
const WINDOW = 5000;

Deno.test(`[M16] a burst of ${BURST} messages reaches members on another isolate complete and in order`, async () => {
  await using folder = await tempFolder();
  const env = { DATA_DIR: folder.path, WORKERS: "2", RATE_LIMIT: "0", RATE_LIMIT_PER_USER: "0" };
  await using server = await Server.start({ env });
  const { here, there, others } = await onBoth(server.ws);
  await there.ask("join_room", { roomId: "burst" });
  // who may write is looked up with the first message; the burst does not wait for it behind a bounded queue
  await here.ask("send_message", { roomId: "burst", content: "message 1" }, "n-1");
  for (let n = 2; n <= BURST; n++) {
    here.send("send_message", { roomId: "burst", content: `message ${n}` }, `n-${n}`);
    // what a store takes at once is bounded; a client that gets no answer yet does not pile up more
    if (n % WINDOW === 0) await here.next((one) => one.type === "ack" && one.messageId === `n-${n}`);
  }
  await there.next((one) => one.type === "new_message" && one.payload.offset === BURST);
  const heard = there.messages("burst");
  expect(heard.map(({ offset }) => offset)).toEqual(Array.from({ length: BURST }, (_, n) => n + 1));
  expect(heard.map(({ content }) => content)).toEqual(
    Array.from({ length: BURST }, (_, n) => `message ${n + 1}`),
  );
  await Promise.all([here, there, ...others].map((client) => client.close()));
});

Deno.test("[M16] presence, typing, read marks and idempotency hold across isolates", async () => {
  await using folder = await tempFolder();
  await using server = await Server.start({ env: { DATA_DIR: folder.path, WORKERS: "2" } });
  const { here, there, others } = await onBoth(server.ws);
  const [hereId, thereId] = [here, there].map((one) => one.received[0]!.payload.userId);
  await here.ask("join_room", { roomId: "tea" });
  const joined = await there.ask("join_room", { roomId: "tea" });
  expect(joined.users.map((user: { userId: string }) => user.userId).sort()).toEqual(
    [hereId, thereId].sort(),
  );
  await here.next((one) => one.type === "user_joined" && one.payload.userId === thereId);

  there.send("typing_start", { roomId: "tea" });
  await here.next((one) =>
    one.type === "user_typing" && one.payload.userId === thereId && one.payload.typing
  );
  const saved = await there.ask("send_message", { roomId: "tea", content: "hello" }, "m-1");
  await here.next((one) => one.type === "user_typing" && !one.payload.typing);
  await here.next((one) => one.type === "new_message" && one.payload.offset === saved.offset);
  await here.ask("read_messages", { roomId: "tea", epoch: saved.epoch, upTo: saved.offset });
  const mark = await there.next((one) => one.type === "messages_read");
  expect(mark.payload).toMatchObject({ userId: hereId, upTo: saved.offset });

  // the same user, the same message, at the other isolate: stored once
  const session = there.received[0]!.payload.session;
  const twin = await RawClient.open(server.ws, ["denbun.json", `bearer.${session}`]);
  expect(await twin.ask("send_message", { roomId: "tea", content: "hello" }, "m-1")).toEqual({
    ...saved,
    duplicate: true,
  });
  await Promise.all([twin, here, ...others].map((client) => client.close()));

  // one came and went at the other isolate only: here that is told once, after the grace
  const watcher = await RawClient.open(server.ws);
  await watcher.ask("join_room", { roomId: "tea" });
  await there.close();
  await watcher.next((one) => one.type === "user_left" && one.payload.userId === thereId);
  await watcher.close();
});

/** Two clients at different isolates. */
async function onBoth(ws: string): Promise<{ here: RawClient; there: RawClient; others: RawClient[] }> {
  const here = await RawClient.open(`${ws}?name=here`);
  const others: RawClient[] = [];
  for (;;) {
    const there = await RawClient.open(`${ws}?name=there`);
    if (there.received[0]!.payload.nodeId !== here.received[0]!.payload.nodeId) {
      return { here, there, others };
    }
    others.push(there);
  }
}
