import { expect } from "@std/expect";
import { Harness, type TestClient, unhurried } from "../harness/mod.ts";

const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, n) => from + n);
const KIB = 1024;
/** What may wait ahead of busy readers: a frame's worth. */
const AHEAD = 100;

/** A room whose readers can be made busy, and somebody who writes to it without being in it. */
async function room(readers: number) {
  const relay = new Harness({ limits: unhurried });
  const members: TestClient[] = [];
  for (let n = 0; n < readers; n++) members.push(await relay.member(`r${n}`, "tea"));
  await relay.settle();
  const writer = relay.connect("writer");
  let said = 0;
  /** Writes and returns how many of all that were written are acknowledged. */
  const write = async (count: number) => {
    for (let n = 0; n < count; n++) {
      writer.send("send_message", { roomId: "tea", content: "x".repeat(100) }, `w${++said}`);
    }
    await relay.settle();
    return writer.of("ack").length;
  };
  return { relay, members, writer, write };
}

Deno.test("[R7] publishers wait while a room's readers are busy, and nothing is lost", async () => {
  const { relay, members, writer, write } = await room(4);
  using _ = relay;
  for (const { connection } of members) connection.stall();
  expect(await write(1)).toBe(1);
  // what is on its way to the readers, and a frame's worth ahead of them
  expect(await write(500)).toBe(1 + AHEAD);
  for (const { connection } of members) connection.resume();
  await relay.advance(10);
  expect(writer.of("ack").map(({ success }) => success)).toEqual(Array(501).fill(true));
  for (const member of members) expect(member.offsets("tea")).toEqual(range(1, 501));
});

Deno.test("[R7] with readers that read nobody waits", async () => {
  const { relay, write } = await room(4);
  using _ = relay;
  expect(await write(1)).toBe(1);
  expect(await write(500)).toBe(501);
});

Deno.test("[R7] a room waits at most 250 ms, and for the same stuck readers only once", async () => {
  const { relay, members: [ready, ...stuck], write } = await room(4);
  using _ = relay;
  for (const { connection } of stuck) connection.stall();
  await write(1);
  await write(1);
  expect(ready!.offsets("tea")).toEqual([1]);
  await relay.advance(250);
  expect(ready!.offsets("tea")).toEqual([1, 2]);
  for (let n = 3; n <= 20; n++) {
    await write(1);
    expect(ready!.offsets("tea").at(-1)).toBe(n);
  }
});

for (const { taking, heldMs } of [{ taking: true, heldMs: 2000 }, { taking: false, heldMs: 250 }]) {
  const how = taking ? "take something all the time" : "take nothing";
  Deno.test(`[R7] a room of a hundred readers that ${how} waits ${heldMs} ms`, async () => {
    const { relay, members: [ready, ...slow], write } = await room(120);
    using _ = relay;
    for (const { connection } of slow) connection.stall();
    await write(50);
    await write(1);
    for (let ms = 0; ms < heldMs; ms += 50) {
      expect(ready!.offsets("tea").at(-1)).toBe(50);
      if (taking) { for (const { connection } of slow) connection.take(1); }
      await relay.advance(50);
    }
    expect(ready!.offsets("tea").at(-1)).toBe(51);
  });
}

Deno.test("[R7] [R4] one slow reader among those that read holds up nobody", async () => {
  const { relay, members: [slow, ...others], write } = await room(3);
  using _ = relay;
  slow!.connection.stall();
  for (let n = 1; n <= 20; n++) {
    expect(await write(1)).toBe(n);
    for (const other of others) expect(other.offsets("tea").at(-1)).toBe(n);
  }
});

Deno.test("[R7] a burst larger than a connection takes goes out in parts, to readers that stay live", async () => {
  const { relay, members, write } = await room(4);
  using _ = relay;
  await write(1000);
  for (const member of members) {
    expect(member.offsets("tea")).toEqual(range(1, 1000));
    expect(member.connection.peakUnsentBytes).toBe(0);
  }
});

Deno.test("[R7] what waits for busy readers is bounded, whoever sends", async () => {
  const { relay, members, write } = await room(4);
  using _ = relay;
  for (const { connection } of members) connection.stall();
  for (let n = 0; n < 50; n++) {
    await write(50);
    await relay.advance(300);
  }
  for (const { connection } of members) {
    expect(connection.peakUnsentBytes).toBeLessThan((64 + 64) * KIB);
    connection.resume();
  }
  await relay.advance(1000);
  for (const member of members) expect(member.offsets("tea")).toEqual(range(1, 2500));
});

Deno.test("[R7] a room that ends lets its publishers go", async () => {
  const { relay, members, writer, write } = await room(4);
  using _ = relay;
  for (const { connection } of members) connection.stall();
  await write(1);
  await write(300);
  expect(writer.of("ack").length).toBeLessThan(301);
  for (const member of members) member.cut();
  await relay.advance(3000);
  expect(writer.of("ack").length).toBe(301);
});

Deno.test("[R7] where many read, a message waits a moment for one whose commit is under way", async () => {
  for (const { readers, waits } of [{ readers: 2, waits: false }, { readers: 300, waits: true }]) {
    const { relay, members: [reader], write } = await room(readers);
    using _ = relay;
    const commit = relay.store.hold("append", "before");
    await write(1);
    // those that come from now on are not held
    relay.store.hold("append", "before")();
    await write(1);
    expect(reader!.offsets("tea")).toEqual(waits ? [] : [1]);
    await relay.advance(3);
    expect(reader!.offsets("tea")).toEqual([1]);
    await write(1);
    commit();
    await relay.settle();
    expect(reader!.offsets("tea")).toEqual([1, 2, 3]);
  }
});
