import { expect } from "@std/expect";
import { Courier, type CourierLimits } from "../../src/webhooks/courier.ts";
import type { Letter, PostOutcome } from "../../src/webhooks/post.ts";
import { FakeClock } from "../harness/mod.ts";

/** A courier on a test's clock, and a receiver that answers what it is told. */
class Round {
  readonly clock = new FakeClock();
  /** each try: whose, when */
  readonly tries: [id: string, atMs: number][] = [];
  readonly done: string[] = [];
  answer: (id: string) => PostOutcome | Promise<PostOutcome> = () => ({ kind: "delivered" });
  random = 1;
  readonly courier: Courier<Letter>;

  constructor(limits: Partial<CourierLimits> = {}) {
    this.courier = new Courier({
      clock: this.clock,
      random: () => this.random,
      post: async ({ id }, abort) => {
        this.tries.push([id, this.clock.monotonic()]);
        const aborted = new Promise<PostOutcome>((resolve) =>
          abort.addEventListener("abort", () => resolve({ kind: "refused", reason: "aborted" }))
        );
        return await Promise.race([aborted, this.answer(id)]);
      },
      done: ({ id }, outcome) => void this.done.push(`${id} ${outcome}`),
      refused: () => {},
      limits,
    });
  }

  send(id: string, body = "{}"): void {
    this.courier.send({ id, body });
  }
}

const refused: PostOutcome = { kind: "refused", reason: "it answered 500" };
const never = () => new Promise<PostOutcome>(() => {});

Deno.test("[S3c] what is refused is tried again after 1, 2, 4, 8 … s, at most ten times", async () => {
  const round = new Round();
  round.answer = () => refused;
  round.send("a");
  await round.clock.advance(3_600_000);
  const times = round.tries.map(([, atMs]) => atMs);
  const waits = times.slice(1).map((atMs, n) => atMs - times[n]!);
  expect(waits).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256].map((s) => s * 1000));
  expect(round.done).toEqual(["a failed"]);
  expect([round.courier.size, round.clock.timers]).toEqual([0, 0]);
});

Deno.test("[S3c] waits are spread over their half, no longer than five minutes, and as long as the receiver asks", async () => {
  const round = new Round();
  round.random = 0;
  round.answer = () => refused;
  round.send("a");
  await round.clock.advance(499);
  expect(round.tries.length).toBe(1);
  await round.clock.advance(1);
  expect(round.tries.length).toBe(2);
  round.answer = () => ({ ...refused, retryAfterMs: 60_000 });
  await round.clock.advance(1000);
  expect(round.tries.length).toBe(3);
  await round.clock.advance(59_999);
  expect(round.tries.length).toBe(3);
  round.answer = () => ({ ...refused, retryAfterMs: 86_400_000 });
  await round.clock.advance(1);
  expect(round.tries.length).toBe(4);
  round.answer = () => ({ kind: "delivered" });
  await round.clock.advance(300_000);
  expect(round.done).toEqual(["a delivered"]);
});

Deno.test("[S3c] one that waits to be tried again holds up none of the others; a receiver that wants no more is left alone", async () => {
  const round = new Round();
  round.answer = (id) => id === "a" ? refused : id === "b" ? { kind: "unwanted" } : { kind: "delivered" };
  for (const id of ["a", "b", "c"]) round.send(id);
  await round.clock.settle();
  expect(round.done).toEqual(["b failed", "c delivered"]);
  round.answer = () => ({ kind: "delivered" });
  await round.clock.advance(1000);
  expect(round.done.at(-1)).toBe("a delivered");
  expect(round.tries.filter(([id]) => id === "b").length).toBe(1);
});

Deno.test("[S3c] while nothing gets through one is tried now and then, and all the others when the receiver is back", async () => {
  const round = new Round();
  round.answer = () => refused;
  for (let n = 0; n < 200; n++) round.send(`m-${n}`);
  await round.clock.settle();
  const first = round.tries.length;
  expect(first).toBeLessThanOrEqual(32);
  // an hour: a try in half a minute, and nothing is given up for want of tries
  await round.clock.advance(3_600_000);
  const tries = round.tries.length - first;
  expect(tries).toBeGreaterThan(100);
  expect(tries).toBeLessThan(150);
  expect(round.done).toEqual([]);
  round.answer = () => ({ kind: "delivered" });
  await round.clock.advance(300_000);
  expect(round.done.filter((one) => one.endsWith("delivered")).length).toBe(200);
  expect([round.courier.size, round.clock.timers]).toEqual([0, 0]);
});

Deno.test("[S3d] so many posts at a time; what there is no room for is dropped, and goes on once there is", async () => {
  const round = new Round({ maxPosts: 2, maxLetters: 4, maxLength: 100 });
  const answers: (() => void)[] = [];
  round.answer = () => new Promise((resolve) => answers.push(() => resolve({ kind: "delivered" })));
  for (const id of ["a", "b", "c", "d", "e"]) round.send(id);
  await round.clock.settle();
  expect(round.tries.map(([id]) => id)).toEqual(["a", "b"]);
  expect(round.done).toEqual(["e dropped"]);
  for (let n = 0; n < 4; n++) {
    await round.clock.settle();
    answers.shift()!();
  }
  await round.clock.settle();
  expect(round.done.slice(1)).toEqual(["a delivered", "b delivered", "c delivered", "d delivered"]);
  // and by their size: there is always room again for what was taken out
  round.send("f", "x".repeat(99));
  round.send("g", "xx");
  expect(round.done.at(-1)).toBe("g dropped");
  await round.clock.settle();
  answers.shift()!();
  await round.clock.settle();
  round.send("h", "xx");
  expect(round.courier.size).toBe(1);
  round.courier.close();
});

Deno.test("[S3d] at the end all that waits has one more try, at once, and what cannot be delivered is dropped", async () => {
  const round = new Round();
  round.answer = () => refused;
  for (const id of ["a", "b"]) round.send(id);
  await round.clock.advance(10_000);
  const { promise, resolve } = Promise.withResolvers<PostOutcome>();
  round.answer = () => promise;
  round.send("under way");
  await round.clock.settle();
  const before = round.tries.length;
  round.answer = (id) => id === "b" ? refused : { kind: "delivered" };
  const drained = round.courier.drain(1000);
  resolve(refused);
  await drained;
  expect(round.tries.length).toBe(before + 3);
  expect(round.done.toSorted()).toEqual(["a delivered", "b dropped", "under way delivered"]);
  round.send("c");
  expect(round.done.at(-1)).toBe("c dropped");
  expect(round.clock.timers).toBe(0);
});

Deno.test("[S3d] a receiver that does not answer holds up the end no longer than it may", async () => {
  const round = new Round();
  round.answer = never;
  round.send("a");
  let ended = false;
  const drained = round.courier.drain(1000).then(() => ended = true);
  await round.clock.advance(999);
  expect(ended).toBe(false);
  await round.clock.advance(1);
  await drained;
  expect(round.done).toEqual(["a dropped"]);
});
