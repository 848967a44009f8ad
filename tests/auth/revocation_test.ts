import { expect } from "@std/expect";
import { Authenticator } from "../../src/auth/authenticator.ts";
import { jwt } from "../../src/auth/jwt.ts";
import { silent } from "../../src/observability/log.ts";
import { Harness } from "../harness/mod.ts";
import { type Claims, claims, NOW_MS, outcome, SECRET, signed } from "./tokens.ts";

/** Two nodes that take tokens, and what the application's servers can do about users. */
function twoNodes() {
  // the harness owns clock and store, which who knows the tokens needs
  const relay = new Harness({
    identities: {
      recognise: (token) => identities.recognise(token),
      revoked: (identity) => identities.revoked(identity),
    },
  });
  relay.clock.wallMs = NOW_MS;
  const { clock, store } = relay;
  const verifier = jwt({ secrets: [SECRET], now: () => clock.now() });
  const identities: Authenticator = new Authenticator({ table: store, clock, logger: silent, verifier });
  const other = relay.node("node-2");
  return {
    relay,
    other,
    identities,
    /** a token issued so many seconds after the start */
    token: (issuedS = 0, changed: Claims = {}) =>
      signed(claims({ iat: NOW_MS / 1000 + issuedS, ...changed })),
    connect: async (token: string, hub = relay.hub) => {
      const { userId, ...more } = await identities.recognise(token);
      return relay.connect(userId, { hub, ...more });
    },
    revoke: async (userId: string) => await relay.hub.access.revoked(userId, await identities.revoke(userId)),
  };
}

for (const losing of [false, true]) {
  const news = losing ? "though all news is lost" : "at once";
  Deno.test(`[threat A11] a revoked user's connections end on every node ${news}`, async () => {
    const { relay, other, token, connect, revoke } = twoNodes();
    using _ = relay;
    const here = await connect(await token());
    const there = await connect(await token(), other);
    const ben = await connect(await token(0, { sub: "ben" }), other);
    for (const client of [here, there, ben]) await client.join("tea");
    relay.backplane.losing = losing;
    await relay.advance(300);
    await revoke("anna");
    await relay.settle();
    expect(here.closed?.code).toBe(4501);
    if (losing) await relay.advance(1500);
    expect(there.closed?.code).toBe(4501);
    expect(ben.closed).toBeUndefined();
    await ben.ask("send_message", { roomId: "tea", content: "gone?" });
    expect(here.offsets("tea")).toEqual([]);
    expect(there.offsets("tea")).toEqual([]);
  });
}

Deno.test("[threat A11] the control: where neither news nor the store tells, the connection lives on", async () => {
  const { relay, other, token, connect, revoke } = twoNodes();
  using _ = relay;
  const there = await connect(await token(), other);
  relay.backplane.losing = true;
  const list = relay.store.list.bind(relay.store);
  relay.store.list = (table) => table === "access" ? Promise.resolve([]) : list(table);
  await revoke("anna");
  await relay.advance(5000);
  expect(there.closed).toBeUndefined();
});

Deno.test("[threat A11] tokens from before a revocation are refused from then on, new ones are not", async () => {
  const { relay, identities, token, revoke } = twoNodes();
  using _ = relay;
  await relay.advance(5000);
  const before = await token(4);
  const without = await token(0, { iat: undefined });
  expect(await identities.recognise(before)).toMatchObject({ userId: "anna" });
  await revoke("anna");
  for (const old of [before, without, await token(5)]) {
    expect(await outcome(identities.recognise(old))).toBe("unauthorized");
  }
  expect(await outcome(identities.recognise(await token(6)))).toMatchObject({ userId: "anna" });
  expect(await outcome(identities.recognise(await token(0, { sub: "ben" })))).toMatchObject({
    userId: "ben",
  });
});

Deno.test("[threat A11] a connection with a newer token outlives the revocation", async () => {
  const { relay, identities, token, connect } = twoNodes();
  using _ = relay;
  const untilMs = await identities.revoke("anna");
  await relay.advance(2000);
  const anna = await connect(await token(1));
  await relay.hub.access.revoked("anna", untilMs);
  await relay.advance(2000);
  expect(anna.closed).toBeUndefined();
});

Deno.test("[threat A11] who was on the way in while it was revoked is put out as it arrives", async () => {
  const { relay, other, identities, token, revoke } = twoNodes();
  using _ = relay;
  // the token was looked at, the socket is not open yet
  const { userId, ...more } = await identities.recognise(await token());
  await revoke("anna");
  await relay.settle();
  const anna = relay.connect(userId, { hub: other, ...more });
  expect(anna.closed?.code).toBe(4501);
});

Deno.test("[threat A11] an authenticate with a revoked token is refused", async () => {
  const { relay, identities, token, connect } = twoNodes();
  using _ = relay;
  const anna = await connect(await token());
  await identities.revoke("anna");
  expect(await anna.ask("authenticate", { token: await token() })).toMatchObject({
    error: { code: "unauthorized" },
  });
});

Deno.test("[S1] disconnected is 4510, on every node, and one may come back", async () => {
  const { relay, other, token, connect } = twoNodes();
  using _ = relay;
  const here = await connect(await token());
  const there = await connect(await token(), other);
  await other.access.disconnected("anna");
  await relay.settle();
  expect([here.closed?.code, there.closed?.code]).toEqual([4510, 4510]);
  const back = await connect(await token());
  await relay.advance(10_000);
  expect(back.closed).toBeUndefined();
});

Deno.test("[S1] a node that has just started puts nobody out for what was before it", async () => {
  const { relay, token, connect } = twoNodes();
  using _ = relay;
  await relay.advance(1000);
  await relay.hub.access.disconnected("anna");
  await relay.advance(1000);
  const anna = await connect(await token(), relay.node("node-3"));
  await relay.advance(5000);
  expect(anna.closed).toBeUndefined();
});

Deno.test("[S1] a store that fails is told to who revokes; here it takes effect all the same", async () => {
  const { relay, token, connect } = twoNodes();
  using _ = relay;
  const anna = await connect(await token());
  relay.store.failing = "before";
  expect(await outcome(relay.hub.access.disconnected("anna"))).toBe("store_unavailable");
  expect(anna.closed?.code).toBe(4510);
});

Deno.test("[threat A11] without the store nobody can say who was revoked: nobody gets in", async () => {
  const { relay, identities, token } = twoNodes();
  using _ = relay;
  relay.store.failing = "before";
  expect(await outcome(identities.recognise(await token()))).toBe("store_unavailable");
});

Deno.test("[threat A11] a node that was cut off from the store for a minute asks about everybody", async () => {
  const { relay, other, identities, token, connect } = twoNodes();
  using _ = relay;
  const anna = await connect(await token(), other);
  const ben = await connect(await token(0, { sub: "ben" }), other);
  relay.backplane.losing = true;
  // another node can reach the store, these two cannot
  const behind = relay.store.inner;
  const elsewhere = new Authenticator({
    table: behind,
    clock: relay.clock,
    logger: silent,
    verifier: jwt({ secrets: [SECRET] }),
  });
  relay.store.failing = "before";
  await relay.advance(10_000);
  await elsewhere.revoke("anna");
  await relay.advance(60_000);
  expect(anna.closed).toBeUndefined();
  relay.store.failing = undefined;
  await relay.advance(2000);
  expect(anna.closed?.code).toBe(4501);
  expect(ben.closed).toBeUndefined();
  expect(await identities.revoked({ userId: "ben", userName: "Ben" })).toBe(false);
});

Deno.test("[threat E1] forged news of access makes a node look, and nothing else", async () => {
  const { relay, token, connect } = twoNodes();
  using _ = relay;
  const anna = await connect(await token());
  const forged = { kind: "access", change: { kind: "disconnected", userId: "anna" }, userId: "anna" };
  for (let n = 0; n < 1000; n++) relay.backplane.inject(forged);
  const before = relay.store.calls.length;
  await relay.settle();
  expect(anna.closed).toBeUndefined();
  // a flood of news is at most one more look after the one under way
  expect(relay.store.calls.length - before).toBeLessThan(5);
});
