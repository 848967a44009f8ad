import { expect } from "@std/expect";
import { Authenticator } from "../../src/auth/authenticator.ts";
import { jwt } from "../../src/auth/jwt.ts";
import { rooms } from "../../src/auth/room_policy.ts";
import { silent } from "../../src/observability/log.ts";
import type { Identities } from "../../src/hub/ports.ts";
import { memory } from "../../src/stores/memory.ts";
import { Harness } from "../harness/mod.ts";
import { type Claims, claims, NOW_MS, OLD_SECRET, SECRET, signed } from "./tokens.ts";

/** A relay that takes tokens, at a moment that only the test moves. */
function relayWithTokens() {
  let nowMs = () => NOW_MS;
  const clock = { now: () => nowMs(), monotonic: () => 0, after: () => () => {}, soon() {} };
  const table = memory({ now: () => nowMs() });
  const verifier = jwt({ secrets: [SECRET], now: () => nowMs() });
  const identities: Identities = new Authenticator({ table, clock, logger: silent, verifier });
  const relay = new Harness({ identities, policy: rooms(table) });
  relay.clock.wallMs = NOW_MS;
  nowMs = () => relay.clock.now();
  const connect = async (changed: Claims = {}, secret = SECRET) => {
    const { userId, ...more } = await identities.recognise(await signed(claims(changed), secret));
    return relay.connect(userId, more);
  };
  return { relay, connect };
}

const inSeconds = (s: number) => NOW_MS / 1000 + s;

/** How many messages reach somebody more than a second after its token ended, and how it was closed. */
async function afterTheEnd(tokenEnds: boolean) {
  const { relay, connect } = relayWithTokens();
  using _ = relay;
  const anna = await connect({ exp: inSeconds(tokenEnds ? 3 : 3600) });
  const ben = await connect({ sub: "ben" });
  await anna.join("tea");
  await ben.join("tea");
  const say = () => ben.ask("send_message", { roomId: "tea", content: "hello" });
  await relay.advance(2900);
  await say();
  const before = anna.offsets("tea").length;
  await relay.advance(1100);
  await say();
  return { before, after: anna.offsets("tea").length - before, closed: anna.closed?.code };
}

Deno.test("[threat A10] when a token ends delivery ends within a second, and the connection closes 4000", async () => {
  expect(await afterTheEnd(true)).toEqual({ before: 1, after: 0, closed: 4000 });
});

Deno.test("[threat A10] the control: who does not know the token's end goes on delivering", async () => {
  expect(await afterTheEnd(false)).toEqual({ before: 1, after: 1, closed: undefined });
});

Deno.test("[C5] a fresh token keeps the connection", async () => {
  const { relay, connect } = relayWithTokens();
  using _ = relay;
  const anna = await connect({ exp: inSeconds(10) });
  await anna.join("tea");
  await relay.advance(9000);
  const token = await signed(claims({ name: "Anna B.", exp: inSeconds(20) }));
  expect(await anna.ask("authenticate", { token })).toEqual({
    success: true,
    userId: "anna",
    userName: "Anna B.",
    expiresAt: new Date(inSeconds(20) * 1000).toISOString(),
  });
  await relay.advance(10_000);
  expect(anna.closed).toBeUndefined();
  expect(await anna.ask("send_message", { roomId: "tea", content: "still here" })).toMatchObject({
    success: true,
  });
  expect(anna.of("new_message").at(-1)).toMatchObject({ userId: "anna", userName: "Anna B." });
  expect(anna.of("room_users").at(-1)).toMatchObject({ users: [{ userId: "anna", userName: "Anna B." }] });
  await relay.advance(2000);
  expect(anna.closed?.code).toBe(4000);
});

Deno.test("[threat A10] a token of another user ends the connection with 4501", async () => {
  const { relay, connect } = relayWithTokens();
  using _ = relay;
  const anna = await connect();
  const token = await signed(claims({ sub: "ben" }));
  expect(await anna.ask("authenticate", { token })).toMatchObject({ error: { code: "unauthorized" } });
  expect(anna.closed?.code).toBe(4501);
});

Deno.test("[C5] a wrong token is refused, and the connection lives as long as its own", async () => {
  const { relay, connect } = relayWithTokens();
  using _ = relay;
  const anna = await connect({ exp: inSeconds(10) });
  const wrong = {
    "another secret's": await signed(claims({ exp: inSeconds(100) }), OLD_SECRET),
    "expired": await signed(claims({ exp: inSeconds(-1) })),
    "none": "x",
  };
  for (const token of Object.values(wrong)) {
    expect(await anna.ask("authenticate", { token })).toMatchObject({ error: { code: "unauthorized" } });
  }
  expect(await anna.ask("authenticate", {})).toMatchObject({ error: { code: "bad_request" } });
  expect(anna.closed).toBeUndefined();
  await relay.advance(11_000);
  expect(anna.closed?.code).toBe(4000);
});

Deno.test("[C5] with fewer rights one is put out of the rooms they do not cover", async () => {
  const { relay, connect } = relayWithTokens();
  using _ = relay;
  const anna = await connect({ rooms: { "team-*": "rw", "news": "r" } });
  const ben = await connect({ sub: "ben" });
  for (const roomId of ["team-a", "news"]) await ben.join(roomId);
  await anna.join("team-a");
  await anna.join("news");
  await ben.ask("send_message", { roomId: "team-a", content: "before" });
  const token = await signed(claims({ rooms: { "news": "r" } }));
  expect(await anna.ask("authenticate", { token })).toMatchObject({ success: true });
  expect(anna.of("reset")).toMatchObject([{ roomId: "team-a", offset: 1, reason: "forbidden" }]);
  await ben.ask("send_message", { roomId: "team-a", content: "after" });
  await ben.ask("send_message", { roomId: "news", content: "after" });
  expect(anna.offsets("team-a")).toEqual([1]);
  expect(anna.offsets("news")).toEqual([1]);
  expect(await anna.ask("send_message", { roomId: "team-a", content: "x" }))
    .toMatchObject({ error: { code: "forbidden" } });
});

Deno.test("[C5] time that an administrator sets ends tokens too", async () => {
  const { relay, connect } = relayWithTokens();
  using _ = relay;
  const anna = await connect({ exp: inSeconds(3600) });
  relay.clock.wallMs += 3600_000;
  await relay.advance(1000);
  expect(anna.closed?.code).toBe(4000);
});

Deno.test("[C5] tokens leave no timer behind, and cost one for all", async () => {
  const { relay, connect } = relayWithTokens();
  const idle = relay.clock.timers;
  for (let n = 0; n < 50; n++) await connect({ sub: `user-${n}`, exp: inSeconds(60) });
  expect(relay.clock.timers).toBe(idle + 1);
  relay[Symbol.dispose]();
  expect(relay.clock.timers).toBe(0);
});
