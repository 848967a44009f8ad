import { expect } from "@std/expect";
import fc from "fast-check";
import { connect } from "../../src/client/connect.ts";
import type { Gap } from "../../src/client/types.ts";
import type { NewMessage, Saved } from "../../src/protocol/messages.ts";
import { FakeClock, settle } from "./harness/fake_clock.ts";
import { type Faults, FlakyServer, NO_FAULTS } from "./harness/flaky_server.ts";
import { FakeNetwork } from "./harness/mod.ts";

const ROOMS = ["a", "b"];
const RUNS = Number(Deno.env.get("CLIENT_RUNS") ?? 300);

type Step =
  | { do: "send" | "others"; roomId: string }
  | { do: "flush"; count: number }
  | { do: "wait"; ms: number }
  | { do: "cut"; code: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant("send" as const), roomId: fc.constantFrom(...ROOMS) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant("others" as const), roomId: fc.constantFrom(...ROOMS) }),
  },
  {
    weight: 6,
    arbitrary: fc.record({ do: fc.constant("flush" as const), count: fc.integer({ min: 1, max: 8 }) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant("wait" as const),
      ms: fc.constantFrom(1, 60, 700, 5000, 12_000, 61_000),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant("cut" as const),
      code: fc.constantFrom(1006, 1012, 1011, 4001, 4002),
    }),
  },
);

interface Outcome {
  server: FlakyServer;
  /** per room: what was sent, in the order of the calls */
  sent: Map<string, { content: string; saved: Promise<Saved> }[]>;
  heard: Map<string, NewMessage[]>;
  gaps: Gap[];
  outgoing: number;
  problems: string[];
}

/** Plays the steps against a server with faults, then lets everything heal. */
async function play(steps: Step[], seed: number, faults: Faults): Promise<Outcome> {
  const random = mulberry32(seed);
  const clock = new FakeClock();
  const server = new FlakyServer(random, faults);
  const relay = connect("ws://relay.test", {
    clock,
    random,
    network: new FakeNetwork(),
    WebSocket: server.WebSocket,
    transports: ["ws"],
    backoff: { attempts: Infinity },
    ack: { retries: Infinity },
  });
  const gaps: Gap[] = [];
  const problems: string[] = [];
  relay.addEventListener("gap", ({ detail }) => gaps.push(detail));
  relay.addEventListener("problem", ({ detail }) => problems.push(detail.error.message));
  const heard = new Map<string, NewMessage[]>();
  const sent: Outcome["sent"] = new Map();
  const rooms = ROOMS.map((roomId) => {
    const room = relay.room(roomId);
    const messages: NewMessage[] = [];
    heard.set(roomId, messages);
    sent.set(roomId, []);
    room.on("new_message", (message) => messages.push(message));
    return room;
  });
  let n = 0;
  const perform = async (next: Step) => {
    switch (next.do) {
      case "send": {
        const content = `${n++}`;
        const saved = rooms.find(({ id }) => id === next.roomId)!.send(content);
        sent.get(next.roomId)!.push({ content, saved });
        break;
      }
      case "others":
        server.others(next.roomId);
        break;
      case "flush":
        server.flush(next.count);
        break;
      case "wait":
        await clock.advance(next.ms);
        break;
      case "cut":
        server.cut(next.code);
        break;
      default:
        next satisfies never;
    }
    await settle();
  };
  for (const next of steps) await perform(next);
  server.faults = NO_FAULTS;
  for (let i = 0; i < 400 && (i < 40 || rooms.some(({ outgoing }) => outgoing.snapshot.length)); i++) {
    server.flush();
    await clock.advance(1000);
  }
  server.flush();
  const outgoing = rooms.reduce((sum, room) => sum + room.outgoing.snapshot.length, 0);
  relay.close();
  expect(clock.pending).toBe(0);
  return { server, sent, heard, gaps, outgoing, problems };
}

/** Every send was stored once, in the order of the calls, and its promise says where. */
async function expectExactlyOnce({ server, sent, outgoing, problems }: Outcome): Promise<void> {
  expect(outgoing).toBe(0);
  expect(problems).toEqual([]);
  for (const [roomId, sends] of sent) {
    const { log } = server.room(roomId);
    expect(log.filter(({ userId }) => userId === "alice").map(({ content }) => content)).toEqual(
      sends.map(({ content }) => content),
    );
    const saved = await Promise.all(sends.map(({ saved }) => saved));
    expect(saved.map(({ offset }) => log[offset - 1]!.content)).toEqual(sends.map(({ content }) => content));
  }
}

const chance = (max: number) => fc.double({ min: 0, max, noNaN: true });
const faults = (trimmed: number) =>
  fc.record<Faults>({
    cutBefore: chance(0.3),
    cutAfter: chance(0.3),
    silent: chance(0.3),
    busy: chance(0.3),
    refused: chance(0.5),
    trimmed: chance(trimmed),
  });

/** A failure prints its seed: give it back as CLIENT_SEED to see it again. */
async function check(property: fc.IAsyncProperty<unknown>): Promise<void> {
  const seed = Deno.env.get("CLIENT_SEED");
  await fc.assert(property, { numRuns: RUNS, ...seed !== undefined && { seed: Number(seed) } });
}

Deno.test("[A2] [R1] whatever is cut, refused, silent or busy: stored once, in order, and heard once, in order", async () => {
  await check(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), fc.nat(), faults(0), async (steps, seed, faults) => {
      const outcome = await play(steps, seed, faults);
      await expectExactlyOnce(outcome);
      expect(outcome.gaps).toEqual([]);
      for (const [roomId, messages] of outcome.heard) {
        const { log } = outcome.server.room(roomId);
        // from wherever the first join stood to the top: no message is missing, none comes twice
        const from = messages[0]?.offset ?? log.length + 1;
        expect(messages).toEqual(log.slice(from - 1));
      }
    }),
  );
});

Deno.test("[R2] where a resume fails: never twice, never backwards, and every hole is told", async () => {
  await check(
    fc.asyncProperty(
      fc.array(step, { maxLength: 60 }),
      fc.nat(),
      faults(0.6),
      async (steps, seed, faults) => {
        const outcome = await play(steps, seed, faults);
        await expectExactlyOnce(outcome);
        for (const [roomId, messages] of outcome.heard) {
          const gaps = outcome.gaps.filter((gap) => gap.roomId === roomId);
          const told = new Set(
            gaps.flatMap(({ from = 0, to = -1 }) =>
              Array.from({ length: to - from + 1 }, (_, i) => from + i)
            ),
          );
          const known = new Set(messages.map(({ offset }) => offset));
          let last = 0;
          for (const { offset } of messages) {
            expect(offset).toBeGreaterThan(last);
            last = offset;
          }
          const first = Math.min(...known, ...told);
          for (let offset = first; offset <= outcome.server.room(roomId).log.length; offset++) {
            expect([offset, known.has(offset) !== told.has(offset)]).toEqual([offset, true]);
          }
        }
      },
    ),
  );
});

/** A small seeded generator: the server's dice. */
function mulberry32(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
