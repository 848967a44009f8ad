import { expect } from "@std/expect";
import * as fc from "fast-check";
import type { RelayOptions, WebSocketConstructor } from "../../src/client/types.ts";
import { FakeClock, settle } from "./harness/fake_clock.ts";
import { comes, hurried, listenTo, over, serve, until } from "./harness/real.ts";
import { fallback } from "../../src/client/transports/fallback.ts";
import type { Transport, WireEvents } from "../../src/client/transports/transport.ts";
import type { TransportName } from "../../src/client/types.ts";

/** What stands between a client and its relay: says which ways are open. */
class Firewall {
  readonly open = new Set<TransportName>(["ws", "sse", "longpoll", "poll"]);
  readonly #sockets = new Set<WebSocket>();

  /** Lets only these through, and cuts the others. */
  only(...names: TransportName[]): void {
    this.open.clear();
    for (const name of names) this.open.add(name);
    if (!this.open.has("ws")) { for (const socket of this.#sockets) socket.close(); }
  }

  get options(): RelayOptions {
    // deno-lint-ignore no-this-alias -- the class below has a `this` of its own
    const wall = this;
    const Socket = class extends WebSocket {
      constructor(url: string, protocols: string[]) {
        // nothing listens there
        super(wall.open.has("ws") ? url : "ws://127.0.0.1:1/", protocols);
        wall.#sockets.add(this);
      }
    };
    return {
      WebSocket: Socket as unknown as WebSocketConstructor,
      fetch: (url, init) => {
        const waits = String(init.body).includes('"timeoutMs":20000');
        const way = url.endsWith("/events") ? "sse" : waits ? "longpoll" : undefined;
        if (way && !this.open.has(way)) return Promise.reject(new TypeError("blocked"));
        return fetch(url, init);
      },
      clock: hurried({
        2000: 20,
        5000: 5,
        8000: 10,
        16_000: 10,
        32_000: 10,
        64_000: 10,
        128_000: 10,
        256_000: 10,
      }),
    };
  }
}

Deno.test("[M10] where WebSocket is blocked the client goes on over SSE, and comes back", async () => {
  await using server = serve();
  using other = over(server);
  const wall = new Firewall();
  wall.only("sse", "longpoll", "poll");
  const theirs = other.room("tea");
  await comes(theirs.state, ({ status }) => status === "joined");
  using mine = over(server, wall.options);
  const left = listenTo(theirs, "user_left");
  const room = mine.room("tea");
  const messages = listenTo(room, "new_message");
  await until(mine, (state) => state.status === "online" && state.transport === "sse");
  await comes(room.state, ({ status }) => status === "joined");
  await theirs.send("over sse");
  await room.send("me too");
  wall.only("ws", "sse", "longpoll", "poll");
  await until(mine, (state) => state.status === "online" && state.transport === "ws");
  await room.send("back");
  await messages.until((heard) => heard.length === 3);
  expect(messages.heard.map(({ content }) => content)).toEqual(["over sse", "me too", "back"]);
  // the change shows nobody anything
  await comes(theirs.presence, ({ count }) => count === 2);
  expect(left.heard).toEqual([]);
});

Deno.test("[M10] each way that is blocked leads to the next, to plain polling in the end", async () => {
  await using server = serve();
  for (const last of ["sse", "longpoll", "poll"] as const) {
    const wall = new Firewall();
    wall.only(last, "poll");
    using mine = over(server, wall.options);
    const room = mine.room(last);
    const messages = listenTo(room, "new_message");
    await room.send("hello");
    await messages.until((heard) => heard.length === 1);
    await until(mine, (state) => state.status === "online" && state.transport === last);
  }
});

// handshakes that are given up half-way may outlive the server that was asked
const halfOpen = { sanitizeOps: false, sanitizeResources: false };

Deno.test(
  "[T5] [A2] whatever is blocked when: each message is stored once, in order, and heard once, in order",
  halfOpen,
  async () => {
    const ways = fc.uniqueArray(fc.constantFrom<TransportName>("ws", "sse", "longpoll"), { maxLength: 3 });
    const step = fc.oneof(
      fc.record({ say: fc.constantFrom("mine", "theirs") }),
      fc.record({ only: ways }),
      fc.record({ drop: fc.constant(true) }),
    );
    await using server = serve({
      limits: { userRatePerSecond: 0, ratePerSecond: 0 },
      connectsPerMinute: 0,
      failuresPerMinute: 0,
    });
    using other = over(server);
    let run = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 25 }), async (steps) => {
        const roomId = `room-${run++}`;
        const wall = new Firewall();
        using mine = over(server, { ...wall.options, ack: { retries: Infinity } });
        const [room, theirs] = [mine.room(roomId), other.room(roomId)];
        const messages = listenTo(room, "new_message");
        const gaps: unknown[] = [];
        mine.addEventListener("gap", ({ detail }) => gaps.push(detail));
        await until(mine, ({ status }) => status === "online");
        await comes(room.state, ({ status }) => status === "joined");
        const sent: Promise<unknown>[] = [];
        for (const [n, one] of steps.entries()) {
          if ("say" in one) sent.push((one.say === "mine" ? room : theirs).send(`${one.say} ${n}`));
          else if ("only" in one) wall.only(...one.only, "poll");
          else await sent.at(-1);
        }
        wall.only("ws", "sse", "longpoll", "poll");
        await Promise.all(sent);
        await theirs.send("the end");
        await messages.until((heard) => heard.at(-1)?.content === "the end");
        const { messages: log } = await theirs.history({ limit: 100 });
        expect(messages.heard).toEqual(log.map(({ payload }) => payload));
        expect(log.length).toBe(sent.length + 1);
        for (const whose of ["mine", "theirs"]) {
          const said = steps.flatMap((one, n) => "say" in one && one.say === whose ? [`${whose} ${n}`] : []);
          const stored = messages.heard.map(({ content }) => content).filter((one) =>
            one.startsWith(whose + " ")
          );
          expect(stored).toEqual(said);
        }
        expect(gaps).toEqual([]);
        theirs.leave();
      }),
      { numRuns: Number(Deno.env.get("CLIENT_RUNS") ?? 30) },
    );
  },
);

/** Ways whose other end is the test. */
function ways(count: number) {
  const clock = new FakeClock();
  const opened: { way: number; on: WireEvents; closed: number | undefined; said: string[] }[] = [];
  const transports = Array.from({ length: count }, (_, way): Transport => (_, on) => {
    const one: typeof opened[number] = { way, on, closed: undefined, said: [] };
    opened.push(one);
    return {
      transport: (["ws", "sse", "longpoll", "poll"] as const)[way]!,
      send: ({ type }) => one.said.push(type),
      close: (code) => one.closed = code,
    };
  });
  const transport = fallback(transports, clock);
  const heard: string[] = [];
  const on: WireEvents = {
    received: (read) => heard.push(...read().map(({ type }) => type)),
    closed: (code) => heard.push(`closed ${code}`),
    credential: () => Promise.resolve({}),
  };
  const last = () => opened.at(-1)!;
  const says = (type: string, to = last()) => to.on.received(() => [{ type, payload: {} }]);
  return { clock, opened, heard, last, says, connect: () => transport({}, on) };
}

Deno.test("[M10] a way has failed when it was lost twice before it held for 2 s after an answer", async () => {
  const { clock, connect, last, says } = ways(4);
  for (const expected of [0, 0]) {
    connect();
    expect(last().way).toBe(expected);
    last().on.closed(1006, "");
  }
  for (const expected of [1, 1]) {
    const wire = connect();
    expect(last().way).toBe(expected);
    // it lets one in, and then nothing comes: the link gives it up
    says("welcome");
    wire.close(4001, "no answer to join_room");
  }
  for (const expected of [2, 2]) {
    connect();
    expect(last().way).toBe(expected);
    says("welcome");
    says("ack");
    await clock.advance(1999);
    last().on.closed(1006, "");
  }
  connect();
  expect(last().way).toBe(3);
});

Deno.test("[M10] a way that worked is trusted again, however often it is cut", async () => {
  const { clock, connect, last, says } = ways(2);
  for (let n = 0; n < 5; n++) {
    connect();
    expect(last().way).toBe(0);
    says("welcome");
    says("ack");
    await clock.advance(2000);
    last().on.closed(1006, "");
  }
});

Deno.test("[M10] where the server cannot be reached at all the first way has its turn again", () => {
  const { connect, last } = ways(3);
  const turns = [];
  for (let n = 0; n < 6; n++) {
    connect();
    turns.push(last().way);
    last().on.closed(1006, "");
  }
  expect(turns).toEqual([0, 0, 1, 0, 0, 1]);
});

/** On the second way, after the first failed twice. */
async function onTheSecond() {
  const all = ways(2);
  for (let n = 0; n < 2; n++) {
    all.connect();
    all.last().on.closed(1006, "");
  }
  const wire = all.connect();
  const second = all.last();
  all.says("welcome");
  all.says("ack");
  await all.clock.advance(2000);
  return { ...all, wire, second };
}

Deno.test("[M10] the first way is tried behind the second, ever more seldom", async () => {
  const { clock, opened, last, wire, heard } = await onTheSecond();
  for (const afterS of [8, 16, 32, 64, 128, 256, 300, 300]) {
    const before = opened.length;
    await clock.advance(afterS * 1000 - 1);
    expect(opened.length).toBe(before);
    await clock.advance(1);
    expect([opened.length, last().way]).toEqual([before + 1, 0]);
    last().on.closed(1006, "");
  }
  expect(heard).toEqual(["closed 1006", "closed 1006", "welcome", "ack"]);
  wire.close(1000, "");
  expect(clock.pending).toBe(0);
});

Deno.test("[M10] with its welcome the first way takes over, and the other is closed and not heard any more", async () => {
  const { clock, opened, says, last, wire, second, heard } = await onTheSecond();
  heard.length = 0;
  await clock.advance(8000);
  wire.send({ type: "ping", payload: {} });
  expect(second.said).toEqual(["ping"]);
  says("welcome");
  expect(wire.transport).toBe("ws");
  expect(second.closed).toBe(1000);
  says("new_message", second);
  second.on.closed(1000, "");
  wire.send({ type: "join_room", payload: {} });
  expect(last().said).toEqual(["join_room"]);
  says("ack");
  expect(heard).toEqual(["welcome", "ack"]);
  await clock.advance(600_000);
  expect(opened.length).toBe(4);
  expect(clock.pending).toBe(0);
});

Deno.test("[M10] a try that hangs is given up, and one that comes too late is not heard", async () => {
  const { clock, opened, says, heard } = await onTheSecond();
  heard.length = 0;
  await clock.advance(8000);
  const hanging = opened.at(-1)!;
  await clock.advance(10_000);
  expect(hanging.closed).toBe(1000);
  says("welcome", hanging);
  hanging.on.closed(1006, "");
  expect(heard).toEqual([]);
  await clock.advance(16_000);
  expect(opened.at(-1)).not.toBe(hanging);
});

for (const how of ["closed by the link", "lost"]) {
  Deno.test(`[M10] when the second way is ${how} the try behind it ends too`, async () => {
    const { clock, opened, wire, second } = await onTheSecond();
    await clock.advance(8000);
    const rival = opened.at(-1)!;
    if (how === "lost") second.on.closed(1006, "");
    else wire.close(4001, "heartbeat");
    expect(rival.closed).toBe(1000);
    await settle();
    expect(clock.pending).toBe(0);
  });
}

Deno.test("[M10] what is closed is not heard any more, and opens nothing behind its back", async () => {
  const { clock, opened, connect, last, says, heard } = ways(2);
  for (let n = 0; n < 2; n++) {
    const wire = connect();
    says("welcome");
    // the second time it has failed twice: another way would be next
    wire.close(4001, "heartbeat");
  }
  heard.length = 0;
  says("ack", last());
  await clock.advance(600_000);
  expect([heard, opened.length, clock.pending]).toEqual([[], 2, 0]);
});
