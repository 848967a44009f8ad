import { expect } from "@std/expect";
import type { Identity } from "../../src/hub/ports.ts";
import { visit, type Visitor, waitForNews } from "../../src/hub/visit.ts";
import { takeAlone } from "../../src/hub/uplink.ts";
import { Harness } from "../harness/mod.ts";

const SID = "0123456789abcdef0123456789abcdef";

const identityOf = (userId: string): Identity => ({ userId, userName: userId.toUpperCase() });
const visitorOf = (userId: string, sid: string | undefined = SID): Visitor => ({
  identity: identityOf(userId),
  sid,
});

/** A poll that is answered at once. */
async function poll(on: Harness, visitor: Visitor, hub = on.hub): Promise<void> {
  const polled = visit(hub, visitor, "tea", () => Promise.resolve());
  await on.settle();
  await polled;
  await on.settle();
}

const typesOf = (arrived: { type: string }[]) => arrived.map(({ type }) => type);

Deno.test("[T0] [T2] who has polled once counts as present for 30 s and the grace, then leaves once", async () => {
  using on = new Harness();
  const ben = await on.member("ben", "tea");
  await poll(on, visitorOf("ann"));
  expect(typesOf(ben.news())).toEqual(["user_joined"]);
  await on.advance(31_900);
  expect(ben.news()).toEqual([]);
  await on.advance(200);
  expect(typesOf(ben.news())).toEqual(["user_left"]);
  expect(on.hub.activeRoom("tea")?.presence.count).toBe(1);
});

for (
  const [everyMs, holdMs] of [[1_000, 5_000], [5_000, 10_000], [12_000, 24_000], [20_000, 30_000]] as const
) {
  Deno.test(`[T2] who polls every ${everyMs / 1000} s is present all the time, and for ${holdMs / 1000} s after the last`, async () => {
    using on = new Harness();
    const ben = await on.member("ben", "tea");
    for (let n = 0; n < 6; n++) {
      await poll(on, visitorOf("ann"));
      if (n < 5) await on.advance(everyMs);
    }
    expect(typesOf(ben.news())).toEqual(["user_joined"]);
    await on.advance(holdMs + 1_900);
    expect(ben.news()).toEqual([]);
    await on.advance(200);
    expect(typesOf(ben.news())).toEqual(["user_left"]);
  });
}

Deno.test("[T0] a poller that comes back within its grace shows nothing", async () => {
  using on = new Harness();
  const ben = await on.member("ben", "tea");
  await poll(on, visitorOf("ann"));
  ben.news();
  await on.advance(31_000);
  await poll(on, visitorOf("ann"));
  await on.advance(20_000);
  expect(ben.news()).toEqual([]);
});

Deno.test("[T0] a switch from a connection to polls and back shows nothing to the others", async () => {
  using on = new Harness();
  const ben = await on.member("ben", "tea");
  let ann = await on.member("ann", "tea");
  ben.news();
  for (let n = 0; n < 3; n++) {
    ann.cut();
    await on.advance(1_500);
    for (let polls = 0; polls < 4; polls++) await poll(on, visitorOf("ann")).then(() => on.advance(3_000));
    ann = await on.member("ann", "tea");
    await on.advance(20_000);
  }
  expect(ben.news()).toEqual([]);
});

Deno.test("[T0] two sessions of one user that poll join once and leave once", async () => {
  using on = new Harness();
  const ben = await on.member("ben", "tea");
  await poll(on, visitorOf("ann"));
  await on.advance(10_000);
  await poll(on, visitorOf("ann", SID.toUpperCase()));
  await on.advance(60_000);
  expect(typesOf(ben.news())).toEqual(["user_joined", "user_left"]);
});

Deno.test("[T0] a user who polls under ever new names is present once and costs a bounded number of them", async () => {
  using on = new Harness();
  await on.member("ben", "tea");
  const timers = on.clock.timers;
  for (let n = 0; n < 200; n++) await poll(on, visitorOf("ann", `${SID}${n}`));
  expect(on.clock.timers - timers).toBeLessThanOrEqual(17);
  expect(on.hub.activeRoom("tea")?.presence.count).toBe(2);
});

Deno.test("[T2] a room that is only polled is let go, with all its timers", async () => {
  using on = new Harness();
  const timers = on.clock.timers;
  await poll(on, visitorOf("ann"));
  expect(on.hub.roomCount).toBe(1);
  await on.advance(60_000);
  expect(on.hub.roomCount).toBe(0);
  expect(on.clock.timers).toBe(timers);
});

Deno.test("[T2] a hub that closes ends the timers of rooms that are polled", async () => {
  const on = new Harness();
  await poll(on, visitorOf("ann"));
  on[Symbol.dispose]();
  expect(on.clock.timers).toBe(0);
});

Deno.test("[T2] a hub that is closed opens no room for a request that comes late", async () => {
  const on = new Harness();
  await poll(on, visitorOf("ann"));
  on[Symbol.dispose]();
  const late = visit(on.hub, visitorOf("ann"), "tea", () => Promise.resolve());
  await expect(late).rejects.toMatchObject({ code: "draining" });
  expect(on.clock.timers).toBe(0);
});

Deno.test("[T3] the wait is on the hub's clock, and ends to the millisecond", async () => {
  using on = new Harness();
  let ended = false;
  const waiting = waitForNews(on.hub, visitorOf("ann"), "tea", { limit: 10 }, {
    timeoutMs: 55_000,
    signal: new AbortController().signal,
    takePlace: () => Promise.resolve(() => {}),
  }).finally(() => ended = true);
  await on.advance(54_999);
  expect(ended).toBe(false);
  await on.advance(1);
  expect(await waiting).toMatchObject({ offset: 0, messages: [] });
  expect(on.hub.parking.size).toBe(0);
});

Deno.test("[T3] a room that grew while the place was being taken is not slept through", async () => {
  using on = new Harness();
  const ben = await on.member("ben", "tea");
  const { promise: place, resolve: givePlace } = Promise.withResolvers<() => void>();
  const waiting = waitForNews(on.hub, visitorOf("ann"), "tea", { limit: 10 }, {
    timeoutMs: 55_000,
    signal: new AbortController().signal,
    takePlace: () => place,
  });
  await on.settle();
  await ben.ask("send_message", { roomId: "tea", content: "x" });
  await on.settle();
  givePlace(() => {});
  expect((await waiting).messages).toHaveLength(1);
});

for (const first of ["", ", after news"]) {
  Deno.test(`[T3] who loses the room while the place is being taken${first} is told so`, async () => {
    let allowed = true;
    using on = new Harness({ policy: { allows: () => allowed } });
    const ben = await on.member("ben", "tea");
    const { promise: place, resolve: givePlace } = Promise.withResolvers<() => void>();
    const waiting = waitForNews(on.hub, visitorOf("ann"), "tea", { limit: 10 }, {
      timeoutMs: 55_000,
      signal: new AbortController().signal,
      takePlace: () => place,
    });
    await on.settle();
    if (first) await ben.ask("send_message", { roomId: "tea", content: "x" });
    allowed = false;
    await on.hub.access.roomChanged("tea");
    await on.settle();
    givePlace(() => {});
    await expect(waiting).rejects.toMatchObject({ code: "forbidden" });
  });
}

Deno.test("[T3] [R6] a log that starts anew wakes who waits: not recovered, and nothing replayed", async () => {
  using on = new Harness();
  const ben = await on.member("ben", "tea");
  await ben.ask("send_message", { roomId: "tea", content: "x" });
  const since = { epoch: "e1", offset: 1 };
  const waiting = waitForNews(on.hub, visitorOf("ann"), "tea", { since, limit: 10 }, {
    timeoutMs: 55_000,
    signal: new AbortController().signal,
    takePlace: () => Promise.resolve(() => {}),
  });
  await on.settle();
  on.store.inner = on.emptyStore();
  await on.advance(2_000);
  expect(await waiting).toMatchObject({ epoch: "e2", offset: 0, recovered: false, messages: [] });
});

Deno.test("[T4] [J4] who types without a connection stops by itself, on a node where nobody is in the room", async () => {
  using on = new Harness();
  const ben = await on.member("ben", "tea");
  const far = on.node("node-2");
  await on.settle();
  const rates = far.requestRates.of("ann", 0);
  const ack = takeAlone(
    far,
    visitorOf("ann"),
    rates,
    { type: "typing_start", payload: { roomId: "tea" } },
    50,
  );
  await on.advance(200);
  expect(JSON.parse((await ack).json).payload).toEqual({ success: true });
  expect(ben.of("user_typing").map(({ typing }) => typing)).toEqual([true]);
  await on.advance(5_000);
  expect(ben.of("user_typing").map(({ typing }) => typing)).toEqual([true, false]);
  await on.advance(20_000);
  expect(far.roomCount).toBe(0);
});

Deno.test("[L] the rates of who sends no more are forgotten", async () => {
  using on = new Harness();
  for (let n = 0; n < 100; n++) on.hub.requestRates.of(`user-${n}`, on.clock.monotonic());
  expect(on.hub.requestRates.size).toBe(100);
  await on.advance(10_001);
  on.hub.requestRates.of("ann", on.clock.monotonic());
  expect(on.hub.requestRates.size).toBe(1);
});
