import { expect } from "@std/expect";
import { joinRooms } from "../../src/hub/join.ts";
import { roomPage } from "../../src/hub/room_page.ts";
import { visit } from "../../src/hub/visit.ts";
import { eventStream } from "../../src/protocol/codecs/event_stream.ts";
import { memory } from "../../src/stores/memory.ts";
import { FakeConnection } from "../harness/connection.ts";
import { Harness } from "../harness/mod.ts";
import { ControlledStore } from "../harness/store.ts";
import { site } from "./harness/mod.ts";

const CLIENTS = 1000;
const MESSAGES = 1000;
const EPOCH = "e1";
const decoder = new TextDecoder();

/** A log of 1,000 messages that no node has in memory. */
async function coldRoom(on: Harness): Promise<void> {
  for (let n = 1; n <= MESSAGES; n++) {
    await on.store.append({
      roomId: "tea",
      id: `id-${n}`,
      type: "new_message",
      userId: "zoe",
      userName: "Zoe",
      messageId: `m-${n}`,
      timestampMs: on.clock.now(),
      body: JSON.stringify({ content: `m${n}`, replyTo: null }),
    });
  }
  on.store.calls.length = 0;
}

Deno.test("[R2] 1,000 streams that resume one room at once cost the store a handful of reads", async () => {
  using on = new Harness();
  await coldRoom(on);
  const connections: FakeConnection[] = [];
  for (let n = 0; n < CLIENTS; n++) {
    const connection = new FakeConnection(`c-${n}`);
    connections.push(connection);
    const identity = { userId: `user-${n}`, userName: `User ${n}` };
    const { session } = on.hub.attach(connection, {
      identity,
      codec: eventStream,
      transport: "sse",
      welcome: false,
    });
    // they were cut at different times, and missed at least half of it
    const since = { epoch: EPOCH, offset: n % (MESSAGES / 2) };
    joinRooms(on.hub, session, [{ roomId: "tea", since, history: 0, echo: true }], () => {});
  }
  await on.settle();
  await on.advance(1000);
  for (const [n, { arrived }] of connections.entries()) {
    const text = arrived.map((frame) => decoder.decode(frame as Uint8Array)).join("");
    const ids = Array.from(text.matchAll(/^id: (.+)$/gm), ([, id]) => id)
      .filter((id, at, all) => id !== all[at - 1]);
    const first = n % (MESSAGES / 2) + 1;
    expect(ids.slice(-(MESSAGES - first + 1))).toEqual(
      Array.from({ length: MESSAGES - first + 1 }, (_, at) => `${EPOCH}.${first + at}`),
    );
  }
  const reads = on.store.calls.filter((call) => call === "read").length;
  // eight pages of 128, and one more where readers came to a page while it was no longer being read
  expect(reads).toBeLessThanOrEqual(20);
  expect(on.store.calls.length - reads).toBeLessThanOrEqual(10);
});

Deno.test("[R2] 1,000 polls that resume one room at once share their reads too", async () => {
  using on = new Harness();
  await coldRoom(on);
  const since = { epoch: EPOCH, offset: 300 };
  const polls = Array.from({ length: CLIENTS }, (_, n) => {
    const visitor = { identity: { userId: `user-${n}`, userName: "U" }, sid: undefined };
    return visit(on.hub, visitor, "tea", ({ log }) => roomPage(log, { since, limit: 200 }));
  });
  await on.settle();
  for (const page of await Promise.all(polls)) {
    expect([page.recovered, page.messages.length, page.offset]).toEqual([true, 200, 500]);
  }
  expect(on.store.calls.filter((call) => call === "read").length).toBeLessThanOrEqual(6);
  expect(on.store.calls.length).toBeLessThanOrEqual(10);
});

Deno.test("[R2] 1,000 real streams that resume one room cost the store a handful of reads", async () => {
  const store = new ControlledStore(memory());
  await using relay = site({ store, maxConnectionsPerIp: 0 });
  const zoe = relay.user("zoe");
  const limits = relay.relay.hub.limits;
  expect(limits.ratePerSecond).toBeGreaterThan(0);
  let epoch = "";
  for (let n = 1; n <= 150; n++) {
    ({ epoch } = await zoe.say("tea", `m${n}`));
  }
  store.calls.length = 0;
  const ann = relay.user("ann");
  const streams = await Promise.all(
    Array.from({ length: CLIENTS }, () => ann.stream("rooms=tea", { "last-event-id": `${epoch}.0` })),
  );
  await Promise.all(streams.map(async (stream) => {
    const joined = await stream.until("joined_room");
    expect(joined.envelope.payload.recovered).toBe(true);
    const ids = (await stream.take(150)).map(({ lastEventId }) => lastEventId);
    expect(ids).toEqual(Array.from({ length: 150 }, (_, n) => `${epoch}.${n + 1}`));
  }));
  expect(store.calls.filter((call) => call === "read").length).toBeLessThanOrEqual(20);
  await Promise.all(streams.map((stream) => stream[Symbol.asyncDispose]()));
});
