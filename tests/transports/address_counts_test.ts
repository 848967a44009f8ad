import { expect } from "@std/expect";
import type { News } from "../../src/hub/news.ts";
import type { Backplane } from "../../src/hub/ports.ts";
import { AddressCounts, type AddressLimits } from "../../src/transports/address_counts.ts";
import { FakeBackplane, FakeClock } from "../harness/mod.ts";

const AFAR = "203.0.113.9";
/** What is counted in this time is told together. */
const TOLD_MS = 100;

/** Processes that tell each other what they count, on a clock and a network that the test controls. */
class Site implements Disposable {
  readonly clock = new FakeClock();
  readonly backplane = new FakeBackplane(this.clock);
  readonly said: News[] = [];
  readonly #limits: Partial<AddressLimits>;
  readonly #processes: AddressCounts[] = [];

  constructor(limits: Partial<AddressLimits> = {}) {
    this.#limits = limits;
  }

  process(exceeded: (...args: unknown[]) => void = () => {}): AddressCounts {
    const teller = `process-${this.#processes.length + 1}`;
    const backplane = this.#noted(this.backplane.end());
    const limits = { maxConnectionsPerIp: 0, connectsPerMinute: 0, failuresPerMinute: 0, ...this.#limits };
    const counts = new AddressCounts({ ...limits, clock: this.clock, backplane, teller, exceeded });
    this.#processes.push(counts);
    return counts;
  }

  async processes<N extends 2 | 3>(count: N): Promise<AddressCounts[]> {
    const all = Array.from({ length: count }, () => this.process());
    await this.told();
    return all;
  }

  /** Lets everybody hear what was counted until now. */
  told(): Promise<void> {
    return this.clock.advance(TOLD_MS);
  }

  [Symbol.dispose](): void {
    for (const each of this.#processes) each.close();
  }

  #noted(end: Backplane): Backplane {
    return { ...end, publish: (news) => (this.said.push(news), end.publish(news)) };
  }
}

/** How many more connections an address gets here. */
function room(process: AddressCounts | undefined, address = AFAR): number {
  const taken: (() => void)[] = [];
  for (let release; (release = process!.connections.take(address));) taken.push(release);
  for (const release of taken) release();
  return taken.length;
}

Deno.test("[L6] an address has its places over all processes, 100 ms later at most", async () => {
  using site = new Site({ maxConnectionsPerIp: 10 });
  const [one, other, third] = await site.processes(3);
  const held = [1, 2, 3, 4].map(() => one!.connections.take(AFAR)!);
  // the control: what was not told yet others do not know
  expect(room(other)).toBe(10);
  await site.told();
  expect([one, other, third].map((each) => room(each))).toEqual([6, 6, 6]);
  for (let n = 0; n < 6; n++) expect(other!.connections.take(AFAR)).toBeDefined();
  await site.told();
  expect([one, other, third].map((each) => room(each))).toEqual([0, 0, 0]);
  expect(room(third, "203.0.113.10")).toBe(10);
  held[0]!();
  held[0]!();
  await site.told();
  expect([one, other, third].map((each) => room(each))).toEqual([1, 1, 1]);
});

Deno.test("[L6] the control: processes that do not hear each other count alone", async () => {
  using site = new Site({ maxConnectionsPerIp: 3 });
  site.backplane.losing = true;
  const [one, other] = await site.processes(2);
  while (one!.connections.take(AFAR));
  await site.clock.advance(60_000);
  expect(room(other)).toBe(3);
});

Deno.test("[L6] a process that comes later is told what there is, and one that leaves takes its own along", async () => {
  using site = new Site({ maxConnectionsPerIp: 3 });
  const first = site.process();
  first.connections.take(AFAR);
  await site.clock.advance(1000);
  const second = site.process();
  await site.told();
  expect(room(second)).toBe(2);
  first.close();
  await site.clock.settle();
  expect(room(second)).toBe(3);
});

Deno.test("[L6] a process that fell silent counts for 20 s and no longer; back again it counts at once", async () => {
  using site = new Site({ maxConnectionsPerIp: 3 });
  const [one, other] = await site.processes(2);
  one!.connections.take(AFAR);
  await site.told();
  site.backplane.losing = true;
  await site.clock.advance(14_000);
  expect(room(other)).toBe(2);
  await site.clock.advance(6_000);
  expect(room(other)).toBe(3);
  site.backplane.losing = false;
  await site.clock.advance(5_000 + TOLD_MS);
  expect(room(other)).toBe(2);
});

Deno.test("[L6] what was lost on the way is made up for, whichever way it went", async () => {
  using site = new Site({ maxConnectionsPerIp: 3 });
  const [one, other] = await site.processes(2);
  const gone = one!.connections.take(AFAR)!;
  await site.told();
  // shorter than it takes for anybody to be taken for gone
  site.backplane.losing = true;
  gone();
  one!.connections.take("203.0.113.10");
  await site.told();
  site.backplane.losing = false;
  expect([room(other), room(other, "203.0.113.10")]).toEqual([2, 3]);
  await site.clock.advance(30_000 + TOLD_MS);
  expect(room(other, "203.0.113.10")).toBe(2);
  // that one went nobody says again
  await site.clock.advance(100_000);
  expect([room(other), room(other, "203.0.113.10")]).toEqual([3, 2]);
});

Deno.test("[L6] [L9] news that come twice or late change nothing", async () => {
  using site = new Site({ maxConnectionsPerIp: 3, connectsPerMinute: 3 });
  const [one, other] = await site.processes(2);
  const release = one!.connections.take(AFAR)!;
  one!.connects.count(AFAR);
  await site.told();
  release();
  await site.told();
  const again = [...site.said];
  for (const news of again) site.backplane.inject(news);
  for (const news of again.toReversed()) site.backplane.inject(news);
  await site.told();
  expect(room(other)).toBe(3);
  expect([other!.connects.count(AFAR), other!.connects.count(AFAR)]).toEqual([0, 0]);
  expect(other!.connects.count(AFAR)).toBeGreaterThan(0);
});

for (const kind of ["connects", "failures"] as const) {
  Deno.test(`[L9] ${kind} of an address count over all processes, and who is over is told once to each`, async () => {
    using site = new Site({ connectsPerMinute: 5, failuresPerMinute: 5 });
    const over: unknown[][] = [];
    const here = site.process();
    const there = site.process((...args) => void over.push(args));
    await site.told();
    for (let n = 0; n < 4; n++) here[kind].count(AFAR);
    // the control: what was not told yet others do not know
    expect(there[kind].exceeded(AFAR)).toBe(0);
    await site.told();
    expect([there[kind].exceeded(AFAR), over]).toEqual([0, []]);
    here[kind].count(AFAR);
    await site.told();
    // a minute from when this process heard of the first
    expect(over).toEqual([[kind, AFAR, 60_000 - TOLD_MS]]);
    expect(there[kind].exceeded(AFAR)).toBe(60_000 - TOLD_MS);
    expect(there[kind].count(AFAR)).toBe(60_000 - TOLD_MS);
    expect(there[kind].count("203.0.113.10")).toBe(0);
    await site.clock.advance(60_000);
    expect(there[kind].exceeded(AFAR)).toBe(0);
    expect(over).toHaveLength(1);
  });
}

Deno.test("[L6] [L9] a process that hears nobody tells nothing, and very many addresses go in small pieces", async () => {
  using site = new Site({ maxConnectionsPerIp: 3, connectsPerMinute: 3 });
  const one = site.process();
  const many = (count: number) => {
    for (let n = 0; n < count; n++) {
      one.connections.take(`198.51.${n >> 8}.${n & 255}`);
      one.connects.count(`198.51.${n >> 8}.${n & 255}`);
    }
  };
  const told = () => site.said.flatMap((news) => news.kind === "addresses" ? [news] : []);
  many(20_000);
  await site.clock.advance(60_000);
  expect(told().every(({ connections, connects }) => connections.length + connects.length === 0)).toBe(true);
  site.process();
  await site.clock.advance(21 * TOLD_MS);
  site.said.length = 0;
  many(20_000);
  await site.clock.advance(21 * TOLD_MS);
  const pieces = told().filter(({ teller }) => teller === "process-1");
  expect(Math.max(...pieces.map(({ connections, connects }) => connections.length + connects.length)))
    .toBe(2000);
  const sum = (of: "connections" | "connects") =>
    pieces.flatMap((news) => news[of]).reduce((all, [, count]) => all + count, 0);
  // of connections nothing may be left out, of attempts what is too much is
  expect(sum("connections")).toBe(40_000);
  expect(sum("connects")).toBe(10_000);
});

Deno.test("[threat E1] what is no news of addresses is passed over", async () => {
  using site = new Site({ maxConnectionsPerIp: 3, connectsPerMinute: 3 });
  const [one] = await site.processes(2);
  const news = {
    kind: "addresses",
    teller: "x",
    version: 1,
    state: "tells",
    connections: [],
    connects: [],
    failures: [],
  };
  const bad: unknown[] = [null, "addresses", { kind: "addresses" }, { ...news, connections: [[AFAR, -1]] }];
  bad.push({ ...news, connections: [[AFAR, 2e9]] }, { ...news, connects: [[AFAR, 1.5]] }, {
    ...news,
    teller: "",
  });
  for (const anything of bad) site.backplane.inject(anything);
  expect([room(one), one!.connects.count(AFAR)]).toEqual([3, 0]);
  site.backplane.inject({ ...news, connections: [[AFAR, 2]] });
  expect(room(one)).toBe(1);
});
