import { expect } from "@std/expect";
import { Harness, type TestClient, unhurried } from "../harness/mod.ts";

const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, n) => from + n);

/** Sends this many messages, one after the other. */
async function talk(client: TestClient, count: number, content = "hello", roomId = "tea") {
  for (let n = 0; n < count; n++) await client.ask("send_message", { roomId, content });
}

/** Anna has seen the first messages and is cut off. */
async function missed(count: number, options: ConstructorParameters<typeof Harness>[0] = {}) {
  const relay = new Harness({ ...options, limits: { ...unhurried, ...options.limits } });
  const anna = await relay.member("anna", "tea");
  const ben = await relay.member("ben", "tea");
  await talk(ben, 3);
  const { epoch } = await anna.join("tea");
  anna.cut();
  await talk(ben, count);
  const back = relay.connect("anna");
  return { relay, ben, back, epoch };
}

Deno.test("[R1] offsets count from 1 without gaps, in the same order for every member", async () => {
  using relay = new Harness({ limits: unhurried });
  const members = [];
  for (const userId of ["a", "b", "c", "d"]) members.push(await relay.member(userId, "tea"));
  for (let n = 0; n < 200; n++) members[n % 4]!.send("send_message", { roomId: "tea", content: `${n}` });
  await relay.settle();
  for (const member of members) {
    expect(member.offsets("tea")).toEqual(range(1, 200));
    expect(member.of("new_message")).toEqual(members[0]!.of("new_message"));
  }
});

Deno.test("[R1] order does not depend on a clock that runs backwards", async () => {
  using relay = new Harness();
  const anna = await relay.member("anna", "tea");
  for (let n = 1; n <= 5; n++) {
    relay.clock.wallMs -= 3_600_000;
    await talk(anna, 1, String(n));
  }
  expect(anna.of("new_message").map(({ content }) => content)).toEqual(["1", "2", "3", "4", "5"]);
  const late = relay.connect("late");
  await late.join("tea", { history: 5 });
  expect(late.offsets("tea")).toEqual(range(1, 5));
});

/** Two nodes, a member on each. */
async function twoNodes() {
  const relay = new Harness({ limits: unhurried });
  const other = relay.node("node-2");
  await relay.settle();
  const anna = await relay.member("anna", "tea");
  const ben = relay.connect("ben", { hub: other });
  ben.send("join_room", { roomId: "tea" });
  await relay.advance(200);
  return { relay, anna, ben };
}

Deno.test("[R1] members on two nodes see one order", async () => {
  const { relay, anna, ben } = await twoNodes();
  using _ = relay;
  for (let n = 0; n < 100; n++) {
    (n % 2 ? anna : ben).send("send_message", { roomId: "tea", content: `${n}` });
    if (n % 7 === 0) await relay.settle();
  }
  await relay.settle();
  expect(anna.offsets("tea")).toEqual(range(1, 100));
  expect(ben.of("new_message")).toEqual(anna.of("new_message"));
});

Deno.test("[R1] a lost hint is healed by the next one, the last of all by the sweep", async () => {
  const { relay, anna, ben } = await twoNodes();
  using _ = relay;
  relay.backplane.losing = true;
  await talk(anna, 3);
  expect(ben.offsets("tea")).toEqual([]);
  relay.backplane.losing = false;
  await talk(anna, 1);
  expect(ben.offsets("tea")).toEqual([1, 2, 3, 4]);
  relay.backplane.losing = true;
  await talk(anna, 1);
  await relay.advance(2000);
  expect(ben.offsets("tea")).toEqual([1, 2, 3, 4, 5]);
});

Deno.test("[R1] hints that are old, doubled, invented or nonsense deliver nothing", async () => {
  using relay = new Harness();
  const anna = await relay.member("anna", "tea");
  await talk(anna, 3);
  const { epoch } = await anna.join("tea");
  anna.news();
  const hint = { kind: "hint", roomId: "tea", epoch };
  const nonsense = [
    { ...hint, offset: 1 },
    { ...hint, offset: 3 },
    { ...hint, offset: 1_000_000_000 },
    { ...hint, epoch: "another", offset: 7 },
    { ...hint, roomId: "nobody-is-here", offset: 1 },
    { ...hint, roomId: "__proto__", offset: 1 },
    { kind: "what", roomId: "tea" },
    { ...hint, offset: -1 },
    null,
    "hint",
    JSON.parse('{"__proto__":{"kind":"hint"}}'),
  ];
  for (const one of nonsense) relay.backplane.inject(one);
  await relay.advance(5000);
  expect(anna.news()).toEqual([]);
  expect(relay.errors).toEqual([]);
  await talk(anna, 1);
  expect(anna.offsets("tea")).toEqual([1, 2, 3, 4]);
});

Deno.test("[R2] recovered: the missed messages in order, then live ones", async () => {
  const { relay, ben, back, epoch } = await missed(300);
  using _ = relay;
  back.send("join_room", { roomId: "tea", since: { epoch, offset: 3 } }, "join");
  for (let n = 0; n < 50; n++) ben.send("send_message", { roomId: "tea", content: "meanwhile" });
  await relay.settle();
  expect(back.acks("join")).toMatchObject([{ success: true, recovered: true, from: 3 }]);
  expect(back.offsets("tea")).toEqual(range(4, 353));
});

Deno.test("[R2] recovered from a store whose newest messages are not in memory", async () => {
  const { relay, back, ben, epoch } = await missed(300);
  using _ = relay;
  ben.cut();
  await relay.advance(5000);
  expect(relay.hub.roomCount).toBe(0);
  expect(await back.join("tea", { since: { epoch, offset: 3 } })).toMatchObject({ recovered: true });
  await relay.settle();
  expect(back.offsets("tea")).toEqual(range(4, 303));
});

Deno.test("[R2] since the top: recovered, and there is nothing to replay", async () => {
  const { relay, back, epoch } = await missed(0);
  using _ = relay;
  expect(await back.join("tea", { since: { epoch, offset: 3 } }))
    .toMatchObject({ recovered: true, from: 3, offset: 3 });
  expect(back.offsets("tea")).toEqual([]);
});

Deno.test("[R2] since the beginning is a position like any other", async () => {
  const { relay, back, epoch } = await missed(2);
  using _ = relay;
  expect(await back.join("tea", { since: { epoch, offset: 0 } })).toMatchObject({ recovered: true, from: 0 });
  expect(back.offsets("tea")).toEqual(range(1, 5));
});

Deno.test("[R2] another epoch, or an offset above the top: not recovered, nothing replayed", async (t) => {
  const { relay, ben, back, epoch } = await missed(2);
  using _ = relay;
  for (
    const since of [{ epoch: "another", offset: 1 }, { epoch, offset: 6 }, { epoch, offset: 2 ** 53 - 1 }]
  ) {
    await t.step(JSON.stringify(since), async () => {
      const client = relay.connect("anna");
      expect(await client.join("tea", { since })).toMatchObject({ recovered: false, from: 5, offset: 5 });
      expect(client.offsets("tea")).toEqual([]);
      client.cut();
    });
  }
  await back.join("tea", { since: { epoch: "another", offset: 1 } });
  await talk(ben, 1);
  expect(back.offsets("tea")).toEqual([6]);
});

Deno.test("[R2] what followed was partly trimmed: not recovered, not a part is replayed", async () => {
  const { relay, back, epoch } = await missed(700, {
    retention: { retentionMessages: 5, retentionHours: 0 },
  });
  using _ = relay;
  const page = await relay.store.read("tea", { after: 0, limit: 10 });
  expect(page.oldest).toBe(699);
  expect(await back.join("tea", { since: { epoch, offset: 3 } }))
    .toMatchObject({ recovered: false, from: 703, offset: 703 });
  await relay.advance(2000);
  expect(back.offsets("tea")).toEqual([]);
  expect(back.of("reset")).toEqual([]);
});

Deno.test("[R2] an offset this node has not heard of yet is looked up, not denied", async () => {
  const { relay, anna, ben } = await twoNodes();
  using _ = relay;
  const { epoch } = await anna.join("tea");
  relay.backplane.losing = true;
  await talk(anna, 5);
  ben.cut();
  const back = relay.connect("anna", { hub: relay.node("node-3") });
  back.send("join_room", { roomId: "tea", since: { epoch, offset: 4 } });
  await relay.advance(200);
  expect(back.of("joined_room")).toMatchObject([{ recovered: true, from: 4, offset: 5 }]);
  expect(back.offsets("tea")).toEqual([5]);
});

Deno.test("[R2] a replay that the store interrupts goes on where it stopped", async () => {
  const { relay, back, ben, epoch } = await missed(600);
  using _ = relay;
  ben.cut();
  await relay.advance(5000);
  const release = relay.store.hold("read");
  back.send("join_room", { roomId: "tea", since: { epoch, offset: 3 } });
  await relay.settle();
  relay.store.failing = "after";
  release();
  await relay.settle();
  relay.store.failing = undefined;
  // whichever read it was, of the join or of the replay: the client tries again or the replay does
  if (back.of("joined_room").length === 0) await back.join("tea", { since: { epoch, offset: 3 } });
  await relay.advance(5000);
  expect(back.offsets("tea")).toEqual(range(4, 603));
});

Deno.test("[R2] a store that fails between two pages of a replay delays it and no more", async () => {
  const { relay, back, ben, epoch } = await missed(600);
  using _ = relay;
  ben.cut();
  await relay.advance(5000);
  // the reader takes a part and stops, so that the rest has to be asked for later
  back.connection.stall();
  back.send("join_room", { roomId: "tea", since: { epoch, offset: 3 } });
  await relay.settle();
  relay.store.failing = "before";
  back.connection.take(20_000);
  await relay.advance(2000);
  relay.store.failing = undefined;
  back.connection.resume();
  await relay.advance(5000);
  expect(back.offsets("tea")).toEqual(range(4, 603));
});

Deno.test("[R3] history: n replays the last n; from is the offset before the first of them", async () => {
  using relay = new Harness();
  const ben = relay.connect("ben");
  await talk(ben, 5);
  const join = async (history?: number) => {
    const client = relay.connect("anna");
    const { from, offset, recovered } = await client.join("tea", history === undefined ? {} : { history });
    await relay.settle();
    return { from, offset, recovered, replayed: client.offsets("tea") };
  };
  expect(await join(2)).toEqual({ from: 3, offset: 5, recovered: undefined, replayed: [4, 5] });
  expect(await join(100)).toEqual({ from: 0, offset: 5, recovered: undefined, replayed: [1, 2, 3, 4, 5] });
  expect(await join(0)).toEqual({ from: 5, offset: 5, recovered: undefined, replayed: [] });
  expect(await join()).toEqual({ from: 5, offset: 5, recovered: undefined, replayed: [] });
});

Deno.test("[R3] history that is no longer kept is not promised", async () => {
  using relay = new Harness({ retention: { retentionMessages: 3, retentionHours: 0 } });
  const ben = relay.connect("ben");
  await talk(ben, 20);
  const anna = relay.connect("anna");
  expect(await anna.join("tea", { history: 10 })).toMatchObject({ from: 17, offset: 20 });
  await relay.settle();
  expect(anna.offsets("tea")).toEqual([18, 19, 20]);
  expect(anna.of("reset")).toEqual([]);
});

Deno.test("[R3] since goes before history", async () => {
  const { relay, back, epoch } = await missed(5);
  using _ = relay;
  expect(await back.join("tea", { since: { epoch, offset: 6 }, history: 8 })).toMatchObject({ from: 6 });
  await relay.settle();
  expect(back.offsets("tea")).toEqual([7, 8]);
});

Deno.test("[R5] a room keeps its newest messages, and all that are young", async () => {
  using relay = new Harness({ retention: { retentionMessages: 3, retentionHours: 1 } });
  const anna = relay.connect("anna");
  await talk(anna, 10);
  expect((await relay.store.heads(["tea"]))[0]).toMatchObject({ oldest: 1, offset: 10 });
  await relay.advance(3_600_001);
  await talk(anna, 10);
  expect((await relay.store.heads(["tea"]))[0]).toMatchObject({ oldest: 11, offset: 20 });
});

Deno.test("[R5] idempotency keys live as long as their messages", async () => {
  using relay = new Harness({ retention: { retentionMessages: 2, retentionHours: 0 } });
  const anna = relay.connect("anna");
  const first = { roomId: "tea", content: "first" };
  await anna.ask("send_message", first, "m1");
  expect(await anna.ask("send_message", first, "m1")).toMatchObject({ duplicate: true, offset: 1 });
  await talk(anna, 5);
  expect(await anna.ask("send_message", first, "m1")).toMatchObject({ duplicate: false, offset: 7 });
});

Deno.test("[R6] a new epoch is told to live members as reset, and delivery goes on from its offset", async () => {
  using relay = new Harness();
  const anna = await relay.member("anna", "tea");
  const ben = relay.connect("ben");
  await talk(ben, 3);
  relay.store.inner = relay.emptyStore();
  await talk(ben, 2);
  await relay.advance(2000);
  const { epoch } = await anna.join("tea");
  expect(anna.of("reset")).toEqual([{ roomId: "tea", epoch, offset: expect.any(Number), reason: "epoch" }]);
  const { offset } = anna.of("reset")[0]!;
  anna.news();
  await talk(ben, 3);
  expect(anna.offsets("tea").slice(3)).toEqual(range(offset + 1, 5));
});

Deno.test("[R6] a reader whose next message was trimmed is told, and goes on from the oldest kept", async () => {
  using relay = new Harness({
    limits: unhurried,
    retention: { retentionMessages: 10, retentionHours: 0 },
  });
  const anna = await relay.member("anna", "tea");
  // who writes waits for none that is alone in not reading [R7]
  await relay.member("carl", "tea");
  const ben = relay.connect("ben");
  anna.connection.stall();
  await talk(ben, 60, "x".repeat(20_000));
  anna.connection.resume();
  await relay.advance(1000);
  const [reset, ...more] = anna.of("reset");
  expect(more).toEqual([]);
  expect(reset).toMatchObject({ roomId: "tea", reason: "trimmed" });
  // complete up to where it broke, and complete from where the reset says
  const offsets = anna.offsets("tea");
  const gap = offsets.findIndex((offset, at) => offset !== at + 1);
  expect(offsets.slice(gap)).toEqual(range(reset!.offset + 1, 60));
  const order = anna.all().map(({ type }) => type);
  expect(order.indexOf("reset")).toBeLessThan(order.lastIndexOf("new_message"));
});
